using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Agents;
using Stint.Server.Engine;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs/cancel: ends jobs, array tasks or steps, or only sends them a signal.</summary>
internal static class Cancel
{
    private const int SigKill = 9;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine, AgentDirectory agents) =>
        routes.MapPost($"{Endpoints.Root}/jobs/cancel", context => HandleAsync(context, engine, agents))
            .Describe("cancelJobs", "Cancels or signals jobs").Takes<JobSelection>().Gives<SelectionResult>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine, AgentDirectory agents)
    {
        if (await Selection.ReadAsync(context) is not { } selection) return;
        var asked = selection.Asked;
        await selection.AnswerAsync(context, engine, (batch, target, actor) =>
            target.Id?.Step is { } step ? SignalEach(target, actor, StepNumber(step), asked.Signal == 0 ? SigKill : asked.Signal, asked, agents)
            : asked.Signal is 0 || (asked.Signal == SigKill && !asked.BatchOnly && !asked.Full) ? End(batch, target, actor)
            : SignalEach(target, actor, null, asked.Signal, asked, agents));
    }

    private static Refusal? End(Batch batch, Target target, Actor actor)
    {
        IReadOnlyList<Core.Journal.ArrayRange>? tasks = target.Id?.Tasks is { } ranges ? Ranges(ranges) : null;
        var jobId = tasks is null || target.Id is null ? target.Job!.Id : target.Id.JobId;
        return batch.Decide(new CancelJob(jobId, tasks, actor)).Refusal;
    }

    /// <summary>A signal is an effect only; a node that is away misses it, as a process that is not there would.</summary>
    private static Refusal? SignalEach(Target target, Actor actor, uint? stepId, int signal, JobSelection asked, AgentDirectory agents)
    {
        foreach (var job in target.Each)
        {
            if (!actor.IsOperator && actor.Uid != job.Spec.Uid) return new Refusal(RefusalCodes.AccessDenied, "Access/permission denied");
            if (job.State == JobState.Pending)
            {
                if (target.Each.Count > 1) continue;
                return new Refusal(RefusalCodes.JobPending, $"job {job.Id} is pending: there is nothing to signal");
            }
            if (job.IsOver)
            {
                if (target.Each.Count > 1) continue;
                return new Refusal(RefusalCodes.AlreadyDone, $"job {job.Id} is over");
            }
            if (stepId is { } id && (!job.Steps.TryGetValue(id, out var step) || step.IsOver) && !(id == StepIds.Batch && job.Spec.IsBatch))
                return new Refusal(RefusalCodes.InvalidJobId, $"job {job.Id} has no running step of that number");
            foreach (var share in job.Shares)
            {
                var order = new SignalStep { JobId = job.Id, Signal = signal, BatchOnly = asked.BatchOnly, Full = asked.Full };
                if (stepId is { } only) order.StepId = only;
                agents.Find(share.Node)?.Send(new ToAgent { SignalStep = order });
            }
        }
        return null;
    }

    private static uint StepNumber(string step) => step switch
    {
        "batch" => StepIds.Batch,
        "extern" => StepIds.Extern,
        _ => uint.TryParse(step, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : uint.MaxValue,
    };

    internal static IReadOnlyList<Core.Journal.ArrayRange> Ranges(IReadOnlyList<Protocol.Slurm.ArrayRange> ranges)
    {
        var records = new Core.Journal.ArrayRange[ranges.Count];
        for (var i = 0; i < records.Length; i++) records[i] = new Core.Journal.ArrayRange { First = ranges[i].First, Last = ranges[i].Last, Step = ranges[i].Step };
        return records;
    }
}
