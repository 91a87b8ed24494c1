using Stint.Protocol.Api;
using Stint.Server.Features.Jobs;
using Stint.Storage;

namespace Stint.Server.History;

/// <summary>
/// Questions to the history, on a connection of their own. It first waits a moment for what was committed before the question, so
/// that a user sees in sacct what squeue just showed.
/// </summary>
internal sealed class HistoryReader(Func<IHistory> open, Projector projector) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim gate = new(1);
    private IHistory? history;

    /// <exception cref="HistoryUnavailableException">Its database is locked or gone.</exception>
    public async Task<IReadOnlyList<HistoryJob>> QueryAsync(HistoryQuery query, long sequence, CancellationToken cancellation)
    {
        await projector.CatchUpAsync(sequence, Patience, cancellation);
        await gate.WaitAsync(cancellation);
        try
        {
            history ??= open();
            return history.Query(query);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            history?.Dispose();
            history = null;
            throw new HistoryUnavailableException(e.Message, e);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The newest run of a job that is no longer in the queue; null: never heard of.</summary>
    public async Task<ExplainView?> ExplainAsync(uint jobId, long sequence, CancellationToken cancellation)
    {
        IReadOnlyList<HistoryJob> jobs;
        try
        {
            jobs = await QueryAsync(new HistoryQuery { Jobs = [jobId] }, sequence, cancellation);
        }
        catch (HistoryUnavailableException)
        {
            return null;
        }
        HistoryJob? last = null;
        foreach (var job in jobs)
            if (job.JobId == jobId) last = job;
        if (last is null) return null;
        var receipts = new List<StepReceiptView>();
        foreach (var step in last.Steps) Explain.Add(receipts, StepViews.Id(last.JobId, last.ArrayJobId, last.ArrayTask, step.StepId), step.Started, step.Exited);
        return new ExplainView { Job = HistoryViews.Of(last, []), Steps = [.. receipts] };
    }

    public void Dispose()
    {
        history?.Dispose();
        gate.Dispose();
    }
}

internal sealed class HistoryUnavailableException(string message, Exception inner) : Exception(message, inner);
