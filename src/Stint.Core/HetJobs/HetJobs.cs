using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// A heterogeneous job: several jobs that are submitted, start, and end together. The leader's id is the job's; the batch script runs on
// the leader alone. Invariant: components have consecutive ids, so none of them needs an index.
public sealed partial class Cluster
{
    private const int HetComponentsMax = 128;

    private static bool IsHetLeader(Job job) => job.Spec.HetJobId != 0 && job.Spec.HetJobId == job.Id;
    private static bool IsHetFollower(Job job) => job.Spec.HetJobId != 0 && job.Spec.HetJobId != job.Id;

    /// <summary>All components that are in hot state, the leader first; of any other job, the job itself.</summary>
    public IEnumerable<Job> HetGroup(Job job)
    {
        var leaderId = job.Spec.HetJobId;
        if (leaderId == 0) { yield return job; yield break; }
        var count = jobs.TryGetValue(leaderId, out var leader) ? leader.Spec.HetComponents : HetComponentsMax;
        for (var id = leaderId; id < leaderId + count; id++)
            if (jobs.TryGetValue(id, out var member) && member.Spec.HetJobId == leaderId) yield return member;
    }

    private Decision DecideSubmitHet(SubmitHetJob command, Instant now)
    {
        var count = command.Components.Count;
        if (count is 0 or > HetComponentsMax)
            return Decision.No(RefusalCodes.InvalidRequest, $"a heterogeneous job has 1 to {HetComponentsMax} components, not {count}");
        if (count == 1) return DecideSubmit(new SubmitJob(command.Components[0]), now);
        var leader = command.Components[0];
        if (leader.ClientToken.Length > 0 && clientTokens.TryGetValue(SpecTable.HashOf(leader.Uid, leader.ClientToken), out var known))
            return Decision.Of([], known);
        var batch = new Batch(now);
        for (var i = 0; i < count; i++)
        {
            var spec = command.Components[i].Clone();
            if (spec.Uid != leader.Uid) return Decision.No(RefusalCodes.InvalidRequest, "the components of a heterogeneous job belong to one user");
            if (spec.Array.Count > 0) return Decision.No(RefusalCodes.InvalidArray, "a heterogeneous job can not be an array");
            spec.HetJobId = NextJobId;
            spec.HetOffset = (uint)i;
            spec.HetComponents = i == 0 ? (uint)count : 0;
            spec.IsBatch = leader.IsBatch;
            spec.Held = leader.Held;
            spec.BeginMs = leader.BeginMs;
            spec.DeadlineMs = leader.DeadlineMs;
            if (i > 0)
            {
                spec.ClientToken = "";
                spec.Dependencies.Clear();
                spec.Dependencies.AddRange(leader.Dependencies);
                spec.DependencyAny = leader.DependencyAny;
            }
            if (CheckCapacity(i + 1) is { } full) return new Decision([], full, 0);
            var (prepared, refusal) = Prepare(spec, NextJobId + (uint)i, now);
            if (refusal is not null)
                return new Decision([], refusal with { Sentence = $"component {i}: {refusal.Sentence}" }, 0);
            batch.Add(new JobSubmitted { JobId = NextJobId + (uint)i, Spec = prepared });
        }
        return batch.Decision(NextJobId);
    }

    /// <summary>Components start in one pass, or none of them does. Written starts of an incomplete group are taken back.</summary>
    private void DropIncompleteGroups(Batch batch)
    {
        var starting = new Dictionary<uint, int>();
        foreach (var record in batch.Records)
            if (record.JobAllocated is { } start && jobs.TryGetValue(start.JobId, out var job) && job.Spec.HetJobId != 0)
                starting[job.Spec.HetJobId] = starting.GetValueOrDefault(job.Spec.HetJobId) + 1;
        if (starting.Count == 0) return;
        batch.Records.RemoveAll(record => record.JobAllocated is { } start && jobs.TryGetValue(start.JobId, out var job)
            && job.Spec.HetJobId is not 0 and var leader && starting[leader] < LivingComponents(leader) && TakeBack(start));
    }

    private bool TakeBack(JobAllocated start)
    {
        foreach (var share in start.Shares) Touch(NodeOf(share.Node));
        return true;
    }

    private int LivingComponents(uint leaderId) =>
        jobs.TryGetValue(leaderId, out var leader) ? HetGroup(leader).Count(static member => !member.IsOver) : 1;

    /// <summary>What ends one component ends the others: the leader's end is theirs; a component that is requeued, or lost its node, takes
    /// all with it.</summary>
    private void EndIncompleteGroups(Batch batch)
    {
        foreach (var id in activeJobs)
        {
            var job = jobs[id];
            if (job.Spec.HetJobId == 0 || job.State == JobState.Completing || IsEndingIn(batch, id)) continue;
            if (HetGroup(job).FirstOrDefault(member => member.Id != id && TakesGroupAlong(member)) is { } cause)
                End(batch, job, GroupEnding(cause));
            else if (IsHetFollower(job) && !jobs.ContainsKey(job.Spec.HetJobId))
                End(batch, job, new Ending(EndKind.EndCancelled, Cause: $"job {job.Spec.HetJobId}, which it belongs to, is over"));
        }
    }

    private static bool TakesGroupAlong(Job member) =>
        member.State == JobState.Pending || member.RequeuePending
        || IsHetLeader(member) && (member.IsOver || member.State == JobState.Completing)
        || member.Kind is EndKind.EndNodeFail or EndKind.EndPreempted;

    private static Ending GroupEnding(Job cause)
    {
        var requeue = cause.State == JobState.Pending || cause.RequeuePending;
        return new Ending(requeue ? EndKind.EndCancelled : cause.Kind == EndKind.EndUnknown ? EndKind.EndCancelled : cause.Kind,
            cause.EndedBy, cause.ExitCode, cause.Signal, $"component {cause.Spec.HetOffset} of job {cause.Spec.HetJobId} {(requeue ? "was requeued" : "ended")}",
            requeue, cause.Held || cause.RequeueHeld);
    }
}
