using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;

namespace Stint.Core.Tests.Properties;

/// <summary>When a reservation holds, worked out occurrence by occurrence.</summary>
internal sealed record HeldTime(ReservationSpec Spec, Instant Now)
{
    public bool Has(string flag) => Spec.Flags.Contains(flag);

    private (long Start, long End) First
    {
        get
        {
            var length = Spec.EndMs - Spec.StartMs;
            var start = Has("TIME_FLOAT") ? Now.Milliseconds + Math.Max(0, Spec.StartMs - Spec.CreatedMs) : Spec.StartMs;
            while (Step > 0 && start + length <= Now.Milliseconds) start += Step;
            return (start, start + length);
        }
    }

    private long Step => Has("HOURLY") ? 3_600_000 : Has("DAILY") ? 86_400_000 : 0;
    public bool IsActive => First.Start <= Now.Milliseconds && Now.Milliseconds < First.End;
    public long End => First.End;

    public bool Meets(long from, long to)
    {
        for (var (start, end) = First; start < to; start += Step, end += Step)
        {
            if (end > from) return true;
            if (Step == 0) return false;
        }
        return false;
    }

    /// <summary>null: nothing of that node; an empty set stands for all of it.</summary>
    public CpuSet? CpusOn(string node)
    {
        if (NodeNames.Expand(Spec.Nodes)?.Contains(node) != true) return null;
        return Spec.Shares.FirstOrDefault(share => share.Node == node) is { } part ? CpuSet.FromBytes(part.Cpus) : default(CpuSet);
    }
}

/// <summary>What must be true of every start, whatever the scheduler thought.</summary>
internal static class StartOracle
{
    public static void Check(IReadOnlyList<HeldTime> reservations, Job job, JobAllocated start, Instant at)
    {
        var to = start.EndLimitMs == 0 ? long.MaxValue : start.EndLimitMs;
        var own = reservations.FirstOrDefault(r => r.Spec.Name == start.Reservation);
        if (job.Spec.Reservation.Length > 0)
        {
            Assert.True(own is not null && job.Spec.Reservation.Split(',').Contains(own.Spec.Name), $"job {job.Id} asked for {job.Spec.Reservation} and runs in \"{start.Reservation}\"");
            Assert.Contains(job.Spec.User, own!.Spec.Users);
            if (!own.Has("FLEX")) CheckInside(own, job, start, to);
        }
        foreach (var other in reservations)
        {
            if (ReferenceEquals(other, own) || !other.Meets(at.Milliseconds, to)) continue;
            if (own is not null && job.Spec.Reservation.Length > 0 && IsUpper(own) && !IsUpper(other)) continue;
            if (job.Spec.Reservation.Length == 0 && other.Has("MAGNETIC") && other.Spec.Users.Contains(job.Spec.User)) continue;
            foreach (var share in start.Shares)
                if (other.CpusOn(share.Node) is { } held)
                    Assert.False(held.IsEmpty || held.Intersects(CpuSet.FromBytes(share.Cpus)), $"job {job.Id} got CPUs {Lab.Cpus(share)} of {share.Node}, which {other.Spec.Name} holds");
        }
    }

    private static bool IsUpper(HeldTime r) => r.Has("MAINT") || r.Has("OVERLAP");

    private static void CheckInside(HeldTime own, Job job, JobAllocated start, long to)
    {
        Assert.True(own.IsActive, $"job {job.Id} runs in {own.Spec.Name}, which is not active");
        Assert.True(own.Has("TIME_FLOAT") || to <= own.End, $"job {job.Id} may outlast {own.Spec.Name}");
        foreach (var share in start.Shares)
            Assert.True(own.CpusOn(share.Node) is { } held && (held.IsEmpty || CpuSet.FromBytes(share.Cpus).IsSubsetOf(held)), $"job {job.Id} got CPUs {Lab.Cpus(share)} of {share.Node}, outside of {own.Spec.Name}");
    }
}
