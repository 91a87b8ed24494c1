using Stint.Core.Journal;

namespace Stint.Core.Jobs;

/// <summary>
/// Requests cut down to what matters for a question, so that equal ones are found: everything is part of the key that is not struck out.
/// A field that is added to the record later therefore makes more classes, never wrong ones.
/// </summary>
internal static class ClassKey
{
    /// <summary>What decides about a job's turn: jobs with equal keys differ in age alone.</summary>
    public static JobSpec OfClass(JobSpec spec)
    {
        var key = spec.Clone();
        key.Name = key.WorkDir = key.StdOut = key.StdErr = key.StdIn = key.Command = key.SubmitLine = key.SubmitHost = key.Comment = "";
        key.PayloadHash = key.ClientToken = key.AdminComment = key.MailType = key.MailUser = "";
        key.Array.Clear();
        key.Dependencies.Clear();
        key.ArrayThrottle = key.SubmitSid = 0;
        key.BeginMs = key.WarnBeforeMs = 0;
        key.WarnSignal = 0;
        key.Held = key.AppendOutput = key.WarnBatchOnly = key.DependencyAny = key.KillOnInvalidDependency = key.NoKill = false;
        return key;
    }
}
