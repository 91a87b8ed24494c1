using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Options;

/// <summary>Where an option was said; a later one overrides an earlier one.</summary>
public enum OptionSource : byte { None, Script, Environment, CommandLine }

/// <summary>What sbatch, srun and salloc were asked for: the options after precedence, in the units of the API.</summary>
public sealed partial class LaunchOptions(LaunchCommand command, DateTimeOffset now, TimeZoneInfo zone)
{
    public LaunchCommand Command { get; } = command;
    public string? JobName { get; private set; }
    public string? Partition { get; private set; }
    public string? Account { get; private set; }
    public string Comment { get; private set; } = "";
    public uint? NodesMin { get; private set; }
    public uint? NodesMax { get; private set; }
    public uint? Tasks { get; private set; }
    public uint? TasksPerNode { get; private set; }
    public uint? CpusPerTask { get; private set; }
    public ulong? MemoryPerNodeBytes { get; private set; }
    public ulong? MemoryPerCpuBytes { get; private set; }
    public long? TimeLimitMs { get; private set; }
    public long BeginMs { get; private set; }
    public bool Held { get; private set; }
    public string? Array { get; private set; }
    public string? Dependency { get; private set; }
    public bool? Requeue { get; private set; }
    public int Nice { get; private set; }
    public string? Signal { get; private set; }
    public bool Exclusive { get; private set; }
    public string? NodeList { get; private set; }
    public string? Exclude { get; private set; }
    public string? Chdir { get; private set; }
    public string? StdOut { get; private set; }
    public string? StdErr { get; private set; }
    public string? StdIn { get; private set; }
    public bool AppendOutput { get; private set; }
    public string? Export { get; private set; }
    public string Propagate { get; private set; } = "ALL";
    public string? Wrap { get; private set; }
    public bool Parsable { get; private set; }
    public bool Wait { get; private set; }
    public bool TestOnly { get; private set; }
    public bool Quiet { get; private set; }
    public int Verbose { get; private set; }
    public bool Label { get; private set; }
    public bool Unbuffered { get; private set; }
    public bool Pty { get; private set; }
    public bool Overlap { get; private set; }
    public bool Exact { get; private set; }
    public bool NoShell { get; private set; }
    /// <summary>What a command of salloc is sent when its allocation is gone.</summary>
    public int? KillCommand { get; private set; }
    public bool Overcommit { get; private set; }
    public uint? Relative { get; private set; }
    public string? CpuBind { get; private set; }
    public string? MemBind { get; private set; }
    public string? Hint { get; private set; }
    public bool DisableStatus { get; private set; }
    public bool QuitOnInterrupt { get; private set; }
    public uint? JobId { get; private set; }
    /// <summary>srun: the components of the heterogeneous job that the program runs on, ascending; null: not said.</summary>
    public IReadOnlyList<int>? HetGroups { get; private set; }
    /// <summary>Seconds after which a job that has not started is given up; null: never.</summary>
    public int? ImmediateSeconds { get; private set; }
    /// <summary>Everything about nodes and policy, in the API's own words; what has a property here is not set in it.</summary>
    public SubmitRequest Request { get; private set; } = new();

    /// <summary>Accepted without effect, to be told to the user: <c>--mail-type has no effect: …</c>.</summary>
    public List<string> Notes { get; } = [];
    /// <summary>What was said, for <c>-v</c>.</summary>
    public List<GivenOption> Said { get; } = [];

    /// <summary>On the command line, not by a variable.</summary>
    public bool IsTyped(string id) => Said.Exists(option => option.Id == id && option.Spelling.StartsWith('-'));

    private OptionSource _memorySource;

    /// <summary>Takes one option over.</summary>
    /// <returns>null, or the sentence of the refusal, without the program's name.</returns>
    public string? Set(GivenOption option, OptionSource source)
    {
        string value = option.Value ?? "";
        string? error = SetResource(option.Id, option.Value, source, out bool known);
        if (!known) error = SetGpu(option.Id, value, source, out known);
        if (!known) error = SetNode(option.Id, option.Value, out known);
        if (!known) error = SetPolicy(option.Id, option.Value, out known);
        if (!known) error = SetJob(option.Id, option.Value, out known);
        if (!known) error = SetFile(option.Id, value, out known);
        if (!known) error = SetStep(option.Id, option.Value, out known);
        if (!known) error = SetWithoutEffect(option, out known);
        if (!known) return $"{option.Spelling} is not supported yet by this version of Stint";
        if (error is null && option.Id is not ("quiet" or "verbose")) Said.Add(option);
        return error;
    }

