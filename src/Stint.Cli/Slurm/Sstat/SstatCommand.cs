using System.Globalization;
using System.Text;
using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sstat;

/// <summary><c>sstat -j</c>: what running steps use now, from their nodes.</summary>
public static class SstatCommand
{
    private static readonly OptionSpec[] Table =
    [
        new("allsteps", 'a', OptionArgument.None), new("format", 'o', OptionArgument.Required), new("fields", '\0', OptionArgument.Required, "format"),
        new("help", 'h', OptionArgument.None), new("helpformat", 'e', OptionArgument.None), new("jobs", 'j', OptionArgument.Required), new("noconvert", '\0', OptionArgument.None),
        new("noheader", 'n', OptionArgument.None), new("parsable", 'p', OptionArgument.None), new("parsable2", 'P', OptionArgument.None), new("usage", '\0', OptionArgument.None),
        new("verbose", 'v', OptionArgument.None), new("version", 'V', OptionArgument.None),
    ];

    private const string Usage = "Usage: sstat [options] -j <job(.stepid)>\n\tUse --help for help\n";

    private const string Help = """
        sstat [<OPTION>] -j <job(.stepid)>
            Valid <OPTION> values are:
              -a, --allsteps:    all running steps; without it a job's lowest, else its batch script
              -e, --helpformat:  names for --format
              -h, --help:        this text
              -j, --jobs:        jobs or steps: 12, 12.0, 12.batch, 7_3, comma separated
              -n, --noheader:    no heading
              -o, --format:      columns: "JobID,MaxRSS%20,AveCPU"
              -p, --parsable:    | between the columns and at the end
              -P, --parsable2:   | between the columns
              --usage:           a short text
              -V, --version:     the version

        """;

    public static async Task<int> RunAsync(CommandContext context)
    {
        var line = OptionParser.Parse(Table, context.Arguments, stopAtOperand: false);
        if (line.Error is not null) return Fail(context, line.Error);
        if (line.Has("help")) { context.Out.Write(Help); return 0; }
        if (line.Has("usage")) { context.Out.Write(Usage); return 0; }
        if (line.Has("version")) { context.Out.Write(SlurmVersion.Line + "\n"); return 0; }
        if (line.Has("helpformat")) { NameColumns.Write(context.Out, UsageFields.All.Select(f => f.Name)); return 0; }
        if (line.Value("jobs") is not { Length: > 0 } asked) return Fail(context, "You didn't give me any jobs to stat.");
        var columns = new List<(UsageField Field, int Width)>();
        foreach (var item in Lists.Split(line.Value("format") ?? context.Environment.GetValueOrDefault("SSTAT_FORMAT") ?? UsageFields.Default))
        {
            var (name, width) = item.Split('%', 2) is [var left, var right] ? (left, right) : (item, "");
            if (UsageFields.Find(name) is not { } field) { context.Error.WriteLine($"Invalid field requested: \"{Printable.Of(name)}\""); return 1; }
            columns.Add((field, int.TryParse(width, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int wide) && wide != 0 ? Math.Clamp(wide, -4096, 4096) : field.Width));
        }
        string? delimiter = line.Has("parsable") || line.Has("parsable2") ? "|" : null;
        bool atEnd = line.Options.FindLast(option => option.Id is "parsable" or "parsable2")?.Id == "parsable";
        try
        {
            if (!line.Has("noheader"))
            {
                Write(context.Out, columns, column => column.Field.Name, delimiter, atEnd);
                if (delimiter is null) Write(context.Out, columns, column => new string('-', Math.Abs(column.Width)), delimiter, atEnd);
            }
            int code = 0;
            foreach (var text in Lists.Split(asked)) code |= await StatAsync(context, text, line.Has("allsteps"), row => Write(context.Out, columns, column => column.Field.Value(row), delimiter, atEnd));
            return code;
        }
        catch (Exception e) when (e is ApiUnreachableException or ApiRefusedException)
        {
            context.Out.Flush();
            return Fail(context, $"error: {(e is ApiRefusedException refused ? refused.Refusal.Sentence : e.Message)}");
        }
    }

    private static async Task<int> StatAsync(CommandContext context, string text, bool all, Action<UsageRow> write)
    {
        if (!JobIdSpec.TryParse(text, out var spec, out var error)) return Fail(context, $"error: {error}");
        var whole = spec! with { Step = null };
        var jobs = await context.Api.GetAsync($"/api/v1/jobs?job={Uri.EscapeDataString(whole.ToString())}", ApiJson.Default.JobList, context.Cancellation);
        var rows = new List<UsageRow>();
        foreach (var job in jobs.Jobs)
        {
            if (job.State is not ("RUNNING" or "COMPLETING" or "SUSPENDED")) continue;
            var used = await context.Api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/v1/jobs/{job.JobId}/usage"), ApiJson.Default.UsageList, context.Cancellation);
            foreach (var silent in used.Silent) context.Error.WriteLine($"{context.Name}: error: node {Printable.Of(silent)} did not answer");
            rows.AddRange(Chosen(used, spec!.Step, all));
        }
        if (rows.Count == 0) return Fail(context, $"error: no steps running for job {Printable.Of(text)}");
        rows.ForEach(write);
        return 0;
    }

    /// <summary>The step that was named; all; or the lowest numbered one, and the batch script where there is no other.</summary>
    private static IEnumerable<UsageRow> Chosen(UsageList used, string? step, bool all)
    {
        var rows = used.Steps.GroupBy(s => s.StepId).Select(g => new UsageRow(g.Key, [.. g])).OrderBy(r => Rank(r.StepId)).ToList();
        if (step is not null) return rows.Where(r => r.StepId.EndsWith("." + step, StringComparison.Ordinal));
        return all ? rows : rows.Take(1);
    }

    private static ulong Rank(string stepId) =>
        ulong.TryParse(stepId.AsSpan(stepId.LastIndexOf('.') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : ulong.MaxValue;

    private static void Write(TextWriter output, List<(UsageField Field, int Width)> columns, Func<(UsageField Field, int Width), string> text, string? delimiter, bool atEnd)
    {
        var line = new StringBuilder();
        for (int i = 0; i < columns.Count; i++)
        {
            string value = text(columns[i]);
            if (delimiter is null)
            {
                int width = Math.Abs(columns[i].Width);
                if (value.Length > width) value = value[..(width - 1)] + "+";
                line.Append(columns[i].Width > 0 ? value.PadLeft(width) : value.PadRight(width)).Append(' ');
            }
            else
            {
                line.Append(value);
                if (i < columns.Count - 1 || atEnd) line.Append(delimiter);
            }
        }
        output.Write(line.Append('\n'));
    }

    private static int Fail(CommandContext context, string sentence)
    {
        context.Error.WriteLine($"{context.Name}: {Printable.Of(sentence)}");
        return 1;
    }
}
