using Stint.Core;

namespace Stint.Server.Engine;

/// <summary>
/// One thing the engine's thread does. <see cref="Decide"/> runs inside a batch and may read and decide; <see cref="Committed"/>
/// runs after the batch's commit, so nobody ever hears of something that could still be lost.
/// </summary>
internal abstract class Work
{
    /// <summary>May throw for a bug in a reading only: what was decided before stays decided.</summary>
    public abstract void Decide(Batch batch);
    public abstract void Committed();
    /// <summary>Nobody waits for its answer: it need not wake the engine, and shares the next commit.</summary>
    public virtual bool CanWait => false;
    /// <summary>The engine ended before it got to this.</summary>
    public abstract void Abandon();
}

/// <summary>A question (reading, deciding, or both) with an answer, for callers that await it.</summary>
internal sealed class Question<T>(Func<Batch, T> ask) : Work
{
    private readonly TaskCompletionSource<T> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? value;
    private Exception? error;

    public Task<T> Answer => answer.Task;

    public override void Decide(Batch batch)
    {
        try
        {
            value = ask(batch);
        }
        catch (Exception e) when (e is not EngineBrokenException)
        {
            error = e;
        }
    }

    public override void Committed()
    {
        if (error is null) answer.TrySetResult(value!);
        else answer.TrySetException(error);
    }

    public override void Abandon() => answer.TrySetException(new EngineStoppedException());
}

/// <summary>A command whose answer nobody waits for.</summary>
internal sealed class Order(Command command) : Work
{
    public override void Decide(Batch batch) => batch.Decide(command);
    public override void Committed() { }
    public override void Abandon() { }
}

/// <summary>The server is going down; the request was not carried out.</summary>
public sealed class EngineStoppedException() : Exception("the server is stopping");

/// <summary>The inbox is full; the request was not carried out.</summary>
public sealed class EngineBusyException() : Exception("the server has too many requests waiting");

/// <summary>State and journal may differ: only a restart, which replays the journal, is safe.</summary>
public sealed class EngineBrokenException(string message, Exception inner) : Exception(message, inner);
