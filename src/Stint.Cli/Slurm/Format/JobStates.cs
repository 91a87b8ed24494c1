namespace Stint.Cli.Slurm.Format;

/// <summary>Slurm's job states: name, two-letter code, and the number that orders them.</summary>
public static class JobStates
{
    private static readonly (string Name, string Code)[] Table =
    [
        ("PENDING", "PD"), ("RUNNING", "R"), ("SUSPENDED", "S"), ("COMPLETED", "CD"), ("CANCELLED", "CA"), ("FAILED", "F"), ("TIMEOUT", "TO"),
        ("NODE_FAIL", "NF"), ("PREEMPTED", "PR"), ("BOOT_FAIL", "BF"), ("DEADLINE", "DL"), ("OUT_OF_MEMORY", "OOM"), ("COMPLETING", "CG"),
        ("CONFIGURING", "CF"), ("RESIZING", "RS"), ("RESV_DEL_HOLD", "RD"), ("REQUEUED", "RQ"), ("REQUEUE_FED", "RF"), ("REQUEUE_HOLD", "RH"),
        ("REVOKED", "RV"), ("SIGNALING", "SI"), ("SPECIAL_EXIT", "SE"), ("STAGE_OUT", "SO"), ("STOPPED", "ST"),
    ];

    /// <summary>What squeue lists when nobody says otherwise.</summary>
    public static readonly string[] Live = ["PENDING", "RUNNING", "SUSPENDED", "COMPLETING", "CONFIGURING", "RESIZING", "REQUEUED", "SIGNALING", "STAGE_OUT", "STOPPED"];

    public static string Names => string.Join(',', Table.Select(state => state.Name));
    public static string Code(string name) => Row(name) is var at and >= 0 ? Table[at].Code : "?";
    public static int Rank(string name) => Row(name) is var at and >= 0 ? at : Table.Length;

    /// <summary>A name or a code in any case; <c>CANCELED</c> too.</summary>
    public static bool TryParse(string text, out string name)
    {
        name = "";
        foreach (var (full, code) in Table)
            if (text.Equals(full, StringComparison.OrdinalIgnoreCase) || text.Equals(code, StringComparison.OrdinalIgnoreCase)) name = full;
        if (text.Equals("CANCELED", StringComparison.OrdinalIgnoreCase)) name = "CANCELLED";
        return name.Length > 0;
    }

    public static bool IsEnded(string name) => Rank(name) is >= 3 and <= 11;
    private static int Row(string name) => Array.FindIndex(Table, state => state.Name == name);
}
