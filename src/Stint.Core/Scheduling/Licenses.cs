using Stint.Core.Jobs;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

// Licences in a pass: what is free, less what the pass's own starts take and what reservations keep.
public sealed partial class Cluster
{
    private Licenses? passLicenses;

    private Licenses PassLicenses => passLicenses ??= LicenseStock.Copy();

    private Verdict? LicenseObstacle(Job job)
    {
        if (!job.Asked.NamesLicenses || LicenseRequest.Parse(job.Spec.Licenses, out _) is not { } request) return null;
        return LicensesFor(job).Missing(request) is { } missing ? new Verdict(job, PendingReason.Licenses, missing) : null;
    }

    /// <summary>What the job takes now, as the journal writes it; null: not all of it is free.</summary>
    private string? ChosenLicenses(Job job) =>
        job.Spec.Licenses.Length == 0 || LicenseRequest.Parse(job.Spec.Licenses, out _) is not { } request ? "" : LicensesFor(job).Choose(request);

    private Licenses LicensesFor(Job job)
    {
        var kept = ReservedLicenses(job, passAt, RunTimeMs(job.Spec));
        if (kept.Count == 0) return PassLicenses;
        var left = PassLicenses.Copy();
        left.Take(string.Join(',', kept.Select(static license => $"{license.Key}:{license.Value}")));
        return left;
    }

    private void NoteLicenseUse(string taken)
    {
        if (taken.Length > 0) PassLicenses.Take(taken);
    }
}
