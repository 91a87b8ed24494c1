using Stint.Agent.Cgroups;

namespace Stint.Agent.Tests.Cgroups;

public sealed class CgroupProbeTests
{
    private static CgroupLayout Look(string mountinfo, string cgroups)
    {
        var fake = new FakeCgroup2(ownGroup: "/");
        fake.Plain["/fake/proc/self/mountinfo"] = mountinfo;
        fake.Plain["/fake/proc/cgroups"] = cgroups;
        return new CgroupProbe(fake, "/fake/proc", FakeCgroup2.Mount).LookV1("stint", "n1");
    }

    [Fact]
    public void Controllers_that_are_mounted_together_share_one_hierarchy()
    {
        var layout = Look(
            "36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n37 31 0:34 / /sys/fs/cgroup/one rw shared:9 - cgroup cgroup rw,memory,pids\n38 31 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw", "");
        Assert.Equal(["/sys/fs/cgroup/one", "/sys/fs/cgroup/cpu,cpuacct"], layout.Hierarchies.Select(h => h.Mount));
        Assert.Equal("/sys/fs/cgroup/one/g/pids.max", layout.File("pids", "g", "pids.max"));
    }

    [Fact]
    public void A_controller_that_is_missing_says_why()
    {
        var layout = Look("", "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpuset\t0\t1\t1\nmemory\t0\t1\t0\n");
        Assert.Equal("controller cpuset is not mounted", layout.Why("cpu"));
        Assert.Equal("controller memory is disabled (cgroup_disable= on the kernel's command line)", layout.Why("memory"));
        Assert.Equal("this kernel has no controller pids", layout.Why("pids"));
        Assert.All(layout.Capabilities, c => Assert.False(c.Available));
    }
}
