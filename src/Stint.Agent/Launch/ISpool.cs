using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>What outlives the agent: a directory for each step (<see cref="StepDirectory"/> says what is in it). What the disk refuses is an <see cref="IOException"/>.</summary>
internal interface ISpool
{
    IEnumerable<IStepDirectory> All();

    /// <summary>Makes the directory, with its spec in it, so that from here on the step is known.</summary>
    /// <param name="lockFd">The directory's lock, when it was taken on the way; else as it was.</param>
    IStepDirectory Create(LaunchSpec spec, ref int lockFd);

    /// <summary>The step is over and the server knows.</summary>
    /// <param name="reusable">One life of the agent launched the step and followed it to its end.</param>
    void Remove(IStepDirectory directory, bool reusable);

    /// <summary>Of a directory without a meaning.</summary>
    void Discard(IStepDirectory directory);

    void Unlock(int lockFd);
}

/// <summary>One step's directory. What is read is whole or null.</summary>
internal interface IStepDirectory
{
    StepId Id { get; }
    string Path { get; }
    string ScriptPath { get; }
    /// <summary>A shepherd was there: tasks may have run.</summary>
    bool WasSpawned { get; }
    /// <summary>Null when the directory is one half made or half removed.</summary>
    LaunchSpec? ReadSpec();
    void WriteScript(ReadOnlySpan<byte> script, uint uid, uint gid);
    void WriteReceipt(Receipt receipt);
    void WriteReport(StepExitedReport report);
    Receipt? ReadReceipt();
    StepExitedReport? ReadReport();
    ExitRecord? ReadExit();
    /// <summary>What was left in a pipe when the step ended without an agent.</summary>
    byte[] ReadResidue(int taskIndex, int stream);
    /// <summary>The lock, or -1 when somebody else holds it: a living shepherd.</summary>
    int TryLock();
}
