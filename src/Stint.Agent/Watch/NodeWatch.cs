using Microsoft.Extensions.Logging;
using Stint.Agent.Cgroups;
using Stint.Agent.Disk;
using Stint.Agent.Kernel;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Watch;

/// <summary>
/// Looks after the steps that run: on an interval what they use and what they met (kills, refused forks, stalls), on another whether every limit still
/// holds; both also by order. It never delays a launch for longer than one job's files take, and a look that fails is a log line.
/// </summary>
internal sealed partial class NodeWatch(StepHost host, ICgroups cgroups, WatchOptions options, uint cpus, OomLog kills, EnergyMeter energy, TimeProvider time, ILogger log, Func<string?>? deviceTrouble = null, GpuEnergy? gpus = null)
{
    private readonly Lock _gate = new();

    /// <summary>Null: nothing is done about users' local disk.</summary>
    public UserDisk? UserDisk { get; init; }

    private readonly Dictionary<StepId, StepHistory> _steps = [];
    private readonly OutsideProcesses _outside = new(options.Outside, cgroups, time);
    private long _lastLook = time.GetTimestamp();

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(EveryAsync(options.SampleEvery, LookAsync, cancellation), EveryAsync(options.AuditEvery, AuditAsync, cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
        }
    }

    /// <summary>An order that concerns the watch; false: another one.</summary>
    public bool Take(ToAgent message, IStepReports reports)
    {
        if (message.BodyCase == ToAgent.BodyOneofCase.Audit) _ = Logged(AuditAsync());
        else if (message.BodyCase == ToAgent.BodyOneofCase.SetUserLimits) SetUser(message.SetUserLimits, reports);
        else if (message.BodyCase == ToAgent.BodyOneofCase.UsageRequest) _ = Logged(AnswerAsync(message.UsageRequest, reports));
        else return false;
        return true;
    }

    /// <summary>In the order in which they come: the last one holds.</summary>
    private void SetUser(SetUserLimits order, IStepReports reports)
    {
        var limits = order.Limits ?? new UserLimits();
        var disk = UserDisk?.Obstacle(order.Uid, limits) ?? "";
        var report = cgroups.SetUserLimits(order.Uid, limits, order.CheckOnly || disk.Length > 0);
        if (report.HasGroup && report.WhyNot.Length == 0) report.WhyNot = disk.Length > 0 || order.CheckOnly ? disk : WriteDisk(order.Uid, limits, report);
        report.RequestId = order.RequestId;
        if (report.WhyNot.Length > 0) Log.UserLimitRefused(log, order.Uid, report.WhyNot);
        reports.Send(new ToServer { UserLimits = report });
    }

    private string WriteDisk(uint uid, UserLimits limits, UserLimitsReport report)
    {
        try
        {
            if (UserDisk?.Write(uid, limits) is { } row) report.Rows.Add(row);
            return "";
        }
        catch (Exception e) when (e is CgroupException or IOException or UnauthorizedAccessException) { return e.Message; }
    }

    /// <summary>For the heartbeat: what of users' limits only this node can count.</summary>
    public IReadOnlyList<UserUse> UserUses()
    {
        var uses = cgroups.UserUses();
        if (UserDisk is not null)
            foreach (var use in uses) use.DiskBytes = UserDisk.UsedBytes(use.Uid);
        return uses;
    }

    /// <summary>Every limit of every live step, and of users' disk; what had changed is repaired and told.</summary>
    public async Task<IReadOnlyList<Drift>> AuditAsync()
    {
        IReadOnlyList<Drift> drifts = [.. cgroups.Audit([.. (await host.LiveAsync()).Select(s => new LiveStep(s.Key, s.Uid, s.Limits))]), .. UserDisk?.Audit() ?? []];
        foreach (var drift in drifts)
        {
            Log.Drifted(log, drift.JobId, drift.Sentence);
            host.Tell(new NodeEvent
            {
                Kind = NodeEventKind.EventDrift, Key = new StepKey { JobId = drift.JobId }, Uid = drift.Uid, Sentence = drift.Sentence,
                DrainReason = drift.IsRepaired ? "" : drift.Sentence, AtMs = Now(),
            });
        }
        if (deviceTrouble?.Invoke() is { } trouble)
        {
            Log.Happened(log, 0, trouble);
            host.Tell(new NodeEvent { Kind = NodeEventKind.EventDevice, Sentence = trouble, DrainReason = trouble, AtMs = Now() });
        }
        return drifts;
    }

    public async Task LookAsync()
    {
        var live = await host.LiveAsync();
        lock (_gate)
        {
            foreach (var gone in _steps.Keys.Except(live.Select(s => StepId.Of(s.Key))).ToList()) _steps.Remove(gone);
            var elapsedUs = time.GetElapsedTime(_lastLook).TotalMicroseconds;
            _lastLook = time.GetTimestamp();
            var joules = energy.Take();
            if (gpus is not null) foreach (var (step, microjoules) in gpus.Take(live)) History(step).AddMeasured(microjoules);
            foreach (var step in live) if (Sample(step) is { } used) Judge(step, used, joules, elapsedUs);
            foreach (var outside in _outside.Look(live))
            {
                Log.Happened(log, outside.Key.JobId, outside.Sentence);
                host.Tell(outside);
            }
        }
    }

