using System.Globalization;
using System.Text;
using Stint.Core.Jobs;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>What a waiting job's dependencies wait for still, as Slurm lists them: <c>afterok:7(unfulfilled),after:9+5(unfulfilled)</c>, <c>(failed)</c>
    /// where it can never be; those that are satisfied are gone. Empty: none.</summary>
    public string DependencyWords(Job job, Instant now)
    {
        if (job.State != JobState.Pending || job.Spec.Dependencies.Count == 0) return "";
        var text = new StringBuilder();
        var wake = Instant.Never;
        foreach (var dependency in job.Spec.Dependencies)
        {
            var state = Evaluate(job, dependency, now, ref wake);
            if (state == DependencyState.Satisfied) continue;
            if (text.Length > 0) text.Append(job.Spec.DependencyAny ? '?' : ',');
            text.Append(dependency.Kind);
            if (dependency.Kind != "singleton")
            {
                text.Append(CultureInfo.InvariantCulture, $":{dependency.JobId}");
                if (dependency.HasArrayTask) text.Append(CultureInfo.InvariantCulture, $"_{dependency.ArrayTask}");
                else if (arrays.ContainsKey(dependency.JobId)) text.Append("_*");
                if (dependency.DelayMs > 0) text.Append(CultureInfo.InvariantCulture, $"+{dependency.DelayMs / 60_000}");
            }
            text.Append(state == DependencyState.Never ? "(failed)" : "(unfulfilled)");
        }
        return text.ToString();
    }
}
