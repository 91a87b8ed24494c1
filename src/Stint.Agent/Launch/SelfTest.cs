using Google.Protobuf;
using Stint.Agent.Cgroups;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>
/// Tiny steps of the agent's own, as nobody and under job 0, which no user's job has: through groups, limits, reading back, shepherd, exit and removal.
/// A node whose limits do not hold finds out before it is given a job; and the first job does not wait for code that never ran.
/// The server hears nothing of it.
/// </summary>
internal sealed class SelfTest : IStepReports
{
    public const uint Job = 0, Nobody = 65534;
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    readonly Lock _gate = new();
    readonly Queue<ToServer> _heard = new();
    readonly SemaphoreSlim _arrived = new(0);

    /// <summary>
    /// Null, or a warning: limits hold, but a user's script does not run here. Throws <see cref="CgroupException"/> or <see cref="IOException"/> with
    /// file and errno when a limit does not hold, or a step cannot be started or does not go.
    /// </summary>
    /// <param name="folder">A folder of its own, which users can pass through to.</param>
    public static async Task<string?> RunAsync(string folder, string shepherd, ICgroups cgroups, TimeProvider time, Action<Exception> onFault, CancellationToken cancellation)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        StepDirectory.MakeSpool(folder);
        try
        {
            var test = new SelfTest();
            using var host = new StepHost(new StepHostOptions(Path.Combine(folder, "spool"), shepherd), cgroups, test, time, onFault);
            // One after the other: the second takes the directory of the first, the third has pipes.
            StepExitedReport? last = null;
            foreach (var io in new[] { IoMode.IoFiles, IoMode.IoFiles, IoMode.IoPipes })
                last = await test.StepAsync(host, Spec(io, cgroups.Capabilities), cancellation);
            return last is { Outcome: Outcome.Exited, ExitCode: 0 } ? null : $"a user's script does not run from {folder}: {Ending(last!)}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    void IStepReports.Send(ToServer message)
    {
        lock (_gate)
            _heard.Enqueue(message);
        _arrived.Release();
    }

    async Task<StepExitedReport> StepAsync(StepHost host, LaunchSpec spec, CancellationToken cancellation)
    {
        host.Launch(spec);
        while (true)
        {
            if (!await _arrived.WaitAsync(Deadline, cancellation))
                throw new IOException($"self-test: a step did not end within {Deadline.TotalSeconds:0} s");
            ToServer message;
            lock (_gate)
                message = _heard.Dequeue();
            if (message.ReportId != 0)
                host.Acknowledged(message.ReportId);
            if (message.StepExited is not { } exited)
                continue;
            Judge(spec, exited);
            while (host.Holdings.Count > 0)
                await Task.Delay(1, cancellation);
            return exited;
        }
    }

    static void Judge(LaunchSpec spec, StepExitedReport exited)
    {
        var limits = spec.Limits;
        if (exited.Outcome != Outcome.Exited || !exited.JobReleased)
            throw new IOException($"self-test: {Ending(exited)}");
        foreach (var (resource, asked) in new[] { ("memory", limits.MemoryBytes > 0), ("cpu", limits.Cpus.Length > 0), ("pids", limits.PidsMax > 0), ("devices", exited.Receipt?.Rows.Any(r => r.Resource == "devices") == true) })
            if (asked && exited.Receipt?.Rows.FirstOrDefault(r => r.Resource == resource) is not { Enforced: true })
                throw new IOException($"self-test: {resource} was limited and the receipt does not say that it is enforced");
    }

    static string Ending(StepExitedReport exited) =>
        exited.Cause.Length > 0 ? exited.Cause : $"exit code {exited.ExitCode}, signal {exited.Signal} {exited.Tasks.FirstOrDefault()?.Error}".TrimEnd();

    static LaunchSpec Spec(IoMode io, IReadOnlyList<Capability> capabilities)
    {
        const ulong MemoryBytes = 64 << 20, PidsMax = 64;
        bool Has(string resource) => capabilities.Any(c => c.Resource == resource && c.Available);
        return new LaunchSpec
        {
            Key = new StepKey { JobId = Job, StepId = StepId.Batch, Attempt = 1 }, Uid = Nobody, Gid = Nobody, User = "nobody", JobName = "self-test",
            Limits = new Limits
            {
                MemoryBytes = Has("memory") ? MemoryBytes : 0, PidsMax = Has("pids") ? PidsMax : 0,
                Cpus = Has("cpu") ? ByteString.CopyFrom(1) : ByteString.Empty,
            },
            WallLimitMs = (long)Deadline.TotalMilliseconds, WorkDir = "/", StdOut = io == IoMode.IoFiles ? "/dev/null" : "", Io = io, TaskIds = { 0 }, TotalTasks = 1,
            Payload = new LaunchPayload { Script = ByteString.CopyFromUtf8("#!/bin/sh\nexit 0\n"), Umask = 0b010_010 },
        };
    }
}
