using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Scheduling;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>What the batch script's implied step is launched from; the script itself is the job's payload.</summary>
    private static readonly StepSpec BatchStep = new() { Name = "batch", Tasks = 1 };

    private void On(JobAllocated record, Instant at)
    {
        var job = record.HasArrayJobId && JobOf(record.ArrayJobId).IsArray ? TakeTask(record) : JobOf(record.JobId);
        if (job.State != JobState.Pending)
            throw new InvalidOperationException($"job {job.Id} was given resources although it is {job.State}");
        LeavePending(job);
        job.State = JobState.Running;
        job.Attempt = record.Attempt;
        job.Started = at;
        job.Ended = Instant.Never;
        job.EndLimit = new Instant(record.EndLimitMs);
        if (!job.Eligible.IsSet) job.Eligible = at;
        job.Shares = record.Shares;
        job.Partition = record.Partition.Length > 0 ? record.Partition : job.Spec.Partition;
        job.Reservation = record.Reservation;
        job.Licenses = record.Licenses;
        LicenseStock.Take(job.Licenses);
        foreach (var share in record.Shares) NodeOf(share.Node).Take(job.Id, share, Holder.Of(job.Spec));
        activeJobs.Add(job.Id);
        if (BookOf(job) is { } book) book.Active++;
        CountStarted(job, at);
        if (job.Spec.IsBatch)
            job.Steps.Add(StepIds.Batch, new Step(StepIds.Batch, BatchStep) { Created = at, Shares = [job.Shares[0]] });
        WakeDependents(job);
    }

    /// <summary>Splits one unstarted task off its array.</summary>
    private Job TakeTask(JobAllocated record)
    {
        var array = JobOf(record.ArrayJobId);
        var book = arrays[array.Id];
        if (array.State != JobState.Pending || !array.Unstarted!.Remove(record.ArrayTask))
            throw new InvalidOperationException($"task {record.ArrayTask} of array {array.Id} was started although it was not waiting");
        book.TaskJobs.Add(record.ArrayTask, record.JobId);
        book.Live++;
        if (record.JobId == array.Id)
        {
            array.ArrayJobId = array.Id;
            array.ArrayTask = record.ArrayTask;
            array.Unstarted = null;
            return array;
        }
        var job = new Job(record.JobId, array.Spec)
        {
            ArrayJobId = array.Id, ArrayTask = record.ArrayTask, Submitted = array.Submitted, Eligible = array.Eligible,
            NotBefore = array.NotBefore, Order = array.Order,
        };
        if (!jobs.TryAdd(job.Id, job)) throw new InvalidOperationException($"job id {job.Id} was given out twice");
        NextJobId = Math.Max(NextJobId, job.Id + 1);
        IndexUnfinished(job);
        return job;
    }

    private Arrays.ArrayBook? BookOf(Job job) => job.ArrayJobId is { } id ? arrays.GetValueOrDefault(id) : null;
}
