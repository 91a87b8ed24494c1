using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Auth;

namespace Stint.Server.Features.Jobs;

/// <summary>The components of a heterogeneous job: each is a request of its own, without a script, an array or components again.</summary>
internal static class HetSubmission
{
    private const int ComponentsMax = 128;

    /// <returns>The leader first; alone when there are no others.</returns>
    public static (List<JobSpec> Components, Refusal? Refusal) Map(SubmitRequest request, JobSpec leader, Submission submission, Caller.Local caller)
    {
        var specs = new List<JobSpec> { leader };
        if (request.Components is not { Length: > 0 } others) return (specs, null);
        if (others.Length >= ComponentsMax) return (specs, Invalid($"{others.Length + 1} components are more than the {ComponentsMax} a heterogeneous job can have"));
        if (!string.IsNullOrEmpty(request.Array)) return (specs, new Refusal(RefusalCodes.InvalidArray, "a heterogeneous job can not be an array"));
        for (var i = 0; i < others.Length; i++)
        {
            var one = others[i];
            if (one is null || one.Components is not null || one.Script.Length > 0) return (specs, Invalid($"component {i + 1} is null, or has a script or components of its own"));
            var (spec, _, refusal) = submission.Map(one with { Arguments = request.Arguments, Script = request.Script, IsBatch = request.IsBatch }, caller);
            if (spec is null) return (specs, refusal! with { Sentence = $"component {i + 1}: {refusal.Sentence}" });
            specs.Add(spec);
        }
        return (specs, null);
    }

    private static Refusal Invalid(string sentence) => new(RefusalCodes.InvalidRequest, sentence);
}
