using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Reasons;

/// <summary>One job after another, of every kind that the request language has words for.</summary>
internal sealed class MixedJobs(MixedCluster cluster, Random random)
{
    private const long Minute = MixedCluster.Minute, Hour = MixedCluster.Hour;
    private readonly List<uint> ids = [];

    private Lab Lab => cluster.Lab;

    public void Submit()
    {
        var user = random.Next(5);
        if (random.Next(40) == 0) { Het(user); return; }
        var spec = Lab.Spec(s =>
        {
            (s.Uid, s.User, s.Name) = ((uint)(1001 + user), MixedCluster.Users[user], $"job{random.Next(30)}");
            s.Account = random.Next(3) switch { 0 => "chem", 1 => "cars", _ => "physics" };
            s.Tasks = (uint)random.Next(1, 7);
            s.MemoryPerNodeBytes = (ulong)random.Next(1, 6) * Lab.GiB;
            s.TimeLimitMs = random.Next(1, 40) * 30 * Minute;
            s.NodesMax = random.Next(3) == 0 ? 1u : 0;
            Flavour(s, random.Next(36));
            if (random.Next(6) == 0) Flavour(s, random.Next(36));          // two things in the way at once
        });
        var decision = Lab.Try(new SubmitJob(spec));
        if (decision.Refusal is not null) return;                           // what can never be is refused: not this test's subject
        ids.Add(decision.Id);
        if (random.Next(40) == 0) Lab.Try(new HoldJob(decision.Id, random.Next(2) == 0 ? Lab.Root : Lab.User(spec.Uid)));
    }

    private void Het(int user)
    {
        var components = new[] { 1u, 2u, 6u }.Take(random.Next(2, 4)).Select(tasks => Lab.Spec(s =>
        {
            (s.Uid, s.User, s.Account, s.Tasks) = ((uint)(1001 + user), MixedCluster.Users[user], "physics", tasks);
            s.TimeLimitMs = 4 * Hour;
        })).ToList();
        if (random.Next(2) == 0) (components[1].Partition, components[1].NodesMin) = ("gpu", 1);
        Lab.Try(new SubmitHetJob(components));
    }

    private void Flavour(JobSpec s, int kind)
    {
        switch (kind)
        {
            case 0: s.Held = true; break;
            case 1: s.BeginMs = cluster.In(random.Next(1, 30) * Hour).Milliseconds; break;
            case 2: case 3: Depend(s, random.Next(5) switch { 0 => "afterok", 1 => "afternotok", 2 => "after", 3 => "aftercorr", _ => "afterany" }); break;
            case 4: s.Dependencies.Add(new Dependency { Kind = "singleton" }); break;
            case 5: case 6: Array(s); break;
            case 7: s.Licenses = random.Next(2) == 0 ? "matlab:2" : "ansys:1,matlab:1"; break;
            case 8: case 9: case 10: Gpus(s); break;
            case 11: s.Qos = "low"; break;
            case 12: (s.Qos, s.Tasks) = ("capped", (uint)random.Next(1, 9)); break;
            case 13: s.Qos = "spent"; break;
            case 14: s.Qos = "budget"; break;
            case 15: s.Partition = "short"; break;
            case 16: s.Partition = "few"; s.NodesMin = (uint)random.Next(1, 4); s.Tasks = Math.Max(s.Tasks, s.NodesMin); s.NodesMax = 0; break;
            case 17: s.Partition = "cars"; break;
            case 18: s.Partition = "fine"; break;
            case 19: s.Partition = random.Next(2) == 0 ? "old" : "night"; break;
            case 20: s.Partition = "lean"; break;
            case 21: Reservation(s); break;
            case 22: s.NodeList = $"c{random.Next(1, 17)}"; s.NodesMax = 0; break;
            case 23: s.Constraint = random.Next(4) switch { 0 => "old", 1 => "fast&amd", 2 => "intel|amd", _ => "[intel*1&amd*1]" }; s.NodesMax = 0; s.Tasks = Math.Max(2, s.Tasks); if (s.Constraint[0] == '[') s.NodesMin = 2; break;
            case 24: s.Exclusive = true; break;
            case 25: (s.NodesMin, s.NodesMax) = ((uint)random.Next(2, 5), 0); s.Tasks = s.NodesMin * 4; s.SwitchesMax = 1; s.SwitchesWaitMs = 2 * Hour; break;
            case 26: (s.NodesMin, s.NodesMax) = (3, 3); s.Tasks = 6; s.Contiguous = true; break;
            case 27: s.Partition = "batch,short"; break;
            case 28: (s.Partition, s.Sharing) = ("shared", NodeSharing.SharingOversubscribe); break;
            case 29: s.DiskBytes = (ulong)random.Next(20, 100) * Lab.GiB; break;
            case 30: s.MemoryPerNodeBytes = (ulong)random.Next(16, 33) * Lab.GiB; break;
            case 31: s.DeadlineMs = cluster.In(s.TimeLimitMs + random.Next(1, 50) * Hour).Milliseconds; break;
            case 32: (s.NodesMin, s.NodesMax, s.Tasks) = ((uint)random.Next(4, 24), 0, 0); break;
            case 33: s.TimeMinMs = 10 * Minute; break;
            case 34: s.Nice = random.Next(1000); break;
            default: s.MemoryPerNodeBytes = 0; break;
        }
    }

    private void Depend(JobSpec s, string kind)
    {
        for (var n = random.Next(1, 3); n > 0 && ids.Count > 0; n--)
            s.Dependencies.Add(new Dependency { Kind = kind, JobId = ids[random.Next(Math.Max(0, ids.Count - 60), ids.Count)] });
        s.DependencyAny = random.Next(5) == 0;
    }

    private void Array(JobSpec s)
    {
        s.Array.Add(new ArrayRange { First = 0, Last = (uint)random.Next(2, 30), Step = 1 });
        s.ArrayThrottle = (uint)random.Next(0, 4);
        s.Tasks = 1;
    }

    private void Gpus(JobSpec s)
    {
        s.Partition = "gpu";
        s.Qos = random.Next(2) == 0 ? "gpuq" : "";
        s.Gres.Add(new GresRequest { Name = "gpu", Type = random.Next(3) switch { 0 => "a100", 1 => "h100", _ => "" }, Count = (uint)random.Next(1, 5), Per = random.Next(3) == 0 ? GresPer.PerJob : GresPer.PerNode });
        if (random.Next(8) == 0) s.Gres.Clear();                            // QOS gpuq wants at least one
    }

    private void Reservation(JobSpec s)
    {
        (s.Reservation, s.User, s.Uid) = random.Next(4) switch
        {
            0 => ("now", "alice", 1001u), 1 => ("soon", "bob", 1002u), 2 => ("gone", "carol", 1003u), _ => ("closed", "dave", 1004u),
        };
    }
}
