namespace Stint.Cli.Slurm.Sinfo;

/// <summary>A node's state as the API tells it (<c>MIXED+DRAIN*</c>) in the words of sinfo.</summary>
public readonly record struct NodeState(string Base, bool Drain, bool Silent, string Flag)
{
    public static NodeState Parse(string text)
    {
        bool silent = text.EndsWith('*');
        string[] parts = text.TrimEnd('*').Split('+');
        // Of several flags sinfo shows the strongest.
        string flag = Array.Find(Strongest, name => Array.IndexOf(parts, name) > 0) ?? parts.Skip(1).FirstOrDefault(part => part is not ("DRAIN" or "NOT_RESPONDING")) ?? "";
        return new NodeState(parts[0], parts.Contains("DRAIN"), silent || parts.Contains("NOT_RESPONDING"), flag);
    }

    private static readonly string[] Strongest = ["MAINTENANCE", "MAINT", "FAIL", "COMPLETING", "RESERVED", "PLANNED"];

    private bool Busy => Base is "ALLOCATED" or "MIXED" || Flag == "COMPLETING";

    /// <summary><c>draining</c> while jobs run there, <c>drained</c> after; <c>*</c>: it does not answer.</summary>
    public string Long => (Drain ? Busy ? "draining" : "drained" : Flag.Length > 0 && Base != "DOWN" ? Flag switch { "MAINTENANCE" => "maint", "FAIL" when Busy => "failing", _ => Flag.ToLowerInvariant() } : Base.ToLowerInvariant()) + (Silent ? "*" : "");

    public string Compact => (Drain ? Busy ? "drng" : "drain" : (Base == "DOWN" ? "" : Flag) switch
    {
        "COMPLETING" => "comp", "PLANNED" => "plnd", "MAINTENANCE" or "MAINT" => "maint", "RESERVED" => "resv", "FAIL" => Busy ? "failg" : "fail", _ => Base switch
        {
            "ALLOCATED" => "alloc", "MIXED" => "mix", "UNKNOWN" => "unk", "FUTURE" => "futr", "ERROR" => "error", _ => Base.ToLowerInvariant(),
        },
    }) + (Silent ? "*" : "");

    /// <summary>Base and every flag: <c>allocated+drain+not_responding</c>.</summary>
    public string Complete => Base.ToLowerInvariant() + (Drain ? "+drain" : "") + (Flag.Length > 0 ? "+" + Flag.ToLowerInvariant() : "") + (Silent ? "+not_responding" : "");

    /// <summary>Slurm's number of the state, by which it sorts: flags weigh more than the base.</summary>
    public int Rank => (Base switch { "DOWN" => 1, "IDLE" => 2, "ALLOCATED" => 3, "ERROR" => 4, "MIXED" => 5, "FUTURE" => 6, _ => 0 })
        + (Drain ? 0x200 : 0) + (Flag == "COMPLETING" ? 0x400 : 0) + (Silent ? 0x800 : 0);

    /// <summary>How <c>A/I/O/T</c> counts the node: a draining one still counts as allocated.</summary>
    public NodeUse Use => Base is "DOWN" or "ERROR" or "FUTURE" ? NodeUse.Other : Busy ? NodeUse.Allocated : Drain ? NodeUse.Other : NodeUse.Idle;

    /// <summary>Names for <c>-t</c>; null: not one of them.</summary>
    public static Func<NodeState, bool>? Filter(string name) => name.ToLowerInvariant() switch
    {
        "all" => _ => true,
        "alloc" or "allocated" => state => state.Base == "ALLOCATED",
        "comp" or "completing" => state => state.Flag == "COMPLETING",
        "down" => state => state.Base == "DOWN",
        "drain" => state => state.Drain,
        "drained" => state => state.Drain && !state.Busy,
        "drng" or "draining" => state => state.Drain && state.Busy,
        "err" or "error" => state => state.Base == "ERROR",
        "fail" or "failg" or "failing" => state => state.Flag == "FAIL",
        "futr" or "future" => state => state.Base == "FUTURE",
        "idle" => state => state.Base == "IDLE" && !state.Drain,
        "maint" => state => state.Flag is "MAINT" or "MAINTENANCE",
        "mix" or "mixed" => state => state.Base == "MIXED",
        "no_respond" or "noresp" or "not_responding" => state => state.Silent,
        "planned" or "plnd" => state => state.Flag == "PLANNED",
        "resv" or "reserved" => state => state.Flag == "RESERVED",
        "unk" or "unknown" => state => state.Base == "UNKNOWN",
        "npc" or "perfctrs" or "cloud" or "power_down" or "power_up" or "powered_down" or "powering_down" or "powering_up" or "reboot" or "reboot^" or "inval" or "blocked" => _ => false,
        _ => null,
    };

    public const string Names = "unknown,down,idle,allocated,error,mixed,future,drain,drained,draining,no_respond,reserved,planned,perfctrs,cloud,completing,powering_down,powered_down,power_down,powering_up,fail,maint,reboot,reboot^";
}

public enum NodeUse : byte { Allocated, Idle, Other }