    public async Task<UsageReport> UseAsync(UsageRequest request)
    {
        var report = new UsageReport { RequestId = request.RequestId };
        var live = await host.LiveAsync();
        lock (_gate)
        {
            foreach (var step in live)
                if ((request.JobId == 0 || step.Key.JobId == request.JobId) && Sample(step) is { } used) report.Steps.Add(used);
        }
        PressureFiles.AddNode(report.Pressure, KernelFiles.Instance);
        return report;
    }

    private StepUsage? Sample(LaunchSpec step)
    {
        if (cgroups.Use(step.Key, step.Uid) is not { } used) return null;
        var history = History(step);
        history.KeepLargest(used);
        used.Tasks = (uint)step.TaskIds.Count;
        if (energy.IsAvailable || history.IsMeasured) (used.EnergyUj, used.EnergyIsShare) = (history.EnergyUj, energy.IsAvailable);
        return used;
    }

    private void Judge(LaunchSpec step, StepUsage used, ulong joules, double elapsedUs)
    {
        var history = History(step);
        var busy = history.NewCpuUs(used);
        if (elapsedUs > 0 && cpus > 0) history.AddEnergy((ulong)(joules * Math.Min(1, busy / (elapsedUs * cpus))));
        var (oom, pids) = history.New(used.OomKills, used.PidsLimitHits);
        if (oom > 0) Tell(step, NodeEventKind.EventOutOfMemory, OutOfMemory(step, oom, used));
        if (pids > 0) Tell(step, NodeEventKind.EventPidsLimit, StepEvents.PidsLimit(step, pids));
        if (options.Stall == StallAction.Off || history.IsStalled || history.Stall.Look(used.Pressure.Where(p => p.Scope == "job"), used.AtMs, options.StallAfter) is not { } stall) return;
        history.IsStalled = true;
        var sentence = StepEvents.Stall(step, stall.Resource, stall.For);
        Tell(step, NodeEventKind.EventStall, sentence);
        if (options.Stall == StallAction.End) host.EndJob(new EndJob { JobId = step.Key.JobId, Attempt = step.Key.Attempt, Reason = EndReason.EndAdmin, GraceMs = step.GraceMs, Message = sentence });
    }

    /// <summary>With the level at fault, which need not be the victim's own.</summary>
    private string OutOfMemory(LaunchSpec step, ulong kills, StepUsage used)
    {
        var (limit, peak, level) = cgroups.Find(step.Key, step.Uid) is { } group && cgroups.Measure(group) is { OomLevel.Length: > 0 } measured
            ? (measured.MemoryLimitBytes, measured.PeakMemoryBytes, measured.OomLevel) : (used.MemoryLimitBytes, used.PeakMemoryBytes, "");
        return StepEvents.OutOfMemory(step, kills, limit, peak, level, Victims(step));
    }

    private IReadOnlyList<string> Victims(LaunchSpec step) => cgroups.Find(step.Key, step.Uid) is { } group ? kills.Victims(group.Path) : [];

    private void Tell(LaunchSpec step, NodeEventKind kind, string sentence)
    {
        Log.Happened(log, step.Key.JobId, sentence);
        host.Tell(new NodeEvent { Kind = kind, Key = step.Key, Uid = step.Uid, Sentence = sentence, AtMs = Now() });
    }

    private StepHistory History(LaunchSpec step) => History(StepId.Of(step.Key));

    private StepHistory History(StepId id)
    {
        if (!_steps.TryGetValue(id, out var history)) _steps.Add(id, history = new StepHistory());
        return history;
    }

    private async Task AnswerAsync(UsageRequest request, IStepReports reports) => reports.Send(new ToServer { Usage = await UseAsync(request) });

    private async Task EveryAsync(TimeSpan every, Func<Task> look, CancellationToken cancellation)
    {
        if (every <= TimeSpan.Zero) return;
        using var timer = new PeriodicTimer(every, time);
        while (await timer.WaitForNextTickAsync(cancellation)) await Logged(look());
    }

    private async Task Logged(Task look)
    {
        try { await look; }
        catch (Exception e) when (e is IOException or CgroupException or UnauthorizedAccessException or InvalidOperationException or FormatException) { Log.Failed(log, e); }
    }

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static partial class Log
    {
        [LoggerMessage(EventId = 3401, Level = LogLevel.Warning, Message = "limit of job {Job}: {What}")]
        public static partial void Drifted(ILogger log, uint job, string what);
        [LoggerMessage(EventId = 3402, Level = LogLevel.Warning, Message = "job {Job}: {What}")]
        public static partial void Happened(ILogger log, uint job, string what);
        [LoggerMessage(EventId = 3404, Level = LogLevel.Warning, Message = "limits of user {Uid}: {Why}")]
        public static partial void UserLimitRefused(ILogger log, uint uid, string why);
        [LoggerMessage(EventId = 3403, Level = LogLevel.Error, Message = "a look at the node's steps failed")]
        public static partial void Failed(ILogger log, Exception error);
    }
}
