using Stint.Agent.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Devices;

/// <summary>The same scenarios against the v1 controller and against attached v2 programs, on this machine's kernel: nothing here is imitated.</summary>
public sealed class DeviceEnforcementTests : IDisposable
{
    private static readonly TimeSpan Deadline = Patience.Seconds(10);
    private readonly DeviceLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task A_job_opens_exactly_its_own_unit_and_its_vendors_control_node(CgroupVersion version)
    {
        var tree = _lab.Tree(version);
        var group = tree.Create(Cgroups.TestTree.Key(1), 4242, DeviceLab.Grant(2));
        Assert.Equal("EPERM EPERM ENXIO EPERM ENXIO EPERM EPERM EPERM", await _lab.ProbeAsync(group, _lab.All));
        Assert.Equal("ok ok ok ok ok", await _lab.ProbeAsync(group, "/dev/null /dev/zero /dev/urandom /dev/ptmx /dev/null"));
        Assert.Equal("EPERM EPERM EPERM EPERM", await _lab.ProbeAsync(group, "/dev/kmsg /dev/console /dev/vda /dev/loop0"));
        Assert.True(tree.KillAndRemove(group, Deadline));
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task An_openable_unit_opens_and_its_neighbour_does_not(CgroupVersion version)
    {
        var group = _lab.Tree(version).Create(Cgroups.TestTree.Key(1), 4242, DeviceLab.Grant(5));
        Assert.Equal("EPERM EPERM EPERM EPERM EPERM EPERM ok ENXIO", await _lab.ProbeAsync(group, _lab.All));
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task A_job_without_devices_opens_none_of_them(CgroupVersion version)
    {
        var group = _lab.Tree(version).Create(Cgroups.TestTree.Key(1), 4242, new Limits());
        Assert.Equal(string.Join(' ', Enumerable.Repeat("EPERM", 8)), await _lab.ProbeAsync(group, _lab.All));
        Assert.DoesNotContain(group.Receipt.Rows, r => r.Resource == "gpu");
        var row = group.Receipt.Rows.Single(r => r.Resource == "devices");
        Assert.True(row.Enforced);
        Assert.Equal("standard nodes", row.Allocated);
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task Making_a_node_of_any_number_is_refused_even_to_root_and_a_copy_made_elsewhere_does_not_open(CgroupVersion version)
    {
        _lab.MakeNode("copy-of-0", 195, 200);
        _lab.MakeNode("copy-of-2", 195, 202);
        var group = _lab.Tree(version).Create(Cgroups.TestTree.Key(1), 4242, DeviceLab.Grant(2));
        Assert.Equal("EPERM EPERM EPERM EPERM", await _lab.ProbeAsync(group, "mknod:c:195:202 mknod:c:195:200 mknod:c:1:3 mknod:b:254:0"));
        Assert.Equal("EPERM ENXIO", await _lab.ProbeAsync(group, $"{_lab.Node("copy-of-0")} {_lab.Node("copy-of-2")}"));
    }

    [RootTheory]
    [InlineData(CgroupVersion.V1, "sh -c '\"$@\"; :' x"), InlineData(CgroupVersion.V2, "sh -c '\"$@\"; :' x")]
    [InlineData(CgroupVersion.V1, "env -i PATH=/usr/bin:/bin"), InlineData(CgroupVersion.V2, "env CUDA_VISIBLE_DEVICES=0,1,2,3 NVIDIA_VISIBLE_DEVICES=all")]
    [InlineData(CgroupVersion.V1, "unshare -m -p -f -i -u"), InlineData(CgroupVersion.V2, "unshare -m -p -f -i -u")]
    [InlineData(CgroupVersion.V1, "unshare -U -r -m"), InlineData(CgroupVersion.V2, "unshare -U -r -m")]
    [InlineData(CgroupVersion.V1, "unshare -C"), InlineData(CgroupVersion.V2, "unshare -C")]
    [InlineData(CgroupVersion.V1, "setsid -w setpriv --reuid=4242 --clear-groups"), InlineData(CgroupVersion.V2, "setsid -w setpriv --reuid=4242 --clear-groups")]
    [InlineData(CgroupVersion.V1, "setpriv --reuid=4242 --clear-groups unshare -U -r -m"), InlineData(CgroupVersion.V2, "setpriv --reuid=4242 --clear-groups unshare -U -r -m")]
    public async Task Neither_a_child_nor_other_variables_nor_a_namespace_opens_more(CgroupVersion version, string through)
    {
        var group = _lab.Tree(version).Create(Cgroups.TestTree.Key(1), 4242, DeviceLab.Grant(2));
        Assert.Equal("EPERM EPERM ENXIO EPERM ENXIO EPERM EPERM EPERM EPERM EPERM", await _lab.ProbeAsync(group, $"{_lab.All} mknod:c:195:202 mknod:c:195:200", through));
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task A_step_with_fewer_units_than_its_job_opens_only_its_own(CgroupVersion version)
    {
        var tree = _lab.Tree(version);
        var batch = tree.Create(Cgroups.TestTree.Key(1, 0), 4242, DeviceLab.Grant(0, 1));
        var step = tree.Create(Cgroups.TestTree.Key(1, 1), 4242, DeviceLab.Grant(1));
        Assert.Equal("ENXIO ENXIO EPERM", await _lab.ProbeAsync(batch, $"{_lab.Node("alpha0")} {_lab.Node("alpha1")} {_lab.Node("alpha2")}"));
        Assert.Equal("EPERM ENXIO EPERM", await _lab.ProbeAsync(step, $"{_lab.Node("alpha0")} {_lab.Node("alpha1")} {_lab.Node("alpha2")}"));
        Assert.Contains("/s1", step.Receipt.Rows.First(r => r.Resource == "gpu").File, StringComparison.Ordinal);
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task A_wider_step_widens_its_job_in_one_piece_and_takes_nothing_from_the_first(CgroupVersion version)
    {
        var tree = _lab.Tree(version);
        var first = tree.Create(Cgroups.TestTree.Key(1, 0), 4242, DeviceLab.Grant(0));
        var second = tree.Create(Cgroups.TestTree.Key(1, 1), 4242, DeviceLab.Grant(3));
        Assert.Equal("EPERM ENXIO", await _lab.ProbeAsync(second, $"{_lab.Node("alpha0")} {_lab.Node("alpha3")}"));
        Assert.StartsWith("ENXIO", await _lab.ProbeAsync(first, $"{_lab.Node("alpha0")} {_lab.Node("alpha1")}"), StringComparison.Ordinal);
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public async Task An_agent_that_is_started_again_knows_what_its_jobs_were_granted(CgroupVersion version)
    {
        var root = $"{Path.GetFileName(_lab.Folder)}-again";
        var before = _lab.Tree(version, root: root);
        var first = before.Create(Cgroups.TestTree.Key(1, 0), 4242, DeviceLab.Grant(0, 1));
        var after = _lab.Tree(version, root: root);
        Assert.NotNull(after.Find(Cgroups.TestTree.Key(1, 0), 4242));
        var second = after.Create(Cgroups.TestTree.Key(1, 1), 4242, DeviceLab.Grant(1));
        Assert.Equal("ENXIO ENXIO", await _lab.ProbeAsync(first, $"{_lab.Node("alpha0")} {_lab.Node("alpha1")}"));
        Assert.Equal("EPERM ENXIO", await _lab.ProbeAsync(second, $"{_lab.Node("alpha0")} {_lab.Node("alpha1")}"));
        after.RemoveStrays([]);
        after.RemoveRoot();
    }

    [RootFact]
    public void Device_programs_of_many_random_jobs_are_unloaded_with_their_groups()
    {
        var tree = _lab.Tree(CgroupVersion.V2);
        var random = new Random(7);
        var programs = new HashSet<uint>();
        for (var round = 0; round < 150; round++)
        {
            var steps = Enumerable.Range(0, random.Next(1, 4)).Select(s => tree.Create(Cgroups.TestTree.Key((uint)round + 1, (uint)s), 4242, DeviceLab.Grant([.. Enumerable.Range(0, 6).Where(_ => random.Next(2) == 0).Select(u => (uint)u)]))).ToList();
            foreach (var row in steps.SelectMany(s => s.Receipt.Rows).Where(r => r.Resource == "devices")) programs.Add(uint.Parse(row.ReadBack[11..].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture));
            if (random.Next(3) == 0) tree.RemoveJob((uint)round + 1, Deadline);
            else foreach (var step in steps) _ = tree.KillAndRemove(step, Deadline);
        }
        Assert.InRange(programs.Count, 10, 400);      // jobs of the same rules share one, as long as the agent lives
        tree.Dispose();
        World.Until(() => programs.RemoveWhere(Ends.RoundTests.IsUnloaded) >= 0 && programs.Count == 0, $"programs {string.Join(' ', programs)} are still loaded");
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public void Each_unit_has_a_row_and_no_row_says_more_than_was_read_back(CgroupVersion version)
    {
        var group = _lab.Tree(version).Create(Cgroups.TestTree.Key(1), 4242, DeviceLab.Grant(1, 4));
        var units = group.Receipt.Rows.Where(r => r.Resource == "gpu").ToList();
        Assert.Equal([$"gpu:alpha 1 ({_lab.Node("alpha1")})", $"gpu:beta 4 ({_lab.Node("beta0")})"], units.Select(r => r.Allocated));
        Assert.Equal(["c 195:190 rw, c 195:201 rw", "c 4:40 rw, c 195:191 rw"], units.Select(r => r.ReadBack));
        Assert.All(units, r => Assert.True(r.Enforced && r.Written == r.ReadBack && r.Requested == "gpu:2"));
        var filter = group.Receipt.Rows.Single(r => r.Resource == "devices");
        const string rules = "c 1:3 rw, c 1:5 rw, c 1:9 rw, c 4:40 rw, c 5:0 rw, c 5:2 rw, c 136:* rw, c 195:190 rw, c 195:191 rw, c 195:201 rw";
        Assert.StartsWith(rules, filter.Written, StringComparison.Ordinal);
        if (version == CgroupVersion.V1)
        {
            Assert.Equal($"/sys/fs/cgroup/devices/{Path.GetDirectoryName(group.Path)}/devices.list", filter.File);
            Assert.Equal(rules, filter.ReadBack);
            Assert.Equal(rules, string.Join(", ", File.ReadAllLines(filter.File).Select(l => Stint.Agent.Devices.DeviceRule.Parse(l)).Order()));
        }
        else Assert.Matches(@"^program id \d+, tag [0-9a-f]{16}$", filter.ReadBack);
    }
}
