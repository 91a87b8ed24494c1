using Stint.Agent.Tests.Cgroups;
using Stint.Agent.Tests.Devices;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Watch;

/// <summary>Somebody with root writes into a running job's groups; the agent finds it, puts it right and says so.</summary>
public sealed class AuditTests : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    private string File(uint job, string controller, string name) => _world.Tree.Layout.File(controller, $"{_world.Tree.Layout.Base}/u{World.Nobody}/j{job}", name)!;

    [RootFact]
    public async Task Limits_that_somebody_changed_are_put_back_and_told()
    {
        _world.Host.Launch(_world.Batch(90, "sleep 100"));
        _world.Reports.Started(90);
        var watch = _world.Watch();
        Assert.Empty(await watch.AuditAsync());
        List<(string File, string Value, string Wrong)> tampered = [(File(90, "pids", "pids.max"), "64", "9999")];
        if (_world.Tree.Map.KernelCpus is [0, 1, ..]) tampered.Add((File(90, "cpuset", "cpuset.cpus"), "0", "0-1"));
        // On v1 the sum with swap can never be below the limit: it is raised first.
        if (!TestTree.IsV2) tampered.Add((File(90, "memory", "memory.memsw.limit_in_bytes"), "67108864", "1073741824"));
        tampered.Add((File(90, "memory", TestTree.IsV2 ? "memory.max" : "memory.limit_in_bytes"), "67108864", "536870912"));
        foreach (var (file, _, wrong) in tampered)
        {
            System.IO.File.WriteAllText(file, wrong);
            Assert.Equal(wrong, System.IO.File.ReadAllText(file).Trim());
        }
        var drifts = await watch.AuditAsync();
        foreach (var (file, value, wrong) in tampered)
        {
            Assert.Equal(value, System.IO.File.ReadAllText(file).Trim());
            Assert.Contains(drifts, d => d is { JobId: 90, IsRepaired: true } && d.Sentence == $"{file} was {wrong}; it is {value} again");
        }
        Assert.Equal(drifts.Count, _world.Reports.All.Count(m => m.NodeEvent is { Kind: NodeEventKind.EventDrift, DrainReason: "" }));
        Assert.Empty(await watch.AuditAsync());
        _world.Host.EndJob(new EndJob { JobId = 90, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(90);
    }

    [RootFact]
    public async Task A_limit_that_cannot_be_put_back_drains_the_node()
    {
        if (TestTree.IsV2) return;      // there it can: the kernel makes room by killing
        _world.Host.Launch(_world.Batch(91, "touch ready; while [ ! -e go ]; do sleep 0.02; done; (head -c 150M /dev/zero; touch fuller; sleep 100) | tail -c 150M > /dev/null"));
        World.Until(() => System.IO.File.Exists(_world.Public + "/ready"), "the job's start");
        // On v1 a limit below what is in use is refused (EBUSY): raised from behind and used, it cannot come back.
        System.IO.File.WriteAllText(File(91, "memory", "memory.memsw.limit_in_bytes"), "1073741824");
        System.IO.File.WriteAllText(File(91, "memory", "memory.limit_in_bytes"), "1073741824");
        System.IO.File.WriteAllText(_world.Public + "/go", "");
        World.Until(() => System.IO.File.Exists(_world.Public + "/fuller"), "more memory in use");
        Assert.Contains(await _world.Watch().AuditAsync(), d => !d.IsRepaired && d.Sentence.Contains("memory.limit_in_bytes", StringComparison.Ordinal) && d.Sentence.Contains("EBUSY", StringComparison.Ordinal));
        Assert.Contains(_world.Reports.All, m => m.NodeEvent is { Kind: NodeEventKind.EventDrift, DrainReason.Length: > 0 });
        _world.Host.EndJob(new EndJob { JobId = 91, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(91);
    }

    [RootFact]
    public async Task A_device_list_that_somebody_cut_is_whole_again_for_the_job_and_its_step()
    {
        if (TestTree.IsV2) return;      // a program is replaced, not edited
        using var lab = new DeviceLab();
        using var world = new World(devices: lab.Devices);
        world.Host.Launch(world.Batch(93, "sleep 100"));
        world.Reports.Started(93);
        var job = $"{world.Tree.Layout.Base}/u{World.Nobody}/j93";
        var lists = new[] { job, $"{job}/s{Agent.Launch.StepId.Batch}" }.Select(g => world.Tree.Layout.File("devices", g, "devices.list")!).ToArray();
        var whole = lists.Select(System.IO.File.ReadAllText).ToArray();
        System.IO.File.WriteAllText(world.Tree.Layout.File("devices", job, "devices.deny")!, "c 1:3 rwm");
        Assert.NotEqual(whole, lists.Select(System.IO.File.ReadAllText));
        Assert.NotEmpty(await world.Watch().AuditAsync());
        Assert.Equal(whole.Select(Lines), lists.Select(System.IO.File.ReadAllText).Select(Lines));
        Assert.Empty(await world.Watch().AuditAsync());
        world.Host.EndJob(new EndJob { JobId = 93, Attempt = 1, GraceMs = 0 });
        world.Reports.Exited(93);
    }

    private static string Lines(string list) => string.Join('\n', list.Split('\n').Order(StringComparer.Ordinal));

    [RootFact]
    public async Task An_agent_that_starts_again_audits_what_its_earlier_life_wrote()
    {
        _world.Host.Launch(_world.Batch(92, "sleep 100"));
        _world.Reports.Started(92);
        _world.Die();
        System.IO.File.WriteAllText(File(92, "pids", "pids.max"), "5000");
        _world.Start();
        World.Until(() => _world.Host.LiveAsync().Result.Count == 1, "found again");
        Assert.Contains(await _world.Watch().AuditAsync(), d => d.Sentence.EndsWith("pids.max was 5000; it is 64 again", StringComparison.Ordinal));
        _world.Host.EndJob(new EndJob { JobId = 92, Attempt = 1, GraceMs = 0 });
        _world.Reports.Exited(92);
    }
}
