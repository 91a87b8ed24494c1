using System.Text.Json;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Squeue;

/// <summary><c>squeue --json</c> in the shape of data_parser v0.0.45: every key of it is there; what does not exist here has its empty value.</summary>
internal static class JobsJson
{
    public static void Write(CommandContext context, IEnumerable<JobView> jobs, long nowMs, string cluster)
    {
        var json = new SlurmJson();
        json.Document(context, cluster, "jobs", () =>
        {
            foreach (var job in jobs) Write(json, job, cluster);
        }, after: () =>
        {
            json.Number("last_backfill", 0);
            json.Number("last_update", nowMs / 1000);
        });
    }

    public static void Write(SlurmJson json, JobView job, string cluster)
    {
        json.Writer.WriteStartObject();
        Identity(json, job, cluster);
        Request(json, job);
        Times(json, job);
        json.Text("tres_req_str", Tres.Requested(job));
        json.Text("tres_alloc_str", Tres.IsAllocated(job) ? Tres.Allocated(job) : "");
        json.Text("user_name", job.User);
        json.Writer.WriteNumber("user_id", job.Uid);
        json.Text("current_working_directory", job.WorkDir);
        json.Texts("", "admin_comment", "batch_features", "burst_buffer", "burst_buffer_state", "cluster_features", "container", "container_id", "cpus_per_tres", "cron", "extra",
            "failed_node", "features", "federation_origin", "federation_siblings_active", "federation_siblings_viable", "het_job_id_set", "licenses", "licenses_allocated",
            "mcs_label", "memory_per_tres", "network", "prefer", "qos", "resv_name", "scheduled_nodes", "selinux_context", "system_comment", "tres_bind", "tres_freq",
            "tres_per_job", "tres_per_node", "tres_per_socket", "wckey");
        json.Writer.WriteEndObject();
    }

    private static void Identity(SlurmJson json, JobView job, string cluster)
    {
        json.Writer.WriteNumber("job_id", job.JobId);
        json.Text("name", job.Name);
        json.Text("account", job.Account ?? "");
        json.Text("cluster", cluster);
        json.Text("partition", job.Partition);
        json.Text("allocating_node", job.SubmitHost);
        json.Number("array_job_id", job.ArrayJobId ?? 0);
        json.Number("array_task_id", job.ArrayTaskId);
        json.Number("array_max_tasks", job.ArrayThrottle);
        json.Text("array_task_string", job.ArrayTasks ?? "");
        json.Strings("job_state", job.State);
        json.Text("state_reason", job.Reason);
        json.Text("state_description", job.ReasonDetail);
        json.Writer.WriteBoolean("hold", job.Reason is "JobHeldUser" or "JobHeldAdmin");
        json.Number("priority", job.Priority);
        json.Writer.WriteNumber("nice", job.Nice);
        json.Writer.WriteNumber("group_id", job.Gid);
        json.Text("group_name", job.Group);
        json.Text("nodes", job.NodeList);
        json.Text("batch_host", job.BatchHost);
        json.Writer.WriteBoolean("batch_flag", job.IsBatch);
        json.ExitCode("exit_code", job.ExitCode, job.Signal);
        json.ExitCode("derived_exit_code", 0, 0);
        json.Writer.WriteNumber("restart_cnt", job.Restarts);
        json.Writer.WriteBoolean("requeue", job.Requeue);
        json.Resources(job);
    }

    private static void Request(SlurmJson json, JobView job)
    {
        json.Number("cpus", job.Cpus);
        json.Number("cpus_per_task", Math.Max(1, job.CpusPerTask));
        json.Number("node_count", job.NodeCount > 0 ? job.NodeCount : job.NodesMin);
        json.Number("max_nodes", job.NodesMax);
        json.Number("max_cpus", 0);
        json.Number("tasks", job.Tasks);
        json.Number("tasks_per_node", job.TasksPerNode);
        json.Number("memory_per_cpu", job.MemoryPerCpuBytes is { } perCpu ? (long)(perCpu >> 20) : null);
        json.Number("memory_per_node", job.MemoryPerNodeBytes is { } perNode ? (long)(perNode >> 20) : null);
        json.Number("minimum_cpus_per_node", Math.Max(1, job.TasksPerNode) * Math.Max(1, job.CpusPerTask));
        json.Number("minimum_tmp_disk_per_node", 0);
        json.Number("billable_tres", job.Cpus);
        json.Text("required_nodes", job.RequestedNodes ?? "");
        json.Text("excluded_nodes", job.ExcludedNodes ?? "");
        json.Strings("shared", job.Exclusive ? ["none"] : []);
        json.Writer.WriteBoolean("contiguous", false);
        json.Writer.WriteBoolean("reboot", false);
        json.Text("dependency", job.Dependency ?? "");
        json.Text("comment", job.Comment);
        json.Text("command", job.Command);
        json.Text("submit_line", job.SubmitLine);
        json.Text("tres_per_task", job.CpusPerTask > 1 ? $"cpu={job.CpusPerTask}" : "");
        json.Text("standard_input", job.StdIn);
        json.Text("standard_output", job.StdOut);
        json.Text("standard_error", job.StdErr == job.StdOut ? "" : job.StdErr);
        json.Text("stdin_expanded", job.StdIn);
        json.Text("stdout_expanded", job.StdOut);
        json.Text("stderr_expanded", job.StdErr == job.StdOut ? "" : job.StdErr);
        json.Strings("flags");
        json.Strings("gres_detail");
        json.Strings("job_size_str");
        json.Strings("mail_type");
        json.Strings("priority_by_partition");
        json.Strings("profile", "NOT_SET");
        json.Text("mail_user", job.User);
        json.Number("cores_per_socket", null);
        json.Number("sockets_per_node", null);
        json.Number("threads_per_core", null);
        json.Number("het_job_id", 0);
        json.Number("het_job_offset", 0);
        json.Writer.WriteNumber("association_id", 0);
        json.Writer.WriteNumber("required_switches", 0);
        json.Writer.WriteNumber("sockets_per_board", 0);
    }

    private static void Times(SlurmJson json, JobView job)
    {
        bool pending = job.State == "PENDING";
        json.Number("submit_time", job.SubmitMs / 1000);
        json.Number("eligible_time", job.EligibleMs / 1000);
        json.Number("accrue_time", job.EligibleMs / 1000);
        json.Number("start_time", job.StartMs / 1000);
        json.Number("end_time", Clock.EndMs(job) / 1000);
        json.Number("last_sched_evaluation", (pending || job.StartMs == 0 ? job.SubmitMs : job.StartMs) / 1000);
        if (job.TimeLimitMs == 0) json.Infinite("time_limit");
        else json.Number("time_limit", job.TimeLimitMs / 60_000);
        foreach (string name in (ReadOnlySpan<string>)["time_minimum", "deadline", "delay_boot", "preempt_time", "preemptable_time", "pre_sus_time", "resize_time", "suspend_time"]) json.Number(name, 0);
    }
}
