using System.Globalization;
using System.Text;

namespace Stint.Cli.Options;

/// <summary>The environment a job takes along: what <c>--export</c> lets through of the caller's bytes, and the SLURM_* variables known at submission.</summary>
internal static class JobEnvironment
{
    /// <summary>NAME=value, separated by NUL. Without <c>--export</c> everything goes; NONE keeps SLURM_* only; a list keeps those and SLURM_*.</summary>
    /// <param name="insideJob">The caller runs in a job, whose SLURM_* variables stand.</param>
    public static byte[] Build(CommandContext context, LaunchOptions options, string workDir, bool insideJob = false)
    {
        var set = new Dictionary<string, string>(StringComparer.Ordinal);
        var kept = Selection(options.Export, set);
        if (!insideJob) AddKnown(context, options, workDir, set);
        var block = new MemoryStream(context.EnvironmentBlock.Length + 512);
        var rest = context.EnvironmentBlock.Span;
        while (rest.Length > 0)
        {
            int end = rest.IndexOf((byte)0);
            var entry = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            int equals = entry.IndexOf((byte)'=');
            if (equals <= 0) continue;
            string name = Encoding.UTF8.GetString(entry[..equals]);
            if (set.ContainsKey(name) || (kept is not null && !kept.Contains(name) && !IsSlurms(name))) continue;
            block.Write(entry);
            block.WriteByte(0);
        }
        foreach (var (name, value) in set)
        {
            block.Write(Encoding.UTF8.GetBytes($"{name}={value}"));
            block.WriteByte(0);
        }
        return block.ToArray();
    }

    private static bool IsSlurms(string name) => name.StartsWith("SLURM_", StringComparison.Ordinal) || name.StartsWith("SPANK_", StringComparison.Ordinal);

    /// <returns>Names that pass; null: all.</returns>
    private static HashSet<string>? Selection(string? export, Dictionary<string, string> set)
    {
        if (export is null) return null;
        HashSet<string>? kept = new(StringComparer.Ordinal);
        foreach (string item in SplitList(export))
        {
            int equals = item.IndexOf('=');
            if (equals > 0) set[item[..equals]] = item[(equals + 1)..];
            else if (item.Equals("ALL", StringComparison.OrdinalIgnoreCase)) kept = null;
            else if (item.Equals("NIL", StringComparison.OrdinalIgnoreCase) || item.Equals("NONE", StringComparison.OrdinalIgnoreCase)) continue;
            else kept?.Add(item);
        }
        if (!export.Equals("ALL", StringComparison.OrdinalIgnoreCase)) set["SLURM_EXPORT_ENV"] = export;
        return kept;
    }

    /// <summary>Commas separate, except inside single or double quotes of a value, which are taken off.</summary>
    private static List<string> SplitList(string text)
    {
        var items = new List<string>();
        var item = new StringBuilder();
        char quote = '\0';
        foreach (char c in text)
        {
            if (quote != '\0' ? c == quote : c is '"' or '\'') quote = quote == '\0' ? c : '\0';
            else if (c == ',' && quote == '\0')
            {
                if (item.Length > 0) items.Add(item.ToString());
                item.Clear();
            }
            else item.Append(c);
        }
        if (item.Length > 0) items.Add(item.ToString());
        return items;
    }

    private static void AddKnown(CommandContext context, LaunchOptions options, string workDir, Dictionary<string, string> set)
    {
        set["SLURM_SUBMIT_DIR"] = context.WorkingDirectory;
        set["SLURM_SUBMIT_HOST"] = Native.Libc.HostName();
        set["SLURM_PRIO_PROCESS"] = "0";
        set["SLURM_UMASK"] = "0" + Convert.ToString(context.Umask, 8).PadLeft(3, '0');
        if (options.JobName is { } name) set["SLURM_JOB_NAME"] = name;
        if (options.Tasks is { } tasks) { set["SLURM_NTASKS"] = Text(tasks); set["SLURM_NPROCS"] = Text(tasks); }
        if (options.TasksPerNode is { } perNode) set["SLURM_NTASKS_PER_NODE"] = Text(perNode);
        if (options.CpusPerTask is { } cpus) set["SLURM_CPUS_PER_TASK"] = Text(cpus);
        if (options.MemoryPerNodeBytes is { } node) set["SLURM_MEM_PER_NODE"] = Text(node >> 20);
        if (options.MemoryPerCpuBytes is { } cpu) set["SLURM_MEM_PER_CPU"] = Text(cpu >> 20);
        if (workDir != context.WorkingDirectory) set["PWD"] = workDir;
    }

    private static string Text(ulong number) => number.ToString(CultureInfo.InvariantCulture);
}
