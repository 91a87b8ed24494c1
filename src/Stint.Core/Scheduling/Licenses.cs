using System.Globalization;
using Stint.Core.Jobs;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Licences: things that the cluster as a whole has a count of (--licenses). A job holds them from its start to its end.
public sealed partial class Cluster
{
    private readonly Dictionary<string, long> licensesPlanned = new(StringComparer.Ordinal);

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

    private long LicensesFree(string name, Dictionary<string, long> kept) =>
        Licenses.Free(name) - licensesPlanned.GetValueOrDefault(name) - kept.GetValueOrDefault(name);

    private Verdict? LicenseObstacle(Job job)
    {
        var asked = job.Spec.Licenses;
        if (asked.Length == 0 || ChosenLicenses(job) is not null) return null;
        var kept = ReservedLicenses(job, passAt, RunTimeMs(job.Spec));
        foreach (var (name, count) in CountsOf(asked))
            if (LicensesFree(name, kept) is var free && free < count)
                return new Verdict(job, PendingReason.Licenses, $"asks for {count} licences of {name}; {Math.Max(0, free)} are free");
        return null;
    }

    /// <summary>What the job would take now; null: not all of it (with |: none of it) is free.</summary>
    private string? ChosenLicenses(Job job)
    {
        var asked = job.Spec.Licenses;
        if (asked.Length == 0) return "";
        var kept = ReservedLicenses(job, passAt, RunTimeMs(job.Spec));
        if (asked.Contains('|', StringComparison.Ordinal))
        {
            foreach (var (name, count) in CountsOf(asked))
                if (LicensesFree(name, kept) >= count) return $"{name}:{count}";
            return null;
        }
        foreach (var (name, count) in CountsOf(asked))
            if (LicensesFree(name, kept) < count) return null;
        return asked;
    }

    private void NoteLicenseUse(Job job)
    {
        if (job.Spec.Licenses.Length == 0) return;
        foreach (var (name, count) in CountsOf(ChosenLicenses(job) ?? ""))
            licensesPlanned[name] = licensesPlanned.GetValueOrDefault(name) + count;
    }

    private void CountLicenses(Job job, int sign)
    {
        if (sign > 0) Licenses.Take(job.Licenses);
        else Licenses.GiveBack(job.Licenses);
    }
}
