using System.Diagnostics;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

/// <summary>The server's end: keeps what comes, and waits for it with a deadline.</summary>
internal sealed class Reports : IStepReports
{
    private readonly List<ToServer> _all = [];

    /// <summary>Called for every message, outside the lock; for tests that answer at once.</summary>
    public Action<ToServer>? OnMessage { get; set; }

    public void Send(ToServer message)
    {
        lock (_all)
        {
            _all.Add(message);
            Monitor.PulseAll(_all);
        }
        OnMessage?.Invoke(message);
    }

    public IReadOnlyList<ToServer> All
    {
        get { lock (_all) return [.. _all]; }
    }

    public T Wait<T>(Func<IReadOnlyList<ToServer>, T?> find, string what, double seconds = 20) where T : class
    {
        var (began, patience) = (Stopwatch.GetTimestamp(), Patience.Seconds(seconds));      // not the clock of day: a test may set that
        lock (_all)
        {
            while (true)
            {
                if (find(_all) is { } found) return found;
                var left = patience - Stopwatch.GetElapsedTime(began);
                if (left <= TimeSpan.Zero) throw new TimeoutException($"{what} did not come within {seconds} s; seen: {string.Join(" | ", _all.TakeLast(8).Select(m => m.ToString()[..Math.Min(200, m.ToString().Length)]))}");
                Monitor.Wait(_all, left);
            }
        }
    }

    public StepExitedReport Exited(uint job, uint step = StepId.Batch, double seconds = 20) =>
        Wait(all => all.FirstOrDefault(m => m.StepExited is { } e && e.Key.JobId == job && e.Key.StepId == step), $"exit of {job}", seconds).StepExited;

    public StepStartedReport Started(uint job, double seconds = 20) =>
        Wait(all => all.FirstOrDefault(m => m.StepStarted is { } s && s.Key.JobId == job), $"start of {job}", seconds).StepStarted;

    public string Output(uint task = 0, bool error = false) => System.Text.Encoding.UTF8.GetString(
        [.. All.Where(m => m.Output is { } o && o.Task == task && o.IsError == error).SelectMany(m => m.Output.Data.ToByteArray())]);
}