    /// <summary>Options that belong together; called when all sources are in.</summary>
    public string? Check() =>
        Count(MemoryPerNodeBytes, MemoryPerCpuBytes, Request.MemoryPerGpuBytes) > 1 ? "--mem, --mem-per-cpu, and --mem-per-gpu are mutually exclusive."
        : CheckTogether() is { } together ? together
        : Pty && (StdOut ?? StdErr ?? StdIn) is not null ? "--error/--input/--output incompatible with --pty"
        : null;

    /// <summary>Slurm leaves with 1 where a number cannot be read, and where its controller would have been the one to refuse; with 255 (-1) elsewhere.</summary>
    internal static bool IsExitOne(string error) =>
        error.StartsWith("Invalid numeric value", StringComparison.Ordinal) || error.StartsWith("Invalid generic resource", StringComparison.Ordinal)
        || error.StartsWith("Bad rlimit name", StringComparison.Ordinal) || error.StartsWith("unrecognized --hint", StringComparison.Ordinal)
        || error.StartsWith(SubmissionFailed, StringComparison.Ordinal) || error.StartsWith(AllocationFailed, StringComparison.Ordinal);

    private const string SubmissionFailed = "Batch job submission failed: ", AllocationFailed = "Unable to allocate resources: ";

    /// <summary>What Slurm finds out in its controller only, in those words, and what exactly it is.</summary>
    private string Refused(string slurm, string detail) => $"{(Command == LaunchCommand.Sbatch ? SubmissionFailed : AllocationFailed)}{slurm}\n{detail}";

    private static string Invalid(string id) => $"Invalid --{id} specification";

    private static bool Count(string value, out uint count) => uint.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out count)
        && count is > 0 and <= int.MaxValue;

    private string? SetMemory(string id, string value, OptionSource source)
    {
        if (!MemorySize.TryParse(value, out ulong bytes, out _)) return Invalid(id);
        // The stronger source decides between the two kinds; said twice at one place they contradict each other.
        if (source > _memorySource)
        {
            (MemoryPerNodeBytes, MemoryPerCpuBytes) = (null, null);
            Request = Request with { MemoryPerGpuBytes = null };
        }
        _memorySource = source;
        if (id == "mem") MemoryPerNodeBytes = bytes;
        else if (id == "mem-per-gpu") Request = Request with { MemoryPerGpuBytes = bytes };
        else MemoryPerCpuBytes = bytes;
        return null;
    }

    private static int Count(params ReadOnlySpan<ulong?> values)
    {
        int given = 0;
        foreach (var value in values)
            if (value is not null) given++;
        return given;
    }

    private string? SetNodes(string value)
    {
        int dash = value.IndexOf('-');
        string low = dash < 0 ? value : value[..dash], high = dash < 0 ? value : value[(dash + 1)..];
        if (value == "0") return Refused("Node count specification invalid", "0 is no number of nodes; ask for at least 1");
        if (!NodeCount(low, out uint min) || !NodeCount(high, out uint max)) return $"\"{value}\" is not a valid node count";
        if (max < min) return $"Maximum node count {max} is less than minimum node count {min}";
        (NodesMin, NodesMax) = (min, max);
        return null;
    }

    /// <summary>Slurm multiplies by 1024 for k and by its square for m.</summary>
    private static bool NodeCount(string text, out uint count)
    {
        uint factor = text.Length == 0 ? 1u : text[^1] switch { 'k' or 'K' => 1024, 'm' or 'M' => 1024 * 1024, _ => 1 };
        if (!Count(factor > 1 ? text[..^1] : text, out count) || count > int.MaxValue / factor) return false;
        count *= factor;
        return true;
    }
}
