using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>Re-derives every counter and index and throws <see cref="InvalidOperationException"/> on the first difference.</summary>
    public void Audit()
    {
        AuditNodes();
        AuditDevices();
        AuditLicenses();
        AuditWaiting();
        AuditIndexes();
        AuditUsage();
        foreach (var (id, book) in arrays) AuditArray(id, book);
        foreach (var job in jobs.Values) AuditJob(job);
        AuditReservations();
        AuditSuspensions();
        AuditDeadlines();
    }

    private static void Must(bool holds, string invariant)
    {
        if (!holds) throw new InvalidOperationException("audit: " + invariant);
    }

    private void AuditNodes()
    {
        var held = nodes.Keys.ToDictionary(static name => name, static _ => (Cpus: default(CpuSet), Memory: 0UL, Jobs: new HashSet<uint>()),
            StringComparer.Ordinal);
        foreach (var job in jobs.Values)
        {
            if (!job.IsActive) continue;
            foreach (var share in job.Shares)
            {
                if (job.Released.Contains(share.Node)) continue;
                Must(held.TryGetValue(share.Node, out var sum), $"job {job.Id} holds a share on {share.Node}, which is not known");
                var cpus = job.YieldsCpus ? default : CpuSet.FromBytes(share.Cpus);
                Must(!cpus.IsEmpty || job.YieldsCpus, $"job {job.Id} holds no CPU on {share.Node}");
                Must(!cpus.Intersects(sum.Cpus) || Holder.Of(job.Spec).SharesCpus, $"job {job.Id} holds CPUs on {share.Node} that another job holds");
                Must(sum.Jobs.Add(job.Id), $"job {job.Id} holds two shares on {share.Node}");
                held[share.Node] = (sum.Cpus.Union(cpus), sum.Memory + share.MemoryBytes, sum.Jobs);
            }
        }
        foreach (var node in nodes.Values) AuditNode(node, held[node.Name].Cpus, held[node.Name].Memory, held[node.Name].Jobs);
        foreach (var partition in partitions)
            Must(partition.Nodes.SequenceEqual(NodesOf(partition.Spec.Nodes)),
                $"partition {partition.Name} has other nodes than its list says");
    }

    private static void AuditNode(Node node, CpuSet cpus, ulong memory, HashSet<uint> holders)
    {
        Must(node.AllCpus == CpuSet.Full((int)node.Hardware.Cpus).Except(node.Kind.KeptCores), $"node {node.Name} has other CPUs than it registered");
        Must(cpus.IsSubsetOf(CpuSet.Full((int)node.Hardware.Cpus)), $"jobs hold CPUs that node {node.Name} does not have");
        Must(node.FreeCpus == node.AllCpus.Except(cpus),
            $"node {node.Name} counts CPUs {node.FreeCpus} as free; {node.AllCpus.Except(cpus)} are");
        Must(node.CpusAllocated == cpus.CountIn(node.AllCpus), $"node {node.Name} counts {node.CpusAllocated} CPUs as allocated; {cpus.Count} are");
        Must(node.MemoryAllocatedBytes == memory, $"node {node.Name} counts {node.MemoryAllocatedBytes} bytes as allocated; {memory} are");
        Must(memory <= node.Hardware.MemoryBytes, $"node {node.Name} has {node.Hardware.MemoryBytes} bytes; {memory} are allocated");
        Must(node.Jobs.SetEquals(holders), $"node {node.Name} lists other jobs than those that hold a share on it");
    }

    private void AuditWaiting()
    {
        var queued = new HashSet<uint>();
        foreach (var group in queue.Classes)
        {
            var before = queued.Count;
            foreach (var job in group.Jobs())
            {
                Must(queued.Add(job.Id), $"job {job.Id} is in two queues");
                Must(ReferenceEquals(jobs.GetValueOrDefault(job.Id), job), $"the queue holds job {job.Id}, which is not known");
                Must(job.State == JobState.Pending && !job.Held,
                    $"the queue holds job {job.Id}, which is {job.State}{(job.Held ? " and held" : "")}");
                Must(group.Key.Equals(ClassKey.OfClass(job.Spec)), $"job {job.Id} is in a class of others");
            }
            Must(queued.Count - before == group.Count && group.Count > 0, $"a class counts {group.Count} jobs; it has {queued.Count - before}");
        }
        Must(queued.Count == queue.Count, $"the queue counts {queue.Count} jobs; it has {queued.Count}");
        foreach (var job in jobs.Values)
            if (job.State == JobState.Pending)
                Must(queued.Contains(job.Id) != parked.Contains(job.Id), $"pending job {job.Id} is in none, or both, of queue and parking");
        foreach (var id in parked)
            Must(jobs.TryGetValue(id, out var job) && job.State == JobState.Pending, $"job {id} is parked although it is not pending");
        foreach (var id in parkedForThrottle.Concat(parkedSingletons.Values.SelectMany(static ids => ids)))
            Must(parked.Contains(id), $"job {id} waits for something although it is not parked");
    }

    private void AuditIndexes()
    {
        var unfinished = jobs.Values.Where(static job => !job.IsOver).ToList();
        Must(unfinishedJobs == unfinished.Count, $"{unfinishedJobs} jobs are counted as unfinished; {unfinished.Count} are");
        Must(unfinishedByName is null || unfinishedByName.Values.Sum(static ids => ids.Count) == unfinished.Count, "the index by name counts other jobs");
        foreach (var job in unfinished)
            Must(unfinishedByName is null ? !IsSingleton(job) : unfinishedByName[(job.Spec.Uid, job.Spec.Name)].Contains(job.Id), $"the index by name lacks job {job.Id}");
        Must(activeJobs.SetEquals(jobs.Values.Where(static job => job.IsActive).Select(static job => job.Id)),
            "the index of active jobs differs");
        Must(endedJobs.SetEquals(jobs.Values.Where(static job => job.IsOver).Select(static job => (job.Ended.Milliseconds, job.Id))),
            "the index of ended jobs differs");
        foreach (var (hash, id) in clientTokens)
            Must(jobs.TryGetValue(id, out var job) && job.TokenHash == hash, $"a client token points to job {id}");
        Must(specs.Users == jobs.Count, $"{specs.Users} jobs are counted as users of requests; {jobs.Count} are");
        var waiting = new Dictionary<uint, HashSet<uint>>();
        foreach (var job in jobs.Values.Where(static job => job.State == JobState.Pending))
            foreach (var dependency in job.Spec.Dependencies)
                if (dependency.Kind != "singleton" && jobs.ContainsKey(dependency.JobId)) Enlist(waiting, dependency.JobId, job.Id);
        foreach (var (target, ids) in waiting)
            Must(dependents.TryGetValue(target, out var known) && ids.IsSubsetOf(known),
                $"the index of dependents lacks some of job {target}");
    }

    /// <summary>Each task is exactly once unstarted, a job, or finished (as ever), and the counts say so.</summary>
    private void AuditArray(uint id, ArrayBook book)
    {
        Must(jobs.TryGetValue(id, out var array) && array.Spec.Array.Count > 0, $"array {id} has a book and no record");
        var members = jobs.Values.Where(job => job.ArrayJobId == id).ToList();
        Must(members.Count == book.TaskJobs.Count, $"array {id} has {members.Count} task jobs; its book has {book.TaskJobs.Count}");
        foreach (var job in members)
        {
            Must(book.TaskJobs.TryGetValue(job.ArrayTask!.Value, out var known) && known == job.Id,
                $"task {job.ArrayTask} of array {id} is not job {job.Id} in its book");
            Must(!array!.IsArray || array.State != JobState.Pending || !array.Unstarted!.Contains(job.ArrayTask.Value),
                $"task {job.ArrayTask} of array {id} is a job and unstarted");
            Must(IsTaskOf(array.Spec, job.ArrayTask.Value), $"job {job.Id} is task {job.ArrayTask} of array {id}, which has no such task");
        }
        Must(book.Live == members.Count(static job => !job.IsOver), $"array {id} counts {book.Live} live tasks");
        Must(book.Active == members.Count(static job => job.IsActive), $"array {id} counts {book.Active} active tasks");
        var unstarted = array!.IsArray && array.State == JobState.Pending ? array.PendingTaskCount : 0;
        Must(!array.IsArray || array.State != JobState.Pending || unstarted > 0, $"array {id} is pending without tasks");
        var all = new TaskSet(array.Spec.Array).Count;
        Must(unstarted + book.Live + book.FinishedOk + book.FinishedBad == all,
            $"array {id} has {all} tasks; {unstarted} unstarted, {book.Live} live, {book.FinishedOk} completed and {book.FinishedBad} otherwise finished are counted");
    }

    private void AuditJob(Job job)
    {
        Must(job.Id < NextJobId, $"job {job.Id} has an id that is yet to be given out");
        Must(job.IsActive == job.Shares.Count > 0 || job.IsOver, $"job {job.Id} is {job.State} with {job.Shares.Count} shares");
        Must(job.IsOver == job.Ended.IsSet, $"job {job.Id} is {job.State} and its end is {job.Ended.Milliseconds}");
        Must(!job.IsOver || job.Kind != EndKind.EndUnknown, $"job {job.Id} ended as nothing");
        Must(!job.IsActive || job.Released.Count < job.Shares.Count, $"job {job.Id} is {job.State} although all its nodes let go");
        Must(job.State != JobState.Pending || job.Steps.Count == 0, $"pending job {job.Id} has steps");
        foreach (var step in job.Steps.Values)
        {
            Must(step.IsOver || job.IsActive, $"step {job.Id}.{StepName(step.Id)} outlives its job");
            foreach (var share in step.Shares)
                Must(ShareOn(job, share.Node) is { } whole && CpuSet.FromBytes(share.Cpus).IsSubsetOf(CpuSet.FromBytes(whole.Cpus)),
                    $"step {job.Id}.{StepName(step.Id)} has CPUs on {share.Node} that its job has not");
        }
    }
}
