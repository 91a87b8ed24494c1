using Stint.Cli.Client;
using Stint.Cli.Files;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;
using Stint.Protocol.Wording;

namespace Stint.Cli.Admin;

/// <summary><c>stint limits</c> (also <c>check-limits</c>): what the caller may hold, holds, and waits for. <c>stint limits apply</c>: other tiers.</summary>
internal static class LimitsVerb
{
    private const int FileMaxBytes = 1 << 20;

    public static readonly Verb Verb = new("limits", "[apply [FILE]]", "what you may hold, hold and wait for; apply: other tiers",
        [new("user", 'u', "NAME", "of another user (operators)"), new("dry-run", '\0', "", "apply: check and show the difference, change nothing"), VerbOption.Json], 0, 2, RunAsync)
    {
        Details = """
            check-limits is the same command. With apply the server reads its own files again (limits.yaml, else stint.yaml), or takes FILE, which holds
            tiers, default_tier and tier_overrides, and keeps it as limits.yaml. Whatever stands in the way (a mistake in the file, a limit below what
            somebody holds, a tier that goes while it is in use) leaves everything as it was. docs/limits.md says more.
            Exit codes: 0 done, 1 refused.
            """,
        Examples = ["stint limits", "stint limits --user alice --json", "stint limits apply --dry-run tiers.yaml"],
    };

    /// <summary>Under the name check-limits.</summary>
    public static Task<int> CheckLimitsAsync(CommandContext context) => Verb.RunAsync(context);

    private static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        if (line.Operands.Count > 0) return await LimitsApply.RunAsync(context, line);
        if (line.Has("dry-run")) return Complain(context, "--dry-run goes with apply");
        string? user = line.Value("user");
        var view = await context.Api.GetAsync(new Query("/api/v1/limits").Add("user", user).ToString(), ApiJson.Default.LimitsView, context.Cancellation);
        if (line.Has("json")) return JsonAnswer.Write(context, view);
        var palette = Palette.Of(context);
        context.Out.Write(LimitsText.Full(view, context.Time.LocalTimeZone, (text, tone) => palette.Paint(text, ToneOf(tone))));
        if (view.Notices.Length > 0 && view.Uid == context.Uid)
        {
            // Only what was really printed is seen.
            context.Out.Flush();
            var seen = new NoticesSeenRequest { UpToMs = view.Notices[^1].AtMs };
            await context.Api.PostAsync("/api/v1/limits/seen", seen, ApiJson.Default.NoticesSeenRequest, ApiJson.Default.SelectionResult, context.Cancellation);
        }
        return 0;
    }

    private static Tone ToneOf(LimitTone tone) => tone switch { LimitTone.Heading => Tone.Strong, LimitTone.Good => Tone.Good, LimitTone.Full => Tone.Warn, LimitTone.Over => Tone.Bad, _ => Tone.Plain };

    public static int Complain(CommandContext context, string what)
    {
        context.Error.WriteLine($"stint limits: {Printable.Of(what)}");
        return 1;
    }

    /// <summary>With the caller's rights; null: the caller has been told.</summary>
    public static async Task<byte[]?> ReadAsync(CommandContext context, string path)
    {
        try
        {
            using var file = context.Files.OpenRead(path);
            using var content = new MemoryStream();
            var buffer = new byte[16 << 10];
            for (int read; (read = await file.ReadAsync(buffer, context.Cancellation)) > 0;)
            {
                content.Write(buffer, 0, read);
                if (content.Length > FileMaxBytes) { Complain(context, $"{path}: more than the {FileMaxBytes} bytes that a configuration may have"); return null; }
            }
            return content.ToArray();
        }
        catch (IOException e)
        {
            Complain(context, $"{path}: {e.Message}");
            return null;
        }
    }
}
