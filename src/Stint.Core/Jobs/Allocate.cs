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
        job.RunLimitMs = record.RunLimitMs;
        if (!job.Eligible.IsSet) job.Eligible = at;
        job.Shares = record.Shares;
        job.Partition = record.Partition.Length > 0 ? record.Partition : job.Spec.Partition;
        job.Reservation = record.Reservation;
        job.Licenses = record.Licenses;
        EnterReservation(job);
        LicenseStock.Take(job.Licenses);
        foreach (var share in record.Shares)
        {
            var node = NodeOf(share.Node);
            node.Take(job.Id, share, Holder.Of(job.Spec));
            Touch(node);
        }
        activeJobs.Add(job.Id);
        if (BookOf(job) is { } book) book.Active++;
        CountStarted(job, at);
        if (job.Spec.IsBatch && !IsHetFollower(job))
            job.Steps.Add(StepIds.Batch, new Step(StepIds.Batch, BatchStep) { Created = at, Shares = [job.Shares[0]] });
        WakeDependents(job);
    }

    /// <summary>Splits one unstarted task off its array.</summary>
    private Job TakeTask(JobAllocated record)
    {
        return TakeTask(JobOf(record.ArrayJobId), record.ArrayTask, record.JobId);
    }

    private Job TakeTask(Job array, uint task, uint jobId)
    {
        var book = arrays[array.Id];
        if (array.State != JobState.Pending || !array.Unstarted!.Remove(task))
            throw new InvalidOperationException($"task {task} of array {array.Id} was started although it was not waiting");
        book.TaskJobs.Add(task, jobId);
        book.Live++;
        if (jobId == array.Id)
        {
            array.ArrayJobId = array.Id;
            array.ArrayTask = task;
            array.Unstarted = null;
            return array;
        }
        var job = new Job(jobId, specs.Take(array.Asked))
        {
            ArrayJobId = array.Id, ArrayTask = task, Submitted = array.Submitted, Eligible = array.Eligible,
            NotBefore = array.NotBefore, Order = array.Order,
        };
        if (!jobs.TryAdd(job.Id, job)) throw new InvalidOperationException($"job id {job.Id} was given out twice");
        NextJobId = Math.Max(NextJobId, job.Id + 1);
        IndexUnfinished(job);
        return job;
    }

    private Arrays.ArrayBook? BookOf(Job job) => job.ArrayJobId is { } id ? arrays.GetValueOrDefault(id) : null;
}
