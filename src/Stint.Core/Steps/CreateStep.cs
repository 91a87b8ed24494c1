using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Resources;

namespace Stint.Core;

public sealed partial class Cluster
{
    private const int StepsMax = 40_000;        // MaxStepCount

    private Decision DecideCreateStep(CreateStep command, Instant now)
    {
        if (!jobs.TryGetValue(command.JobId, out var job)) return UnknownJob(command.JobId);
        if (command.By.Uid != job.Spec.Uid)
            return Decision.No(RefusalCodes.AccessDenied,
                $"uid {command.By.Uid} may not start steps in job {job.Id}, which belongs to uid {job.Spec.Uid}");
        if (job.State == JobState.Pending) return Decision.No(RefusalCodes.JobPending, $"job {job.Id} is pending: it has no resources yet");
        if (job.IsOver) return AlreadyOver(job);
        if (job.State != JobState.Running)
            return Decision.No(RefusalCodes.JobNotRunning, $"job {job.Id} is {job.State}: it takes no more steps");
        if (job.NextStepId >= StepsMax)
            return Decision.No(RefusalCodes.InvalidRequest, $"job {job.Id} has had {StepsMax} steps, the limit");
        var spec = command.Spec;
        if (spec.Tasks > CountMax || spec.CpusPerTask > CountMax || spec.Nodes > CountMax)
            return Decision.No(RefusalCodes.InvalidRequest, $"a count of the step is over the limit of {CountMax}");
        if (spec.Name.Length > NameCharsMax)
            return Decision.No(RefusalCodes.InvalidRequest,
                $"the step name has {spec.Name.Length} characters; the limit is {NameCharsMax}");

        var (shares, refusal) = PlaceStep(job, spec);
        if (refusal is not null) return new Decision([], refusal, 0);
        var batch = new Batch(now);
        batch.Add(new StepCreated { JobId = job.Id, StepId = job.NextStepId, Spec = spec.Clone(), Shares = { shares } });
        return batch.Decision(job.NextStepId);
    }

    private void On(StepCreated record, Instant at)
    {
        var job = JobOf(record.JobId);
        job.Steps.Add(record.StepId, new Step(record.StepId, record.Spec) { Created = at, Shares = record.Shares });
        job.NextStepId = Math.Max(job.NextStepId, record.StepId + 1);
    }
}
