namespace Stint.Protocol.Api;

/// <summary>
/// GET /api/v1/limits?user=NAME (others: operators only): what a user may hold, holds, waits for, and should know. The one model of <c>stint limits</c>,
/// the greeting at login and the web page.
/// </summary>
public sealed record LimitsView
{
    public long NowMs { get; init; }
    public string User { get; init; } = "";
    public uint Uid { get; init; }
    /// <summary>Empty: none, nothing is limited.</summary>
    public string Tier { get; init; } = "";
    /// <summary>Why this tier: <c>override</c>, <c>user</c>, <c>group NAME</c>, <c>default</c>; empty without one.</summary>
    public string TierFrom { get; init; } = "";
    /// <summary><c>wait</c> or <c>refuse</c>: what becomes of a job over a limit.</summary>
    public string OnLimit { get; init; } = "wait";
    /// <summary>Whom to ask; empty: the admin.</summary>
    public string Contact { get; init; } = "";
    public LimitView[] Limits { get; init; } = [];
    /// <summary>Jobs that hold resources, by id.</summary>
    public LimitJobView[] Jobs { get; init; } = [];
    public LimitWaitingView[] Waiting { get; init; } = [];
    /// <summary>Jobs that wait beyond those listed.</summary>
    public int WaitingMore { get; init; }
    /// <summary>What happened to jobs and was not looked at yet, oldest first.</summary>
    public LimitNoticeView[] Notices { get; init; } = [];
}

/// <summary>One resource: <c>cpus</c>, <c>memory</c> (bytes), <c>gpus</c>, <c>mig_instances</c>, <c>gpu_equivalents</c> (in 2,800ths of a GPU), <c>jobs</c>, <c>pids</c>, <c>disk</c> (bytes).</summary>
public sealed record LimitView
{
    public string Resource { get; init; } = "";
    /// <summary>Of all jobs together; null: no limit.</summary>
    public long? Limit { get; init; }
    /// <summary>Of one job; null: no limit.</summary>
    public long? PerJob { get; init; }
    /// <summary>Of memory: above it the kernel reclaims and slows down; null: there is none.</summary>
    public long? Soft { get; init; }
    /// <summary>Reserved for jobs that hold resources. Of pids and disk: on the node where it is most, as of its last report.</summary>
    public long Used { get; init; }
    /// <summary>What is left of <see cref="Limit"/>; null: no limit.</summary>
    public long? Free { get; init; }
    /// <summary>false: the scheduler keeps no account of it, the kernel alone bounds it, on each node.</summary>
    public bool IsReserved { get; init; } = true;
}

public sealed record LimitJobView
{
    public uint JobId { get; init; }
    public string Name { get; init; } = "";
    public string State { get; init; } = "";
    public string NodeList { get; init; } = "";
    public long Cpus { get; init; }
    public ulong MemoryBytes { get; init; }
    public long Gpus { get; init; }
    public long MigInstances { get; init; }
}

public sealed record LimitWaitingView
{
    public uint JobId { get; init; }
    public string Name { get; init; } = "";
    /// <summary>Tasks of an array that wait; 1 for a job.</summary>
    public int Tasks { get; init; } = 1;
    public string Reason { get; init; } = "";
    public string Sentence { get; init; } = "";
    /// <summary>Of a limit of the tier: what to do; else empty.</summary>
    public string Remedy { get; init; } = "";
    public LimitDenialView? Denial { get; init; }
}

/// <summary>The numbers behind a denial; memory in bytes.</summary>
/// <param name="Layer"><c>job</c>: the limit of one job. <c>user</c>: of all jobs together.</param>
/// <param name="Jobs">That hold it; the first few of many.</param>
public sealed record LimitDenialView(string Resource, string Tier, string Layer, long Limit, long Held, int HeldJobs, uint[] Jobs, long Request);

/// <param name="Kind">The job's state, or <c>OOM_SURVIVED</c>.</param>
public sealed record LimitNoticeView(long AtMs, uint JobId, string Kind, string Sentence);

/// <summary>POST /api/v1/limits/apply (operators only).</summary>
public sealed record LimitsApplyRequest
{
    /// <summary>Null: the server's own files are read again.</summary>
    public byte[]? Yaml { get; set; }
    /// <summary>Of the file, for error messages.</summary>
    public string File { get; set; } = "";
    public bool DryRun { get; set; }
    /// <summary>Login names whose limits under the new tiers are wanted in the answer, at most 10,000; those that the server's machine does not know are left out there.</summary>
    public string[] LimitsOf { get; set; } = [];
}

/// <summary>What other tiers change, for whom, and what the kernels of the nodes answered.</summary>
public sealed record LimitsChangeView
{
    public bool DryRun { get; init; }
    /// <summary>It is in force, and in the journal.</summary>
    public bool Applied { get; init; }
    /// <summary>The file that the tiers come from.</summary>
    public string File { get; init; } = "";
    public TierChangeView[] Tiers { get; init; } = [];
    public UserChangeView[] Users { get; init; } = [];
    /// <summary>Why it was not, or would not be, applied.</summary>
    public string[] Objections { get; init; } = [];
    public LevelReceiptView[] Receipts { get; init; } = [];
    public string[] Notes { get; init; } = [];
    /// <summary>Of the users that were asked for: name, uid, tier and limits with the new tiers in force.</summary>
    public LimitsView[] After { get; init; } = [];
}

/// <param name="Change"><c>added</c>, <c>removed</c>, <c>changed</c>.</param>
/// <param name="Lines"><c>user memory: 96 GB → 128 GB</c></param>
public sealed record TierChangeView(string Tier, string Change, string[] Lines);

/// <summary>A user with jobs whose limits change.</summary>
public sealed record UserChangeView(string User, uint Uid, string TierBefore, string TierAfter, string[] Lines, uint[] Jobs);

/// <summary>What a node's kernel was told for one user, and what it answered.</summary>
/// <param name="WhyNot">Empty: it holds.</param>
public sealed record LevelReceiptView(string Node, string User, ReceiptRowView[] Rows, string WhyNot);

/// <summary>POST /api/v1/limits/seen: the caller has seen the notices up to that moment.</summary>
public sealed record NoticesSeenRequest
{
    public long UpToMs { get; set; }
}
