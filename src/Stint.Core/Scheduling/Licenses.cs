using Stint.Core.Jobs;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Licences in a pass: what running jobs hold, and what the pass's own starts take.
public sealed partial class Cluster
{
    private readonly Dictionary<string, LicenseRequest> licenseRequests = new(StringComparer.Ordinal);
    private Licenses? licensesInPass;

    private Licenses LicensesInPass => licensesInPass ??= LicenseStock.Copy();

    private LicenseRequest LicensesAsked(string asked)
    {
        if (asked.Length == 0) return LicenseRequest.Nothing;
        if (licenseRequests.TryGetValue(asked, out var known)) return known;
        if (licenseRequests.Count > 1_000) licenseRequests.Clear();
        return licenseRequests[asked] = LicenseRequest.Parse(asked, out _) ?? LicenseRequest.Nothing;
    }

    private Verdict? LicenseObstacle(Job job) =>
        job.Spec.Licenses.Length > 0 && LicensesInPass.Missing(LicensesAsked(job.Spec.Licenses)) is { } missing
            ? new Verdict(job, PendingReason.Licenses, missing) : null;

    /// <summary>What the job would take now; null: not all of it (with |: none of it) is free.</summary>
    private string? ChosenLicenses(string asked) => asked.Length == 0 ? "" : LicensesInPass.Choose(LicensesAsked(asked));

    private void NoteLicenseUse(Job job)
    {
        if (job.Spec.Licenses.Length > 0) LicensesInPass.Take(ChosenLicenses(job.Spec.Licenses) ?? "");
    }
}
