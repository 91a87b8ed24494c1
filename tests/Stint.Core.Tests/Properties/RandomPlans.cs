using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Properties;

/// <summary>Numbers to commands, as <see cref="RandomCluster"/>: reservations, preemption, suspension, updates, heterogeneous jobs, deadlines. Each start is held against the reservations by other means than the core's.</summary>
internal sealed class RandomPlans
{
    private const long Minute = 60_000;
    public Lab Lab { get; }

    public RandomPlans(PreemptMode mode)
    {
        Lab = new Lab(c =>
        {
            (c.MinJobAgeMs, c.NodeTimeoutMs, c.MaxArraySize) = (60_000, 30_000, 100);
            c.Partitions.Clear();
            c.Partitions.Add(new PartitionSpec { Name = "high", Nodes = "ALL", IsUp = true, PriorityTier = 10 });
            c.Partitions.Add(new PartitionSpec { Name = "low", Nodes = "ALL", IsUp = true, IsDefault = true, PriorityTier = 1 });
            c.Preempt = new PreemptSettings { By = PreemptBy.PreemptPartition, Mode = mode, ExemptMs = 30_000 };
        });
        Lab.Node("n1", cpus: 4).Node("n2", cpus: 4).Node("n3", cpus: 2);
    }

    public void Step(int op, int a, int b)
    {
        switch (op % 20)
        {
            case 0 or 1 or 2 or 3: Submit(a, b); break;
            case 4: Lab.Try(new SubmitHetJob([Spec(a, b), Spec(b, a)])); break;
            case 5 or 6 or 7: Schedule(); break;
            case 8: Reserve(a, b); break;
            case 9: ChangeReservation(a, b); break;
            case 10: WithJob(a, id => Lab.Try(b % 3 == 0 ? new ResumeJob(id, Lab.Root) : new SuspendJob(id, Lab.Root))); break;
            case 11: WithJob(a, id => Lab.Try(new UpdateJob(id, Change(b), b % 2 == 0 ? Lab.Root : Lab.User(Lab.Alice), Tasks(b)))); break;
            case 12: WithJob(a, id => Lab.Try(b % 2 == 0 ? new HoldJob(id, Lab.Root, Tasks(b), b % 5 == 0) : new ReleaseJob(id, Lab.Root, Tasks(b)))); break;
            case 13: WithJob(a, id => Lab.Try(b % 3 == 0 ? new RequeueJob(id, Lab.Root, b % 2 == 0, Tasks(b)) : b % 3 == 1 ? new TopJobs([id], Lab.Root) : new CancelJob(id, Tasks(b), Lab.Root))); break;
            case 14 or 15: WithActive(a, id => Exit(id, b)); break;
            case 16: WithActive(a, id => Lab.ReportReleased(id, Node(b))); break;
            case 17: Lab.After(TimeSpan.FromSeconds(b % 400)).Tick(); break;
            case 18: Lab.Try(b % 2 == 0 ? new LoseNode(Node(a)) : new RegisterNode(Lab.NodeOf(Node(a)).Registration)); break;
            case 19: Lab.Try(new UpdateNode(Node(a), Lab.Root, null, null, "why") { State = (NodeTarget)(b % 8) }); break;
        }
    }

    private JobSpec Spec(int a, int b) => Lab.Spec(s =>
    {
        (s.Uid, s.User) = a % 2 == 0 ? (Lab.Alice, "alice") : (Lab.Bob, "bob");
        s.Partition = b % 3 == 0 ? "high" : "low";
        s.Tasks = (uint)(b % 5);
        s.NodesMin = (uint)(b / 7 % 3);
        s.Exclusive = b % 11 == 0;
        s.Requeue = a % 3 != 0;
        s.NoKill = a % 13 == 0;
        s.TimeLimitMs = a % 9 == 0 ? -1 : (1 + b % 40) * Minute;
        if (a % 4 == 0) s.Reservation = b % 8 == 0 ? "r0,r1" : $"r{b % 3}";
        if (a % 12 == 1) s.DeadlineMs = (Lab.Now + TimeSpan.FromMinutes(30)).Milliseconds;
    });

    private void Submit(int a, int b)
    {
        var spec = Spec(a, b);
        if (a % 5 == 0) { spec.Array.Add(new ArrayRange { First = 0, Last = (uint)(b % 6), Step = 1 }); spec.ArrayThrottle = (uint)(b % 3); }
        Lab.Try(new SubmitJob(spec));
    }

    private static readonly string[] FlagChoices = ["MAINT", "FLEX", "MAGNETIC", "OVERLAP", "IGNORE_JOBS", "DAILY", "HOURLY", "REPLACE", "STATIC_ALLOC", "PURGE_COMP", "NO_HOLD_JOBS_AFTER_END", "TIME_FLOAT"];

    private void Reserve(int a, int b)
    {
        var start = (Lab.Now + TimeSpan.FromMinutes(b % 20)).Milliseconds;
        var spec = new ReservationSpec { Name = $"r{a % 3}", StartMs = start, EndMs = start + (1 + a % 30) * Minute, Users = { a % 3 == 0 ? "bob" : "alice" } };
        spec.Flags.Add(FlagChoices[a % FlagChoices.Length]);
        if (b % 3 == 0) spec.Flags.Add(FlagChoices[b % FlagChoices.Length]);
        if (b % 5 < 2) spec.Nodes = b % 5 == 0 ? Node(a) : "n[1-2]";
        else spec.NodeCount = (uint)(1 + b % 2);
        if (a % 5 == 0) spec.CoreCount = (uint)(1 + b % 3);
        Lab.Try(new MakeReservation(spec, Lab.Root));
    }

