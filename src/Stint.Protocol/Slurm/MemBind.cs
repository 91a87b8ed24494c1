namespace Stint.Protocol.Slurm;

public enum MemBindMode { Unsaid, None, Local, Rank, Map, Mask }

/// <summary><c>--mem-bind</c> of srun(1): which NUMA nodes a task's memory comes from.</summary>
/// <param name="Prefer">Others are used when those are full.</param>
public sealed record MemBind(bool? Verbose, MemBindMode Mode, string List, bool Prefer, bool Sort)
{
    public static readonly MemBind Unsaid = new(null, MemBindMode.Unsaid, "", false, false);

    public static bool TryParse(string text, out MemBind bind, out string error)
    {
        bind = Unsaid;
        error = "";
        foreach (string token in Tokens(text))
        {
            int colon = token.IndexOfAny([':', '=']);
            string name = (colon < 0 ? token : token[..colon]).ToLowerInvariant(), list = colon < 0 ? "" : token[(colon + 1)..];
            switch (name)
            {
                case "verbose" or "v": bind = bind with { Verbose = true }; break;
                case "quiet" or "q": bind = bind with { Verbose = false }; break;
                case "p" or "prefer": bind = bind with { Prefer = true }; break;
                case "sort": bind = bind with { Sort = true }; break;
                case "nosort": bind = bind with { Sort = false }; break;
                case "no" or "none": bind = bind with { Mode = MemBindMode.None, List = "" }; break;
                case "local": bind = bind with { Mode = MemBindMode.Local, List = "" }; break;
                case "rank": bind = bind with { Mode = MemBindMode.Rank, List = "" }; break;
                case "map_mem" or "mapmem": bind = bind with { Mode = MemBindMode.Map, List = list }; break;
                case "mask_mem" or "maskmem": bind = bind with { Mode = MemBindMode.Mask, List = list }; break;
                default:
                    error = $"unrecognized --mem-bind argument \"{(token.Length > 64 ? token[..64] : token)}\"";
                    return false;
            }
            if (bind.Mode is MemBindMode.Map or MemBindMode.Mask && bind.List.Length == 0)
            {
                error = $"missing list for \"--mem-bind={name}:<list>\"";
                return false;
            }
        }
        string wrong = "";
        bool fine = bind.Mode switch
        {
            MemBindMode.Map => BindList.TryNumbers(bind.List, out _, out wrong),
            MemBindMode.Mask => BindList.TryMasks(bind.List, out _, out wrong),
            _ => true,
        };
        if (!fine) error = $"Invalid --mem-bind specification: {wrong}";
        return fine;
    }

    /// <summary>As SLURM_MEM_BIND_TYPE has it.</summary>
    public string TypeText => Mode switch
    {
        MemBindMode.None => "none", MemBindMode.Local => "local", MemBindMode.Rank => "rank", MemBindMode.Map => "map_mem:", MemBindMode.Mask => "mask_mem:", _ => "",
    };

    private static IEnumerable<string> Tokens(string text)
    {
        int begin = 0;
        for (int at = 0; at <= text.Length; at++)
        {
            bool isList = at < text.Length && text[at] == ',' && at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]) && text.AsSpan(begin, at - begin).ContainsAny(':', '=');
            if (at < text.Length && (text[at] != ',' || isList)) continue;
            if (at > begin) yield return text[begin..at];
            begin = at + 1;
        }
    }
}
