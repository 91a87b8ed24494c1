using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Properties;

/// <summary>Turns numbers into commands, so that any list of numbers is a life of a cluster. What shrinks is the list.</summary>
internal sealed class RandomCluster
{
    private readonly HashSet<uint> submitted = [];
    public Lab Lab { get; } = new(c => { c.MinJobAgeMs = 60_000; c.NodeTimeoutMs = 30_000; c.MaxArraySize = 100; });
    public Dictionary<uint, int> Ends { get; } = [];
    public HashSet<uint> IdsGivenOut { get; } = [];

    public RandomCluster() => Lab.Node("n1", cpus: 4).Node("n2", cpus: 8, threadsPerCore: 2).Node("n3", cpus: 2);

    public void Step(int op, int a, int b)
    {
        var before = Lab.Journal.Count;
        switch (op % 20)
        {
            case 0 or 1 or 2: Submit(a, b); break;
            case 3: SubmitArray(a, b); break;
            case 4 or 5 or 6: Lab.Schedule(); break;
            case 7: WithJob(a, id => Lab.Try(new CancelJob(id, b % 3 == 0 ? [new ArrayRange { First = (uint)b % 4, Last = (uint)b % 9 + 4, Step = 1 }] : null, Actor(b)))); break;
            case 8: WithJob(a, id => Lab.Try(b % 2 == 0 ? new HoldJob(id, Actor(b / 2)) : new ReleaseJob(id, Actor(b / 2)))); break;
            case 9: WithJob(a, id => Lab.Try(new RequeueJob(id, Actor(b), b % 5 == 0))); break;
            case 10 or 11: WithActive(a, id => Lab.ReportStart(id)); break;
            case 12 or 13 or 14: WithActive(a, id => Exit(id, b)); break;
            case 15: WithActive(a, id => Lab.ReportReleased(id, Node(b))); break;
            case 16: WithActive(a, id => CreateStep(id, b)); break;
            case 17: Lab.After(TimeSpan.FromSeconds(b % 40)).Tick(); break;
            case 18: Lab.Try(b % 2 == 0 ? new LoseNode(Node(a)) : new RegisterNode(Lab.NodeOf(Node(a)).Registration)); break;
            case 19: NodeNews(a, b); break;
        }
        Watch(before);
    }

    private void Submit(int a, int b) => Lab.Try(new SubmitJob(Lab.Spec(s =>
    {
        s.IsBatch = a % 5 != 0;
        s.Uid = a % 2 == 0 ? Lab.Alice : Lab.Bob;
        s.Tasks = (uint)(b % 6);
        s.CpusPerTask = (uint)(a % 3);
        s.NodesMin = (uint)(b / 7 % 3);
        s.Exclusive = b % 17 == 0;
        s.Requeue = a % 3 != 0;
        s.TimeLimitMs = 60_000;
        if (b % 4 == 1) { s.ClearMemoryPerNodeBytes(); s.MemoryPerCpuBytes = Lab.GiB; }
        if (b % 4 == 2) s.MemoryPerNodeBytes = 0;
        if (a % 6 == 0) s.Dependencies.Add(Lab.On(new[] { "afterok", "afterany", "afternotok", "singleton", "after" }[b % 5], (uint)(a % 20) + 1));
        if (a % 11 == 0) s.BeginMs = (Lab.Now + TimeSpan.FromSeconds(20)).Milliseconds;
        s.Held = a % 13 == 0;
    })));

    private void SubmitArray(int a, int b) => Lab.Try(new SubmitJob(Lab.Spec(s =>
    {
        s.Array.Add(new ArrayRange { First = (uint)(a % 5), Last = (uint)(a % 5 + b % 12), Step = (uint)(b % 3) });
        s.ArrayThrottle = (uint)(a % 4);
        if (a % 3 == 0) s.Dependencies.Add(Lab.On("aftercorr", (uint)(b % 20) + 1));
    })));

    private void Exit(uint id, int b)
    {
        var job = Lab.Job(id);
        var steps = job.Steps.Keys.ToArray();
        if (steps.Length == 0) { Lab.Try(new CompleteInteractiveJob(id, Core.Tests.Lab.User(job.Spec.Uid), b % 2, 0)); return; }
        var kind = (EndKind)(b % 7 + 1);
        Lab.ReportExit(id, b % 3, 0, kind, steps[b % steps.Length], job.Shares[b / 3 % job.Shares.Count].Node, released: b % 4 != 0, started: b % 9 != 0, attempt: b % 31 == 0 ? 99 : job.Attempt);
    }

