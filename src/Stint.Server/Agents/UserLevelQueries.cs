using System.Collections.Concurrent;
using Stint.Core.Journal;
using Stint.Protocol.Agents;

namespace Stint.Server.Agents;

/// <summary>Whom to ask about whose level, and with which limits.</summary>
internal readonly record struct UserLevelQuestion(string Node, JobSpec Of, UserLimits Limits);

/// <param name="Report">Null: no link, or no answer in time.</param>
internal readonly record struct UserLevelAnswer(UserLevelQuestion Question, UserLimitsReport? Report);

/// <summary>Asks nodes to change, or only to check, the limits of users' levels, and waits for what the kernel said.</summary>
internal sealed class UserLevelQueries(AgentDirectory agents)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<(string Node, ulong Request), TaskCompletionSource<UserLimitsReport>> open = new();
    private ulong last;

    /// <summary>All at once; each has the same patience.</summary>
    public async Task<UserLevelAnswer[]> AskAsync(IReadOnlyList<UserLevelQuestion> questions, bool checkOnly, CancellationToken cancellation)
    {
        var answers = new Task<UserLevelAnswer>[questions.Count];
        for (var i = 0; i < answers.Length; i++) answers[i] = AskAsync(questions[i], checkOnly, cancellation);
        return await Task.WhenAll(answers);
    }

    private async Task<UserLevelAnswer> AskAsync(UserLevelQuestion question, bool checkOnly, CancellationToken cancellation)
    {
        if (agents.Find(question.Node) is not { } session) return new UserLevelAnswer(question, null);
        var key = (question.Node, Interlocked.Increment(ref last));
        var answer = open[key] = new TaskCompletionSource<UserLimitsReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            session.Send(new ToAgent { SetUserLimits = new SetUserLimits { RequestId = key.Item2, Uid = question.Of.Uid, Limits = question.Limits, CheckOnly = checkOnly } });
            return new UserLevelAnswer(question, await answer.Task.WaitAsync(Patience, cancellation));
        }
        catch (TimeoutException)
        {
            return new UserLevelAnswer(question, null);
        }
        finally
        {
            open.TryRemove(key, out _);
        }
    }

    public void Answered(string node, UserLimitsReport report)
    {
        if (open.TryGetValue((node, report.RequestId), out var waiting)) waiting.TrySetResult(report);
    }
}
