using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Sacct;

/// <summary><c>sacct --json</c> in the shape of data_parser v0.0.45 as far as the history has it: jobs with state, times, resources and steps.</summary>
internal sealed class HistoryJson
{
    private readonly List<(JobView Job, Clock Clock)> _jobs = [];

    public void Add(JobView job, Clock clock) => _jobs.Add((job, clock));

    public void Write(CommandContext context, string cluster)
    {
        var json = new SlurmJson();
        json.Document(context, cluster, "jobs", () =>
        {
            foreach (var (job, clock) in _jobs) Job(json, job, clock, cluster);
        });
    }

    private static void Job(SlurmJson json, JobView job, Clock clock, string cluster)
    {
        var row = new HistoryRow(job, null, clock, cluster);
        var writer = json.Writer;
        writer.WriteStartObject();
        writer.WriteNumber("job_id", job.JobId);
        json.Text("name", job.Name);
        json.Text("cluster", cluster);
        json.Text("account", job.Account ?? "");
        json.Text("user", job.User);
        json.Text("group", job.Group);
        json.Text("partition", job.Partition);
        json.Text("nodes", row.NodeList);
        json.Text("working_directory", job.WorkDir);
        json.Text("submit_line", job.SubmitLine);
        json.Text("stdout", job.StdOut);
        json.Text("stderr", job.StdErr);
        json.Text("stdin", job.StdIn);
        writer.WriteNumber("allocation_nodes", row.Nodes);
        writer.WriteNumber("restart_cnt", job.Restarts);
        json.Number("priority", job.Priority);
        json.Text("kill_request_user", job.CancelledBy is { } by ? UserLookup.NameOf(by) ?? by.ToString(System.Globalization.CultureInfo.InvariantCulture) : "");
        writer.WriteStartObject("array");
        writer.WriteNumber("job_id", job.ArrayJobId ?? 0);
        json.Number("task_id", job.ArrayTaskId);
        json.Text("task", job.ArrayTasks ?? "");
        writer.WriteEndObject();
        json.ExitCode("exit_code", job.ExitCode, job.Signal);
        json.ExitCode("derived_exit_code", 0, 0);
        State(json, job.State, job.Reason);
        Time(json, row, job.SubmitMs, job.EligibleMs, job.StartMs, JobStates.IsEnded(job.State) ? job.EndMs : 0, job.TimeLimitMs);
        Required(json, job);
        Resources(json, row);
        writer.WriteStartArray("steps");
        foreach (var step in job.Steps) Step(json, new HistoryRow(job, step, clock, cluster), step);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Step(SlurmJson json, HistoryRow row, StepView step)
    {
        json.Writer.WriteStartObject();
        json.Writer.WriteStartObject("step");
        json.Text("id", row.RawId);
        json.Text("name", step.Name);
        json.Writer.WriteEndObject();
        json.Strings("state", step.State);
        json.ExitCode("exit_code", step.ExitCode, step.Signal);
        json.Writer.WriteStartObject("nodes");
        json.Writer.WriteNumber("count", step.Nodes);
        json.Text("range", step.NodeList);
        json.Writer.WriteEndObject();
        json.Writer.WriteStartObject("tasks");
        json.Writer.WriteNumber("count", step.Tasks);
        json.Writer.WriteEndObject();
        Time(json, row, step.StartMs, step.StartMs, step.StartMs, JobStates.IsEnded(step.State) ? step.EndMs : 0, 0);
        json.Writer.WriteStartObject("statistics");
        json.Writer.WriteNumber("peak_memory_bytes", step.PeakMemoryBytes);
        json.Writer.WriteEndObject();
        Resources(json, row);
        json.Writer.WriteEndObject();
    }

    private static void State(SlurmJson json, string state, string reason)
    {
        json.Writer.WriteStartObject("state");
        json.Strings("current", state);
        json.Text("reason", reason);
        json.Writer.WriteEndObject();
    }

    private static void Time(SlurmJson json, HistoryRow row, long submitMs, long eligibleMs, long startMs, long endMs, long limitMs)
    {
        json.Writer.WriteStartObject("time");
        json.Writer.WriteNumber("elapsed", row.ElapsedMs / 1000);
        json.Writer.WriteNumber("submission", submitMs / 1000);
        json.Writer.WriteNumber("eligible", eligibleMs / 1000);
        json.Writer.WriteNumber("start", startMs / 1000);
        json.Writer.WriteNumber("end", endMs / 1000);
        if (limitMs == 0) json.Infinite("limit"); else json.Number("limit", limitMs / 60_000);
        Cpu(json, "system", row.CpuUs.System);
        Cpu(json, "user", row.CpuUs.User);
        Cpu(json, "total", row.CpuUs.User + row.CpuUs.System);
        json.Writer.WriteEndObject();
    }

    private static void Cpu(SlurmJson json, string name, ulong microseconds)
    {
        json.Writer.WriteStartObject(name);
        json.Writer.WriteNumber("seconds", microseconds / 1_000_000);
        json.Writer.WriteNumber("microseconds", microseconds % 1_000_000);
        json.Writer.WriteEndObject();
    }

    private static void Required(SlurmJson json, JobView job)
    {
        json.Writer.WriteStartObject("required");
        json.Writer.WriteNumber("CPUs", job.Cpus);
        json.Number("memory_per_cpu", job.MemoryPerCpuBytes is { } perCpu ? (long)(perCpu >> 20) : null);
        json.Number("memory_per_node", job.MemoryPerNodeBytes is { } perNode ? (long)(perNode >> 20) : null);
        json.Writer.WriteEndObject();
    }

    private static void Resources(SlurmJson json, HistoryRow row)
    {
        json.Writer.WriteStartObject("tres");
        json.Text("allocated", row.AllocatedTres);
        json.Text("requested", row.RequestedTres);
        json.Writer.WriteEndObject();
    }
}
