using System.Globalization;
using System.Text;
using Stint.Wording;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Protocol.Wording;

/// <summary>How a line or bar is meant; whoever writes to a terminal may colour it.</summary>
public enum LimitTone : byte { Plain, Heading, Good, Full, Over }

/// <summary>
/// The one text of a user's limits: <c>stint limits</c> prints all of it, the greeting at login its head, its bars and its messages, line by line the same.
/// Nothing that a user typed reaches a terminal unwashed.
/// </summary>
public static class LimitsText
{
    private const int BarWidth = 20, NameMax = 40;
    private static readonly (string Resource, LimitThing Thing)[] Things =
        [("cpus", LimitThing.Cpus), ("memory", LimitThing.Memory), ("gpus", LimitThing.Gpus), ("mig_instances", LimitThing.MigInstances), ("gpu_equivalents", LimitThing.GpuEquivalents), ("jobs", LimitThing.Jobs), ("pids", LimitThing.Processes), ("disk", LimitThing.Disk)];

    /// <summary>All of it.</summary>
    public static string Full(LimitsView view, TimeZoneInfo zone, Func<string, LimitTone, string>? paint = null)
    {
        var text = new StringBuilder();
        Head(text, view, paint);
        Bars(text, view, paint);
        Holders(text, view);
        Waiting(text, view);
        Notices(text, view, zone);
        return text.ToString();
    }

    /// <summary>For a login; empty when there is nothing to say: no tier and no message.</summary>
    public static string Greeting(LimitsView view, TimeZoneInfo zone)
    {
        if (view.Tier.Length == 0 && view.Notices.Length == 0) return "";
        var text = new StringBuilder();
        if (view.Tier.Length > 0)
        {
            Head(text, view, null);
            Bars(text, view, null);
        }
        var waiting = view.Waiting.Length + view.WaitingMore;
        if (waiting > 0) text.Append(CultureInfo.InvariantCulture, $"{LimitWords.Amount(LimitThing.Jobs, waiting)} waiting; check-limits says why\n");
        Notices(text, view, zone);
        return text.ToString();
    }

