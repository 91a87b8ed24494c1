using Stint.Core.Resources;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Licences of the cluster, and how many are held. A scheduling pass works on a <see cref="Resources.Licenses.Copy"/>.</summary>
    public Licenses LicenseStock { get; } = new();

    private void AuditLicenses()
    {
        var held = new Licenses();
        held.Configure(Config.Licenses);
        foreach (var id in activeJobs) held.Take(jobs[id].Licenses);
        foreach (var name in held.Names.Union(LicenseStock.Names))
        {
            Must(held.Total(name) == LicenseStock.Total(name), $"{LicenseStock.Total(name)} of licence {name} are counted; the configuration has {held.Total(name)}");
            Must(held.InUse(name) == LicenseStock.InUse(name), $"{LicenseStock.InUse(name)} of licence {name} are counted as in use; jobs hold {held.InUse(name)}");
        }
    }
}
