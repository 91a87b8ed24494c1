namespace Stint.Protocol.Slurm;

/// <summary>What a task is bound to whole ones of.</summary>
public enum BindUnit { None, Threads, Cores, Sockets, Domains }

/// <summary>How the CPUs of a task are found. Auto: laid out over the step's CPUs.</summary>
public enum BindMode { Auto, None, Rank, Map, Mask, DomainRank, DomainMap, DomainMask }

/// <summary><c>--cpu-bind</c> of srun(1), read once for the client (which refuses what is malformed) and the agent (which does it).</summary>
/// <param name="Verbose">Null: neither verbose nor quiet was said.</param>
/// <param name="List">Of a map or mask, as typed; else empty.</param>
public sealed record CpuBind(bool? Verbose, BindUnit Unit, BindMode Mode, string List)
{
    public static readonly CpuBind Unsaid = new(null, BindUnit.None, BindMode.Auto, "");

    /// <summary>Tasks stay on one hardware thread of each core.</summary>
    public bool OneThread { get; init; }

    public bool IsUnsaid => Unit == BindUnit.None && Mode == BindMode.Auto;

    /// <param name="error">Slurm's sentence where it has one.</param>
    public static bool TryParse(string text, out CpuBind bind, out string error)
    {
        bind = Unsaid;
        error = "";
        foreach (string token in Tokens(text))
        {
            int colon = token.IndexOfAny([':', '=']);
            string name = (colon < 0 ? token : token[..colon]).ToLowerInvariant(), list = colon < 0 ? "" : token[(colon + 1)..];
            CpuBind? next = name switch
            {
                "verbose" or "v" => bind with { Verbose = true },
                "quiet" or "q" => bind with { Verbose = false },
                "one_thread" => bind with { OneThread = true },
                "no" or "none" => bind with { Mode = BindMode.None, List = "" },
                "rank" => bind with { Mode = BindMode.Rank, List = "" },
                "rank_ldom" => bind with { Mode = BindMode.DomainRank, List = "" },
                "map_cpu" or "mapcpu" => bind with { Mode = BindMode.Map, List = list },
                "mask_cpu" or "maskcpu" => bind with { Mode = BindMode.Mask, List = list },
                "map_ldom" or "mapldom" => bind with { Mode = BindMode.DomainMap, List = list },
                "mask_ldom" or "maskldom" => bind with { Mode = BindMode.DomainMask, List = list },
                "socket" or "sockets" => Whole(bind, BindUnit.Sockets),
                "core" or "cores" => Whole(bind, BindUnit.Cores),
                "thread" or "threads" => Whole(bind, BindUnit.Threads),
                "ldom" or "ldoms" => Whole(bind, BindUnit.Domains),
                _ => null,
            };
            if (next is null)
            {
                error = $"unrecognized --cpu-bind argument \"{(token.Length > 64 ? token[..64] : token)}\"";
                return false;
            }
            bind = next;
            if (NeedsList(bind.Mode) && bind.List.Length == 0)
            {
                error = $"missing list for \"--cpu-bind={name}:<list>\"";
                return false;
            }
        }
        string wrong = "";
        bool fine = bind.Mode switch
        {
            BindMode.Map or BindMode.DomainMap => BindList.TryNumbers(bind.List, out _, out wrong),
            BindMode.Mask or BindMode.DomainMask => BindList.TryMasks(bind.List, out _, out wrong),
            _ => true,
        };
        if (!fine) error = $"Invalid --cpu-bind specification: {wrong}";
        return fine;
    }

    /// <summary>
    /// What other options say about binding, where this one says nothing (srun(1), --hint, --threads-per-core, --ntasks-per-core, --ntasks-per-socket).
    /// </summary>
    /// <param name="threadsPerCore">0: not asked for; changed by a hint.</param>
    public CpuBind Settled(string? hint, uint tasksPerCore, uint tasksPerSocket, ref uint threadsPerCore)
    {
        var bind = this;
        if (bind.IsUnsaid && threadsPerCore > 0) bind = bind with { Unit = BindUnit.Threads };
        else if (bind.IsUnsaid)
        {
            foreach (string word in (hint ?? "").ToLowerInvariant().Split(','))
            {
                (var unit, uint threads) = word switch
                {
                    "compute_bound" or "memory_bound" => (BindUnit.Cores, 1u), "multithread" => (BindUnit.Threads, 0u), "nomultithread" => (BindUnit.Threads, 1u),
                    _ => (bind.Unit, threadsPerCore),
                };
                bind = bind with { Unit = unit };
                threadsPerCore = threads;
            }
        }
        if (bind.Unit != BindUnit.None) return bind;
        return tasksPerCore > 0 ? bind with { Unit = BindUnit.Cores } : tasksPerSocket > 0 ? bind with { Unit = BindUnit.Sockets } : bind;
    }

    /// <summary>As SLURM_CPU_BIND_TYPE has it: <c>cores,map_cpu:</c></summary>
    public string TypeText(bool forMasks = false)
    {
        string unit = Unit switch { BindUnit.Threads => "threads", BindUnit.Cores => "cores", BindUnit.Sockets => "sockets", BindUnit.Domains => "ldoms", _ => "" };
        string mode = forMasks ? "mask_cpu:" : Mode switch
        {
            BindMode.None => "none", BindMode.Rank => "rank", BindMode.DomainRank => "rank_ldom", BindMode.Map => "map_cpu:", BindMode.Mask => "mask_cpu:",
            BindMode.DomainMap => "map_ldom:", BindMode.DomainMask => "mask_ldom:", _ => "",
        };
        return unit.Length > 0 && mode.Length > 0 ? $"{unit},{mode}" : unit + mode;
    }

    /// <summary>As typed, in one spelling.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (Verbose is { } verbose) parts.Add(verbose ? "verbose" : "quiet");
        if (OneThread) parts.Add("one_thread");
        if (TypeText() is { Length: > 0 } type) parts.Add(type + List);
        return string.Join(',', parts);
    }

    private static bool NeedsList(BindMode mode) => mode is BindMode.Map or BindMode.Mask or BindMode.DomainMap or BindMode.DomainMask;

    /// <summary>A unit after a mode takes its place, as a mode after a unit does not.</summary>
    private static CpuBind Whole(CpuBind bind, BindUnit unit) => bind with { Unit = unit, Mode = BindMode.Auto, List = "" };

    /// <summary>A comma before a digit, or within a list, belongs to the list.</summary>
    private static IEnumerable<string> Tokens(string text)
    {
        int begin = 0;
        for (int at = 0; at <= text.Length; at++)
        {
            if (at < text.Length && (text[at] != ',' || InList(text, begin, at))) continue;
            if (at > begin) yield return text[begin..at];
            begin = at + 1;
        }
    }

    private static bool InList(string text, int begin, int comma)
    {
        bool hasList = text.AsSpan(begin, comma - begin).ContainsAny(':', '=');
        if (!hasList || comma + 1 >= text.Length) return hasList;
        int end = text.AsSpan(comma + 1).IndexOf(',') is var next and >= 0 ? comma + 1 + next : text.Length;
        var item = text.AsSpan(comma + 1, end - comma - 1);
        return item.Length > 0 && (char.IsAsciiDigit(item[0]) || !item.ContainsAnyExcept("0123456789abcdefABCDEFx*"));
    }
}
