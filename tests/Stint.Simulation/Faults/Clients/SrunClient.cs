using System.Net.WebSockets;
using System.Text.Json;
using Google.Protobuf;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Runs;
using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Network;
using Stint.Simulation.Faults.Plans;

namespace Stint.Simulation.Faults.Clients;

/// <summary>An srun: one connection that carries the whole run, as the command has it. When the connection is gone the run is, and so is its job.</summary>
internal sealed class SrunClient(World world, Client user, Interactive wish, Chance chance)
{
    private static readonly NoWeather Local = new();
    private WireSocket? socket;
    private uint jobId;
    private bool ended;
    private int exitStatus;

    public void Start()
    {
        if (!world.Server.IsUp || world.Server.Life is not { Ready: true } life) return;      // srun says "connection refused" and is over
        var process = new SimulatedProcess(world.Queue, $"srun {wish.Number}", world.Fault);
        var wire = new Wire(world.Queue, chance, Local, process, life.Process);
        socket = wire.Client;
        var payload = new LaunchPayload();
        foreach (var argument in wish.Payload.ToArguments()) payload.Arguments.Add(ByteString.CopyFromUtf8(argument));
        var blob = Payloads.ToBlob(payload);
        var step = wish.Step.Clone();
        step.PayloadHash = blob.Hash;
        step.WorkDir = "/";
        var plan = new RunPlan { Submit = wish.Spec, Step = step, StepPayload = payload, StepBlob = blob, ClientIsGone = () => wire.Server.IsOver };
        process.Run(() => world.Watch(process, ListenAsync()));
        life.Process.Run(() =>
        {
            var frames = new RunWire(wire.Server);
            frames.StartWriting(CancellationToken.None);
            var caller = new Caller.Local(new Peer(wish.Spec.Uid, wish.Spec.Gid, 1), "user", IsOperator: false);
            world.Watch(life.Process, ServeAsync(new RunSession(frames, plan, caller, life.RunParts), frames));
        });
        if (wish.LeavesUs > 0) world.Queue.After(wish.LeavesUs, process.Kill);
    }

    private static async Task ServeAsync(RunSession session, RunWire frames)
    {
        try
        {
            await session.RunAsync(CancellationToken.None);
        }
        finally
        {
            frames.Finish();
            await frames.Written;
        }
    }

    private async Task ListenAsync()
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (true)
            {
                var read = await socket!.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close) break;
                if (read.MessageType == WebSocketMessageType.Text) Hear(JsonSerializer.Deserialize(buffer.AsSpan(0, read.Count), ApiJson.Default.RunEvent)!);
            }
        }
        catch (WebSocketException)
        {
            // The server is gone; srun ends.
        }
        socket!.Abort();
    }

    private void Hear(RunEvent happened)
    {
        world.Trace($"srun #{wish.Number}: {happened.Kind} job {happened.JobId} {happened.Outcome} {happened.ExitStatus} {happened.Message}");
        if (happened.JobId != 0)
        {
            jobId = happened.JobId;
            user.Knows(wish.Number, jobId);
        }
        if (happened.Kind != "ended") return;
        (ended, exitStatus) = (true, happened.ExitStatus);
    }

    public void CheckAtTheEnd()
    {
        if (jobId != 0) world.Promise(world.Books.Jobs.ContainsKey(jobId), "acknowledged", $"srun #{wish.Number} was told of job {jobId}, which is not known");
        if (!ended || exitStatus != 0) return;
        world.Promise(world.Books.Jobs.TryGetValue(jobId, out var job) && job.Kind is EndKind.EndCompleted or EndKind.EndCancelled or EndKind.EndTimeout or EndKind.EndNodeFail, "acknowledged",
            $"srun #{wish.Number} was told that job {jobId} completed");
    }

    private sealed class NoWeather : IWeather
    {
        public long ArrivalUs(long sentUs, Chance chance) => sentUs + chance.Between(20, 200);
        public bool IsPartitioned(long nowUs) => false;
    }
}
