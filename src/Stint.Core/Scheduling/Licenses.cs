using System.Globalization;
using Stint.Core.Jobs;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Licences: things that the cluster as a whole has a count of (--licenses). A job holds them from its start to its end.
public sealed partial class Cluster
{
    private readonly Dictionary<string, long> licensesHeld = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> licensesPlanned = new(StringComparer.Ordinal);

    /// <summary>How many there are of each licence, and how many running jobs hold.</summary>
    public IEnumerable<(string Name, long Total, long Held)> Licenses() =>
        CountsOf(Config.Licenses).Select(license => (license.Name, license.Count, licensesHeld.GetValueOrDefault(license.Name)));

    /// <summary><c>a:2,b</c> → (a, 2), (b, 1). Also <c>a|b</c>: any one of them, which the caller tells apart.</summary>
    private static IEnumerable<(string Name, long Count)> CountsOf(string list)
    {
        foreach (var item in list.Split([',', '|'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = item.LastIndexOfAny([':', '=']);
            var count = 1L;
            if (colon > 0 && !long.TryParse(item.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out count)) continue;
            yield return (colon > 0 ? item[..colon] : item, count);
        }
    }

    private long LicensesFree(string name)
    {
        foreach (var (known, count) in CountsOf(Config.Licenses))
            if (known == name) return count - licensesHeld.GetValueOrDefault(name) - licensesPlanned.GetValueOrDefault(name);
        return 0;
    }

    private Verdict? LicenseObstacle(Job job)
    {
        var asked = job.Spec.Licenses;
        if (asked.Length == 0 || ChosenLicenses(asked) is not null) return null;
        foreach (var (name, count) in CountsOf(asked))
            if (LicensesFree(name) is var free && free < count)
                return new Verdict(job, PendingReason.Licenses, $"asks for {count} licences of {name}; {Math.Max(0, free)} are free");
        return null;
    }

    /// <summary>What the job would take now; null: not all of it (with |: none of it) is free.</summary>
    private string? ChosenLicenses(string asked)
    {
        if (asked.Contains('|', StringComparison.Ordinal))
        {
            foreach (var (name, count) in CountsOf(asked))
                if (LicensesFree(name) >= count) return $"{name}:{count}";
            return null;
        }
        foreach (var (name, count) in CountsOf(asked))
            if (LicensesFree(name) < count) return null;
        return asked;
    }

    private void NoteLicenseUse(Job job)
    {
        if (job.Spec.Licenses.Length == 0) return;
        foreach (var (name, count) in CountsOf(ChosenLicenses(job.Spec.Licenses) ?? ""))
            licensesPlanned[name] = licensesPlanned.GetValueOrDefault(name) + count;
    }

    private void CountLicenses(Job job, int sign)
    {
        if (job.Licenses.Length == 0) return;
        foreach (var (name, count) in CountsOf(job.Licenses))
            licensesHeld[name] = licensesHeld.GetValueOrDefault(name) + sign * count;
    }
}
