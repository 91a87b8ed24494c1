using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show step [id]</c>: lines and order of 26.05.</summary>
internal static class ShowStep
{
    public static async Task<int> RunAsync(CommandContext context, ShowStyle style, string? id)
    {
        JobIdSpec? wanted = null;
        if (id is not null && !JobIdSpec.TryParse(id, out wanted, out _))
        {
            context.Error.WriteLine("scontrol_print_step error: Invalid job id specified");
            return 1;
        }
        var query = new Query("/api/v1/jobs").Add("job", wanted is null ? null : (wanted with { Step = null }).ToString()).Add("steps", "true");
        var list = await context.Api.GetAsync(query.ToString(), ApiJson.Default.JobList, context.Cancellation);
        var clock = new Clock(list.NowMs, context.Time.LocalTimeZone);
        int shown = 0;
        foreach (var job in list.Jobs.OrderBy(job => job.JobId))
        {
            foreach (var step in job.Steps)
            {
                if (JobStates.IsEnded(step.State) || (wanted?.Step is { } name && !step.StepId.EndsWith("." + name, StringComparison.Ordinal))) continue;
                Record(job, step, clock).Write(context.Out, style.OneLine);
                shown++;
            }
        }
        if (shown > 0) return 0;
        if (wanted is null) { context.Out.Write("No job steps in the system\n"); return 0; }
        context.Error.WriteLine(list.Jobs.Length == 0 ? "slurm_get_job_steps error: Invalid job id specified"
            : wanted.Step is null ? $"No job steps found for job {id}" : $"Job step {id} not found");
        return list.Jobs.Length > 0 && wanted.Step is null ? 0 : 1;
    }

    private static RecordText Record(JobView job, StepView step, Clock clock)
    {
        bool batch = step.StepId.EndsWith(".batch", StringComparison.Ordinal);
        return new RecordText().Line($"StepId={step.StepId} UserId={job.Uid} StartTime={clock.At(step.StartMs, "Unknown")} TimeLimit=UNLIMITED")
            .Line($"State={step.State} Partition={job.Partition} NodeList={step.NodeList}")
            .Line($"Nodes={step.Nodes} CPUs={(batch ? 0 : step.Cpus)} Tasks={step.Tasks} Name={step.Name} Network=(null)")
            .Line(batch ? "TRES=(null)" : $"TRES={Tres.Accounting(step.Cpus, step.MemoryBytes, step.Nodes, null, step.GresAllocated)}")
            .Line("ResvPorts=(null)")
            .Line(batch ? "CPUFreqReq=Default" : "CPUFreqReq=Default Dist=Block")
            .Line("SrunHost:Pid=(null):0");
    }
}
