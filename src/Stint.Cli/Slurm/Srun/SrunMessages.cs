using System.Globalization;
using Stint.Cli.Options;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Srun;

/// <summary>What srun says about its run, in Slurm's words. Task exits of one node with one result are said in one line.</summary>
internal sealed class SrunMessages(CommandContext context, LaunchOptions options)
{
    private readonly List<uint> _exited = [];
    private (string Node, string Result) _exitLine;
    private readonly SortedSet<uint> _over = [];
    private uint _jobId, _stepId;
    private bool _allocated, _saidQueued, _saidBusy, _saidRevoked, _aborting;
    private readonly Lock _turn = new();

    public bool Started { get; private set; }
    public bool IsAborting => _aborting;
    public bool Allocated => _allocated;

    /// <summary>--immediate, in slurmctld's words.</summary>
    public void NotInTime()
    {
        _saidRevoked = true;
        Error("Unable to allocate resources: Requested nodes are busy");
    }

    public void Info(string text) => Say(text);
    public void Error(string text) => Say("error: " + text);

    public void Take(RunEvent happened)
    {
        if (happened.JobId != 0) _jobId = happened.JobId;
        if (happened.Kind != "task_exited") Flush();
        switch (happened.Kind)
        {
            case "queued" when happened.Message.Length > 0:
                if (!_saidBusy && !options.Quiet) Info($"Job {_jobId} step creation temporarily disabled, retrying (Requested nodes are busy)");
                _saidBusy = true;
                break;
            case "allocated":
                _allocated = true;
                if (_saidQueued && !options.Quiet) Info($"job {_jobId} has been allocated resources");
                if (options.Verbose > 0) Info($"jobid {_jobId}: nodes: {happened.NodeList}");
                break;
            case "started":
                _stepId = happened.StepId;
                if (_saidBusy && !Started && !options.Quiet) Info($"Step created for {Step}");
                Started = true;
                break;
            case "task_exited": TaskExited(happened); break;
            case "revoked": Revoked(happened); break;
            case "ended": Ended(happened); break;
            default: break;
        }
    }

    public void Refused(RefusalView refusal, RunRequest request)
    {
        string action = request.Submit is null ? $"Unable to create step for job {request.JobId}" : "Unable to allocate resources";
        foreach (string text in SlurmErrors.Lines(action, refusal, request.Submit?.Partition)) Error(text);
    }

    /// <summary>Said only when the wait is one: a job that starts at once needs no message, as in Slurm.</summary>
    public void StillQueued()
    {
        if (_allocated || _saidQueued || options.Quiet) return;
        Info($"job {_jobId} queued and waiting for resources");
        _saidQueued = true;
    }

    /// <summary>The first Ctrl-C: which tasks run still.</summary>
    public void Status(uint tasks)
    {
        Info("interrupt (one more within 1 sec to abort)");
        var running = new List<uint>();
        for (uint task = 0; task < tasks; task++)
            if (!_over.Contains(task)) running.Add(task);
        if (running.Count > 0) Info($"{Step} {Tasks(running)}: running");
        if (_over.Count > 0) Info($"{Step} {Tasks(_over)}: exited");
    }

    public void SendingInterrupt() => Info($"sending Ctrl-C to {Step}");

    /// <summary>Says that the step is being ended; true: it was said before.</summary>
    public bool Aborting()
    {
        bool before = _aborting;
        _aborting = true;
        if (!before && Started) Info("Job step aborted: Waiting up to 32 seconds for job step to finish.");
        return before;
    }

    /// <summary>Says the exits gathered so far.</summary>
    public void Flush()
    {
        if (_exited.Count == 0) return;
        Error($"{_exitLine.Node}: {Tasks(_exited)}: {_exitLine.Result}");
        _exited.Clear();
    }

    private string Step => string.Create(CultureInfo.InvariantCulture, $"StepId={_jobId}.{_stepId}");

    private void TaskExited(RunEvent happened)
    {
        _over.Add(happened.Task);
        if (happened is { ExitCode: 0, Signal: 0 }) return;
        string result = happened.Outcome == "OUT_OF_MEMORY" && happened.Signal == 9 ? "Out Of Memory"
            : happened.Signal > 0 ? SignalName.Describe(happened.Signal)
            : string.Create(CultureInfo.InvariantCulture, $"Exited with exit code {happened.ExitCode}");
        if (_exited.Count > 0 && _exitLine != (happened.Node, result)) Flush();
        _exitLine = (happened.Node, result);
        _exited.Add(happened.Task);
    }

    /// <summary>The step or the allocation is gone because we said so.</summary>
    public void RevokedByUs() => Revoked(new RunEvent { Kind = "revoked" });

    private void Revoked(RunEvent happened)
    {
        if (_saidRevoked) return;
        _saidRevoked = true;
        if (Started) Info($"Force Terminated {Step}");
        else Info($"Job allocation {_jobId} has been revoked");
        if (happened.Message.Length > 0 && options.Verbose > 0) Info(happened.Message);
    }

    private void Ended(RunEvent happened)
    {
        if (happened.Message.Length > 0 && happened.Outcome is not ("COMPLETED" or "FAILED" or "CANCELLED")) Error(happened.Message);
        else if (happened.Message.Length > 0 && !Started && happened.ExitStatus != 0) Error(happened.Message);
    }

    private static string Tasks(IReadOnlyCollection<uint> tasks)
    {
        string folded = Hostlist.FoldSorted(tasks.Select(t => t.ToString(CultureInfo.InvariantCulture)));
        return tasks.Count == 1 ? $"task {folded}" : $"tasks {folded.Trim('[', ']')}";
    }

    /// <summary>One write per line: other processes write to the same terminal.</summary>
    private void Say(string text)
    {
        string end = options.Pty && context.InIsTerminal ? "\r\n" : "\n";
        lock (_turn) context.Error.Write($"{context.Name}: {text}{end}");
    }
}