    private static void Head(StringBuilder text, LimitsView view, Func<string, LimitTone, string>? paint)
    {
        if (view.Tier.Length == 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"No tier limits {Clean(view.User)}.\n");
            return;
        }
        var head = $"Limits of {Clean(view.User)}: tier {view.Tier} ({From(view.TierFrom)})";
        var ask = view.Contact.Length > 0 ? Clean(view.Contact) : "your admin";
        text.Append(paint?.Invoke(head, LimitTone.Heading) ?? head).Append(CultureInfo.InvariantCulture, $"; a job over them {(view.OnLimit == "refuse" ? "is refused" : "waits")}; for more ask {ask}\n");
    }

    private static string From(string from) => from switch { "override" => "with numbers of your own", "user" => "by name", "default" => "the default", _ => from };

    private static void Bars(StringBuilder text, LimitsView view, Func<string, LimitTone, string>? paint)
    {
        foreach (var limit in view.Limits)
        {
            if (limit is { Limit: null, PerJob: null, Used: 0 }) continue;
            var thing = ThingOf(limit.Resource);
            text.Append("  ").Append(LimitWords.Name(thing).PadRight(16));
            var used = LimitWords.Bare(thing, Amount(thing, limit.Used));
            if (limit.Limit is { } most)
            {
                var bar = Bar(limit.Used, most);
                var tone = limit.Used > most ? LimitTone.Over : limit.Used == most ? LimitTone.Full : LimitTone.Good;
                text.Append(paint?.Invoke(bar, tone) ?? bar).Append("  ").Append($"{used} of {LimitWords.Bare(thing, Amount(thing, most))}".PadRight(20))
                    .Append("  ").Append($"{LimitWords.Bare(thing, Amount(thing, limit.Free ?? 0))} free".PadRight(12));
            }
            else text.Append($"{used}, no limit in all".PadRight(BarWidth + 38));
            if (limit.PerJob is { } perJob) text.Append("  ").Append(LimitWords.Bare(thing, Amount(thing, perJob))).Append(" per job");
            if (!limit.IsReserved) text.Append("  on each node");
            TrimEnd(text).Append('\n');
        }
    }

    private static void Holders(StringBuilder text, LimitsView view)
    {
        if (view.Jobs.Length > 0) text.Append("\nHeld by\n");
        foreach (var job in view.Jobs)
        {
            var parts = new List<string> { LimitWords.Amount(LimitThing.Cpus, job.Cpus), LimitWords.Amount(LimitThing.Memory, (long)(job.MemoryBytes >> 20)) };
            if (job.Gpus > 0) parts.Add(LimitWords.Amount(LimitThing.Gpus, job.Gpus));
            if (job.MigInstances > 0) parts.Add(LimitWords.Amount(LimitThing.MigInstances, job.MigInstances));
            text.Append(CultureInfo.InvariantCulture, $"  job {job.JobId} {Clean(job.Name)}: {string.Join(", ", parts)}; {job.State.ToLowerInvariant()} on {job.NodeList}\n");
        }
    }

    private static void Waiting(StringBuilder text, LimitsView view)
    {
        if (view.Waiting.Length > 0) text.Append("\nWaiting\n");
        foreach (var job in view.Waiting)
        {
            text.Append(CultureInfo.InvariantCulture, $"  job {job.JobId} {Clean(job.Name)}{(job.Tasks > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({job.Tasks} tasks)") : "")}: ");
            text.Append(job.Denial is null ? $"{job.Reason}{(job.Sentence.Length > 0 ? $": {Clean(job.Sentence, int.MaxValue)}" : "")}" : Denial(job.Sentence, job.Remedy)).Append('\n');
        }
        if (view.WaitingMore > 0) text.Append(CultureInfo.InvariantCulture, $"  and {LimitWords.Amount(LimitThing.Jobs, view.WaitingMore)} more\n");
    }

    private static void Notices(StringBuilder text, LimitsView view, TimeZoneInfo zone)
    {
        if (view.Notices.Length > 0) text.Append(text.Length > 0 ? "\nSince you last looked\n" : "Since you last looked\n");
        foreach (var notice in view.Notices)
            text.Append(CultureInfo.InvariantCulture, $"  {SlurmDate.Format(notice.AtMs, zone)} {Clean(notice.Sentence, 1_000)}\n");
    }

    /// <summary>A refusal in one line: <c>memory over your limit. You hold …. Cancel a job, … .</c></summary>
    public static string Denial(string sentence, string remedy) => remedy.Length > 0 ? $"{Clean(sentence, int.MaxValue)}. {Clean(remedy, int.MaxValue)}." : $"{Clean(sentence, int.MaxValue)}.";

    /// <summary>A limit of the model as its row names it: <c>96 GB</c>, <c>32 CPUs</c>.</summary>
    public static string AmountOf(string resource, long value)
    {
        var thing = ThingOf(resource);
        return LimitWords.Amount(thing, Amount(thing, value));
    }

    private static LimitThing ThingOf(string resource)
    {
        foreach (var (name, thing) in Things)
            if (name == resource) return thing;
        return LimitThing.Processes;
    }

    private static long Amount(LimitThing thing, long value) => thing is LimitThing.Memory or LimitThing.Disk ? value >> 20 : value;

    /// <summary>Something used shows, and full is only what is full.</summary>
    private static string Bar(long used, long most)
    {
        var full = most <= 0 || used >= most ? BarWidth : (int)Math.Clamp(Math.Round((double)used / most * BarWidth), used > 0 ? 1 : 0, BarWidth - 1);
        return $"[{new string('#', full)}{new string('-', BarWidth - full)}]";
    }

    private static StringBuilder TrimEnd(StringBuilder text)
    {
        while (text.Length > 0 && text[^1] == ' ') text.Length--;
        return text;
    }

    /// <summary>Control and direction marks of a job's name would forge lines in a terminal.</summary>
    private static string Clean(string text, int charsMax = NameMax)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= charsMax) return clean.Append('…').ToString();
            clean.Append(Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned || rune == Rune.ReplacementChar
                ? "?" : rune.ToString());
        }
        return clean.ToString();
    }
}
