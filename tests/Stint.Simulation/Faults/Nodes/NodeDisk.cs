using Google.Protobuf;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;
using Stint.Simulation.Faults.Clockwork;

namespace Stint.Simulation.Faults.Nodes;

/// <summary>
/// The disk of a node: survives everything but what is torn at the moment of a crash. Every durable act passes <see cref="Act"/>, where the disk
/// may be full or the agent may die.
/// </summary>
internal sealed class NodeDisk(EventQueue queue)
{
    public SortedDictionary<StepId, SpoolFolder> Folders { get; } = new(Comparer<StepId>.Create(static (a, b) => (a.Job, a.Step, a.Attempt).CompareTo((b.Job, b.Step, b.Attempt))));
    public long FullUntilUs { get; set; }
    /// <summary>The agent dies before the act when this reaches 0; negative: it does not.</summary>
    public int ActsLeft { get; set; } = -1;
    public Action<string> Injected { get; set; } = static _ => { };

    /// <summary>Before an act of the agent.</summary>
    public void Act(bool writes = true)
    {
        if (ActsLeft == 0)
        {
            ActsLeft = -1;
            Injected("agent dies between two acts");
            throw new ProcessDied();
        }
        if (ActsLeft > 0) ActsLeft--;
        if (writes && queue.NowUs < FullUntilUs) throw new IOException("no space left on device");
    }

    public bool IsFull => queue.NowUs < FullUntilUs;
}

/// <summary>The files of one step, and who holds its lock.</summary>
internal sealed class SpoolFolder(StepId id)
{
    public StepId Id => id;
    public byte[]? Spec { get; set; }
    public byte[]? Script { get; set; }
    public byte[]? Receipt { get; set; }
    public byte[]? Report { get; set; }
    public byte[]? Exit { get; set; }
    public bool HasExitTmp { get; set; }
    /// <summary>Listens on ctl, or did.</summary>
    public SimulatedShepherd? Listener { get; set; }
    public bool HasSocket { get; set; }
    /// <summary>Open files that share the lock; free when empty.</summary>
    public HashSet<object> Holders { get; } = [];
}

/// <summary>The agent's view of a folder, in one of its lives.</summary>
internal sealed class SpoolDirectory(AgentLife agent, NodeDisk disk, SpoolFolder folder) : IStepDirectory
{
    public SpoolFolder Folder => folder;
    public StepId Id => folder.Id;
    public string Path => "/spool/" + folder.Id.DirectoryName;
    public string ScriptPath => Path + "/script";
    public bool WasSpawned => folder.HasExitTmp || folder.Exit is not null || folder.HasSocket;

    public LaunchSpec? ReadSpec() => folder.Spec is { } bytes ? LaunchSpec.Parser.ParseFrom(bytes) : null;

    public void WriteSpec(LaunchSpec spec)
    {
        disk.Act();
        folder.Spec = spec.ToByteArray();
    }

    public void WriteScript(ReadOnlySpan<byte> script, uint uid, uint gid)
    {
        disk.Act();
        folder.Script = script.ToArray();
    }

    public void WriteReceipt(Receipt receipt)
    {
        disk.Act();
        folder.Receipt = receipt.ToByteArray();
    }

    public void WriteReport(StepExitedReport report)
    {
        disk.Act();
        folder.Report = report.ToByteArray();
    }

    public Receipt? ReadReceipt() => folder.Receipt is { } bytes ? Receipt.Parser.ParseFrom(bytes) : null;
    public StepExitedReport? ReadReport() => folder.Report is { } bytes ? StepExitedReport.Parser.ParseFrom(bytes) : null;
    public ExitRecord? ReadExit() => folder.Exit is { } bytes ? ShepherdWire.DecodeRecord(bytes) : null;
    public byte[] ReadResidue(int taskIndex, int stream) => [];

    public int TryLock()
    {
        if (folder.Holders.Count > 0) return -1;
        return agent.OpenLock(folder);
    }
}