    private void CreateStep(uint id, int b) => Lab.Try(new CreateStep(id,
        new StepSpec { Tasks = (uint)(b % 4), CpusPerTask = (uint)(b / 4 % 3), Nodes = (uint)(b / 12 % 3), Overlap = b % 5 == 0 }, Core.Tests.Lab.User(Lab.Job(id).Spec.Uid)));

    private void NodeNews(int a, int b)
    {
        if (b % 3 == 0) Lab.Try(new UpdateNode(Node(a), Lab.Root, b % 2 == 0, null, "why"));
        else if (b % 3 == 1) Lab.Try(new UpdateNode(Node(a), Lab.Root, null, b % 2 == 0, "why"));
        else Lab.Try(new ReportNodeHoldings(Node(a), Lab.NodeOf(Node(a)).Jobs.Where(id => (id + b) % 2 == 0).Select(id => (id, StepIds.Batch, Lab.Job(id).Attempt)).ToList()));
    }

    private static Actor Actor(int n) => n % 4 == 0 ? Core.Tests.Lab.Root : Core.Tests.Lab.User(n % 2 == 0 ? Core.Tests.Lab.Alice : Core.Tests.Lab.Bob);
    private static string Node(int n) => $"n{n % 3 + 1}";

    private void WithJob(int n, Action<uint> act)
    {
        if (Lab.Cluster.Jobs.Count > 0) act(Lab.Cluster.Jobs.Keys.Order().ElementAt(n % Lab.Cluster.Jobs.Count));
    }

    private void WithActive(int n, Action<uint> act)
    {
        if (Lab.Cluster.ActiveJobs.Count > 0) act(Lab.Cluster.ActiveJobs.ElementAt(n % Lab.Cluster.ActiveJobs.Count));
    }

    private void Watch(int from)
    {
        foreach (var record in Lab.Journal.Skip(from))
        {
            if (record.JobSubmitted is { } job) { submitted.Add(job.JobId); Assert.True(IdsGivenOut.Add(job.JobId), $"id {job.JobId} was given out twice"); }
            if (record.JobAllocated is { HasArrayTask: true } task && task.JobId != task.ArrayJobId && task.Attempt == 0) Assert.True(IdsGivenOut.Add(task.JobId) || task.Attempt > 0);
            if (record.JobEnded is { } end) Ends[end.JobId] = Ends.GetValueOrDefault(end.JobId) + 1;
            if (record.JobRequeued is { } again && Ends.ContainsKey(again.JobId)) Ends[again.JobId] = 0;
        }
    }

    /// <summary>Everything comes back, all holds are lifted, everything ends.</summary>
    public void Drain()
    {
        var before = Lab.Journal.Count;
        foreach (var name in new[] { "n1", "n2", "n3" })
        {
            Lab.Try(new UpdateNode(name, Lab.Root, false, false, ""));
            Lab.Try(new RegisterNode(Lab.NodeOf(name).Registration));
        }
        for (var round = 0; round < 500 && Lab.Cluster.Jobs.Values.Any(job => !job.IsOver); round++)
        {
            foreach (var job in Lab.Cluster.Jobs.Values.Where(job => job.Held && job.State == JobState.Pending).ToList()) Lab.Try(new ReleaseJob(job.Id, Lab.Root));
            foreach (var id in Lab.Cluster.ActiveJobs.ToList())
            {
                if (!Lab.Job(id).Spec.IsBatch) Lab.Try(new CompleteInteractiveJob(id, Lab.Root, 0, 0));
                else Lab.ReportExit(id);
                Lab.Release(id);
            }
            foreach (var job in Lab.Cluster.Jobs.Values.Where(job => job.Reason is PendingReason.DependencyNeverSatisfied or PendingReason.PartitionConfig).ToList()) Lab.Try(new CancelJob(job.Id, null, Lab.Root));
            Lab.After(TimeSpan.FromSeconds(30)).Schedule();
        }
        Watch(before);
    }
}
