using Stint.Agent.Cgroups;
using Stint.Agent.Cgroups.V2;
using Stint.Agent.Gpus;
using Stint.Agent.Hardware;
using Stint.Agent.Kernel;
using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Devices;

/// <summary>A filter that does not hold means no step, a sentence with what was written where and the errno, and nothing left behind.</summary>
public sealed class DeviceFailClosedTests : IDisposable
{
    private readonly DeviceLab _lab = new();

    public void Dispose() => _lab.Dispose();

    [RootTheory]
    [InlineData("devices.deny", "cannot write c 4:40 rw to ", Errno.NotPermitted, "EPERM (1)")]
    [InlineData("devices.list", "reads back", 0, "")]
    public void On_v1_a_refused_write_and_a_wrong_list_stop_the_step(string file, string says, int errno, string name)
    {
        var files = new FailingFiles();
        var tree = _lab.Tree(CgroupVersion.V1, files: files);
        files.OnWrite = (f, _) => f.EndsWith($"/j1/{file}", StringComparison.Ordinal) ? errno : 0;
        if (errno == 0) files.OnRead = f => f.EndsWith($"/j1/{file}", StringComparison.Ordinal) ? "c 1:3 rw\nc 195:200 rw" : null;
        var refused = Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(1), 4242, DeviceLab.Grant(2)));
        Assert.Equal(errno, refused.Errno);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"/j1/{file}", refused.Message, StringComparison.Ordinal);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.True(tree.IsJobGone(1, 4242));
    }

    [RootFact]
    public void On_v1_a_list_that_still_allows_everything_stops_the_step()
    {
        var files = new FailingFiles { OnRead = f => f.EndsWith("/j1/devices.list", StringComparison.Ordinal) ? "a *:* rwm" : null };
        var refused = Assert.Throws<CgroupException>(() => _lab.Tree(CgroupVersion.V1, files: files).Create(TestTree.Key(1), 4242, new Limits()));
        Assert.EndsWith("reads back 'a *:* rwm' after 'a' was written to devices.deny: the limit does not hold", refused.Message, StringComparison.Ordinal);
    }

    [RootFact]
    public void On_v1_without_the_controller_no_step_starts_and_the_capability_says_why()
    {
        var files = new FailingFiles { OnMake = path => path.StartsWith("/sys/fs/cgroup/devices/", StringComparison.Ordinal) ? Errno.ReadOnlyFileSystem : 0 };
        var tree = _lab.Tree(CgroupVersion.V1, files: files);
        Assert.Contains("EROFS", tree.Capabilities.Single(c => c.Resource == "devices").Detail, StringComparison.Ordinal);
        Assert.Contains("cannot limit devices on this node", Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(1), 4242, new Limits())).Message, StringComparison.Ordinal);
    }

    [RootTheory]
    [InlineData("load", Errno.NotPermitted, "the kernel does not load the device program of ")]
    [InlineData("identify", Errno.Invalid, "reads back with an error")]
    [InlineData("open group", Errno.NoEntry, "to attach a device program")]
    [InlineData("attach", Errno.NotPermitted, "cannot attach device program ")]
    [InlineData("query", Errno.Invalid, "cannot query the device programs of ")]
    [InlineData("lost", 0, "was attached: the limit does not hold")]
    [InlineData("other tag", 0, "reads back with the tag 0000000000000000 and not ")]
    public void On_v2_each_call_that_fails_stops_the_step(string what, int errno, string says)
    {
        var tree = Tree(new FailingPrograms(what, errno));
        try
        {
            var refused = Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(1), 4242, DeviceLab.Grant(2)));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
            Assert.Equal(errno, refused.Errno);
            if (errno != 0) Assert.Contains(Errno.Name(errno), refused.Message, StringComparison.Ordinal);
            Assert.True(tree.IsJobGone(1, 4242));
        }
        finally
        {
            tree.RemoveRoot();
            tree.Dispose();
        }
    }

    [RootTheory, InlineData(CgroupVersion.V1), InlineData(CgroupVersion.V2)]
    public void A_unit_that_is_not_here_or_has_lost_its_node_stops_the_step(CgroupVersion version)
    {
        var tree = _lab.Tree(version);
        Assert.Equal("gpu 9 was granted, but this node has 6 of that name", Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(1), 4242, DeviceLab.Grant(9))).Message);
        File.Delete(_lab.Node("alpha2"));
        Assert.Equal($"gpu 2 was granted, but its node {_lab.Node("alpha2")} cannot be looked at: ENOENT (2): No such file or directory",
            Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(2), 4242, DeviceLab.Grant(2))).Message);
        File.WriteAllText(_lab.Node("alpha2"), "");
        Assert.EndsWith("alpha2 cannot be looked at: it is no device node", Assert.Throws<CgroupException>(() => tree.Create(TestTree.Key(2), 4242, DeviceLab.Grant(2))).Message, StringComparison.Ordinal);
        Assert.NotNull(tree.Create(TestTree.Key(3), 4242, DeviceLab.Grant(1)));
    }

    [RootFact]
    public void On_v2_another_program_in_the_group_is_kept_and_noted()
    {
        var tree = Tree(new FailingPrograms("foreign", 0));
        try
        {
            var group = tree.Create(TestTree.Key(1), 4242, DeviceLab.Grant(2));
            Assert.Contains(group.Receipt.Notes, n => n.Contains("1 more device program, not Stint's", StringComparison.Ordinal));
            Assert.True(tree.KillAndRemove(group, Patience.Seconds(5)));
        }
        finally
        {
            tree.RemoveRoot();
            tree.Dispose();
        }
    }

    private CgroupTree Tree(IDevicePrograms programs)
    {
        var layout = new CgroupProbe(KernelFiles.Instance, "/proc", TestTree.Unified).LookV2($"{Path.GetFileName(_lab.Folder)}-failing", "n1");
        _ = CgroupOpening.Open(layout, new CpuMap([0], 1), 0, KernelFiles.Instance, TimeProvider.System);
        return new CgroupTree(layout, new CpuMap([0], 1), 0, KernelFiles.Instance, new CgroupV2(layout, KernelFiles.Instance, new CpuMap([0], 1), _lab.Devices, programs),
            TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
    }

    /// <summary>The real bpf(2), except for one thing.</summary>
    private sealed class FailingPrograms(string what, int errno) : IDevicePrograms
    {
        private static readonly IDevicePrograms Real = DevicePrograms.Instance;
        private int _identified;
        private bool _attached;

        public int Load(ReadOnlySpan<byte> instructions, string name, out int program, out string log)
        {
            (program, log) = (-1, "");
            return what == "load" ? errno : Real.Load(instructions, name, out program, out log);
        }

        public int Open(uint id, out int program) => Real.Open(id, out program);

        public int Identify(int program, out ProgramIdentity identity)
        {
            var result = Real.Identify(program, out identity);
            if (what == "other tag" && ++_identified == 2) identity = identity with { Tag = "0000000000000000" };
            return what == "identify" ? errno : result;
        }

        public int OpenGroup(string directory, out int group)
        {
            group = -1;
            return what == "open group" ? errno : Real.OpenGroup(directory, out group);
        }

        public int Attach(int group, int program, int? replaced)
        {
            _attached = true;
            if (what != "foreign") return what == "attach" ? errno : Real.Attach(group, program, replaced);
            Assert.Equal(0, Real.Load(DeviceProgram.Generate([Stint.Agent.Devices.DeviceRule.Parse("c 195:* rw")]), "somebody", out var foreign, out _));
            Assert.Equal(0, Real.Attach(group, foreign, null));
            Real.Close(foreign);
            return Real.Attach(group, program, replaced);
        }

        public int Attached(int group, out IReadOnlyList<uint> ids)
        {
            var result = Real.Attached(group, out ids);
            if (what == "lost" && _attached) ids = [];
            return what == "query" ? errno : result;
        }

        public void Close(int descriptor) => Real.Close(descriptor);
    }
}
