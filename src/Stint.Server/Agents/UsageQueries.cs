using System.Collections.Concurrent;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>Questions to agents for what a job's steps use now, and their answers. A node that does not answer in time is left out, and the caller is told.</summary>
internal sealed class UsageQueries(AgentDirectory agents)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<UsageReport>> open = new();
    private ulong last;

    /// <summary>Null: no link, or no answer within the patience.</summary>
    public async Task<UsageReport?> AskAsync(string node, uint jobId, CancellationToken cancellation)
    {
        if (agents.Find(node) is not { } session) return null;
        var id = Interlocked.Increment(ref last);
        var answer = open[id] = new TaskCompletionSource<UsageReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            session.Send(new ToAgent { UsageRequest = new UsageRequest { RequestId = id, JobId = jobId } });
            return await answer.Task.WaitAsync(Patience, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            open.TryRemove(id, out _);
        }
    }

    public void Answered(UsageReport report)
    {
        if (open.TryGetValue(report.RequestId, out var waiting)) waiting.TrySetResult(report);
    }
}
