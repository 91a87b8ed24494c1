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
        Policy(json, job);
        json.Texts("", "batch_features", "burst_buffer", "burst_buffer_state", "cluster_features", "container", "container_id", "cron", "extra",
            "failed_node", "federation_origin", "federation_siblings_active", "federation_siblings_viable", "het_job_id_set",
            "mcs_label", "network", "selinux_context", "system_comment", "tres_freq");
        json.Writer.WriteEndObject();
    }

    private static void Policy(SlurmJson json, JobView job)
    {
        json.Text("admin_comment", job.AdminComment);
        json.Text("cpus_per_tres", job.CpusPerGpu > 0 ? $"gres/gpu:{job.CpusPerGpu}" : "");
        json.Text("features", job.Constraint ?? "");
        json.Text("prefer", job.Prefer ?? "");
        json.Text("licenses", job.Licenses ?? "");
        json.Text("licenses_allocated", job.LicensesAllocated ?? "");
        json.Text("memory_per_tres", job.MemoryPerGpuBytes is { } perGpu ? $"gres/gpu:{perGpu >> 20}" : "");
        json.Text("qos", job.Qos ?? "");
        json.Text("resv_name", job.Reservation ?? "");
        json.Text("scheduled_nodes", job.State == "PENDING" ? job.PlannedNodes : "");
        json.Text("tres_bind", job.GpuBind is { Length: > 0 } bind ? $"gres/gpu:{bind}" : "");
        json.Text("tres_per_job", job.TresPerJob ?? "");
        json.Text("tres_per_node", job.TresPerNode ?? "");
        json.Text("tres_per_socket", job.TresPerSocket ?? "");
        json.Text("wckey", job.Wckey ?? "");
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
        json.Number("minimum_tmp_disk_per_node", (long)(job.DiskBytes >> 20));
        json.Number("billable_tres", job.Billing > 0 ? (long)job.Billing : job.Cpus);
        json.Text("required_nodes", job.RequestedNodes ?? "");
        json.Text("excluded_nodes", job.ExcludedNodes ?? "");
        json.Strings("shared", job.Exclusive ? ["none"] : job.OverSubscribe == "USER" ? ["user"] : job.OverSubscribe == "TOPO" ? ["topo"] : job.OverSubscribe == "YES" ? ["oversubscribe"] : []);
        json.Writer.WriteBoolean("contiguous", job.Contiguous);
        json.Writer.WriteBoolean("reboot", job.Reboot);
        json.Text("dependency", job.Dependency ?? "");
        json.Text("comment", job.Comment);
        json.Text("command", job.Command);
        json.Text("submit_line", job.SubmitLine);
        json.Text("tres_per_task", Tres.PerTask(job));
        json.Text("standard_input", job.StdIn);
        json.Text("standard_output", job.StdOut);
        json.Text("standard_error", job.StdErr == job.StdOut ? "" : job.StdErr);
        json.Text("stdin_expanded", job.StdIn);
        json.Text("stdout_expanded", job.StdOut);
        json.Text("stderr_expanded", job.StdErr == job.StdOut ? "" : job.StdErr);
        json.Strings("flags");
        json.Strings("gres_detail", [.. job.Shares.Where(share => share.Gres.Length > 0).Select(share => share.Gres)]);
        json.Strings("job_size_str");
        json.Strings("mail_type", job.MailType.Split(',', StringSplitOptions.RemoveEmptyEntries));
        json.Strings("priority_by_partition");
        json.Strings("profile", "NOT_SET");
        json.Text("mail_user", job.MailUser.Length > 0 ? job.MailUser : job.User);
        json.Number("cores_per_socket", job.CoresPerSocket == 0 ? null : job.CoresPerSocket);
        json.Number("sockets_per_node", job.SocketsPerNode == 0 ? null : job.SocketsPerNode);
        json.Number("threads_per_core", job.ThreadsPerCore == 0 ? null : job.ThreadsPerCore);
        json.Number("het_job_id", job.HetJobId);
        json.Number("het_job_offset", job.HetOffset);
        json.Writer.WriteNumber("association_id", 0);
        json.Writer.WriteNumber("required_switches", job.SwitchesMax);
        json.Writer.WriteNumber("sockets_per_board", 0);
    }

    private static void Times(SlurmJson json, JobView job)
    {
        bool pending = job.State == "PENDING";
        json.Number("submit_time", job.SubmitMs / 1000);
        json.Number("eligible_time", job.EligibleMs / 1000);
        json.Number("accrue_time", job.EligibleMs / 1000);
        json.Number("start_time", (pending && job.StartMs == 0 ? job.PlannedStartMs : job.StartMs) / 1000);
        json.Number("end_time", Clock.EndMs(job) / 1000);
        json.Number("last_sched_evaluation", (pending || job.StartMs == 0 ? job.SubmitMs : job.StartMs) / 1000);
        if (job.TimeLimitMs == 0) json.Infinite("time_limit");
        else json.Number("time_limit", job.TimeLimitMs / 60_000);
        json.Number("time_minimum", job.TimeMinMs / 60_000);
        json.Number("deadline", job.DeadlineMs / 1000);
        json.Number("suspend_time", job.SuspendedAtMs / 1000);
        foreach (string name in (ReadOnlySpan<string>)["delay_boot", "preempt_time", "preemptable_time", "pre_sus_time", "resize_time"]) json.Number(name, 0);
    }
}