    private void ChangeReservation(int a, int b) => Lab.Try((b % 5) switch
    {
        0 => new DeleteReservation($"r{a % 3}", Lab.Root),
        1 => new SkipReservation($"r{a % 3}", Lab.Root),
        2 => new UpdateReservation($"r{a % 3}", new ReservationChange { DurationMs = (1 + a % 50) * Minute, FlagsAdded = [FlagChoices[a % FlagChoices.Length]] }, Lab.Root),
        3 => new UpdateReservation($"r{a % 3}", new ReservationChange { NodeCount = (uint)(1 + a % 3), UsersAdded = ["bob"] }, Lab.Root),
        _ => new UpdateReservation($"r{a % 3}", new ReservationChange { NodesAdded = Node(a), UsersRemoved = ["bob"] }, Lab.Root),
    });

    private static JobChange Change(int b) => (b % 7) switch
    {
        0 => new JobChange { TimeLimitMs = (1 + b % 60) * Minute },
        1 => new JobChange { Partition = b % 2 == 0 ? "high" : "low", Comment = "moved" },
        2 => new JobChange { Priority = (uint)(b % 3), Nice = 3 },
        3 => new JobChange { Reservation = b % 2 == 0 ? "" : "r1" },
        4 => new JobChange { Name = $"name{b % 4}", NodesMin = (uint)(b % 3), TimeLimitAddMs = (b % 9 - 4) * Minute },
        5 => new JobChange { ArrayThrottle = (uint)(b % 4), Dependencies = [Lab.On("afterany", (uint)(b % 20) + 1)] },
        _ => new JobChange { DeadlineMs = b % 2 == 0 ? 0 : 1_700_000_000_000 + b * Minute / 10, Tasks = (uint)(b % 4) },
    };

    private static ArrayRange[]? Tasks(int b) => b % 4 == 0 ? [new ArrayRange { First = (uint)(b % 5), Last = (uint)(b % 5 + b % 3), Step = 1 }] : null;

    public void Schedule()
    {
        for (var pass = 0; pass < 50; pass++)
        {
            var reservations = Lab.Cluster.Reservations.Values.Select(r => new HeldTime(r.Spec.Clone(), Lab.Now)).ToList();
            foreach (var record in Lab.Try(new Schedule()).Records)
                if (record.JobAllocated is { } start) StartOracle.Check(reservations, Lab.Job(start.JobId), start, Lab.Now);
            if (!Lab.Cluster.NeedsSchedule) return;
        }
        Assert.Fail("scheduling does not come to rest");
    }

    private void Exit(uint id, int b)
    {
        var job = Lab.Job(id);
        if (job.Steps.Count == 0) { Lab.Try(new CancelJob(id, null, Lab.Root)); return; }
        Lab.ReportExit(id, b % 2, step: job.Steps.Keys.First(), released: b % 3 != 0);
    }

    private static string Node(int n) => $"n{n % 3 + 1}";

    private void WithJob(int n, Action<uint> act)
    {
        if (Lab.Cluster.Jobs.Count > 0) act(Lab.Cluster.Jobs.Keys.Order().ElementAt(n % Lab.Cluster.Jobs.Count));
    }

    private void WithActive(int n, Action<uint> act)
    {
        if (Lab.Cluster.ActiveJobs.Count > 0) act(Lab.Cluster.ActiveJobs.ElementAt(n % Lab.Cluster.ActiveJobs.Count));
    }

    /// <summary>All reservations go, all nodes come back, all holds are lifted: everything must end.</summary>
    public void Drain()
    {
        foreach (var job in Lab.Cluster.Jobs.Values.Where(job => job.Spec.HetJobId != 0 && job.State == JobState.Pending).ToList()) Lab.Try(new CancelJob(job.Id, null, Lab.Root));
        foreach (var name in new[] { "n1", "n2", "n3" })
        {
            Lab.Try(new UpdateNode(name, Lab.Root, null, null, "") { State = NodeTarget.Resume });
            Lab.Try(new RegisterNode(Lab.NodeOf(name).Registration));
        }
        for (var round = 0; round < 300 && Lab.Cluster.Jobs.Values.Any(job => !job.IsOver); round++)
        {
            foreach (var name in Lab.Cluster.Reservations.Keys.ToList()) Lab.Try(new DeleteReservation(name, Lab.Root));
            foreach (var job in Lab.Cluster.Jobs.Values.Where(job => job.State == JobState.Suspended).ToList()) Lab.Try(new ResumeJob(job.Id, Lab.Root));
            foreach (var job in Lab.Cluster.Jobs.Values.Where(job => job.State == JobState.Pending && job.Held).ToList()) Lab.Try(new ReleaseJob(job.Id, Lab.Root));
            foreach (var id in Lab.Cluster.ActiveJobs.ToList())
            {
                if (Lab.Job(id).State is JobState.Running && Lab.Job(id).Steps.Count > 0) Lab.ReportExit(id, step: Lab.Job(id).Steps.Keys.First());
                else if (Lab.Job(id).State is JobState.Running) Lab.Try(new CancelJob(id, null, Lab.Root));
                Lab.Release(id);
            }
            foreach (var job in Lab.Cluster.Jobs.Values.Where(job => job.Reason is PendingReason.DependencyNeverSatisfied or PendingReason.PartitionConfig or PendingReason.ReservationDeleted && !job.Held).ToList())
                Lab.Try(new CancelJob(job.Id, null, Lab.Root));
            Lab.After(TimeSpan.FromMinutes(2)).Tick();
            Schedule();
        }
    }
}
