using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Cli.Systemd;
using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <summary><c>stint limits apply [--dry-run] [FILE]</c>, and what <c>scontrol reconfigure</c> does.</summary>
internal static class LimitsApply
{
    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        string word = context.Arguments[line.Operands[0]];
        if (word != "apply") return LimitsVerb.Complain(context, $"'{word}' is no word of it; `stint limits apply [FILE]` puts other tiers in force");
        if (line.Has("user")) return LimitsVerb.Complain(context, "--user does not go with apply");
        var request = new LimitsApplyRequest { DryRun = line.Has("dry-run") };
        if (line.Operands.Count > 1)
        {
            string file = context.Arguments[line.Operands[1]];
            if (await LimitsVerb.ReadAsync(context, file) is not { } yaml) return 1;
            request = request with { Yaml = yaml, File = Path.GetFullPath(file, context.WorkingDirectory) };
        }
        var slices = context.Uid == 0 && UserSlicesWork.AreInUse(UserSlices.Units) ? new UserSlices() : null;
        if (slices is not null) request = request with { LimitsOf = UserSlicesWork.Everybody(slices) };
        if (slices is not null && !request.DryRun && await ObjectionAsync(context, slices, request) is { } why)
        {
            context.Error.WriteLine($"stint: refused: drop-ins of user slices: {Printable.Of(why)}. Nothing was changed.");
            return 1;
        }
        var view = await SendAsync(context, request);
        if (line.Has("json")) JsonAnswer.Write(context, view);
        else Write(context, view);
        if (!Ok(view)) return 1;
        return slices is null ? 0 : UserSlicesWork.Carry(context, Plan(slices, view), request.DryRun, line.Has("json") ? context.Error : context.Out);
    }

    public static Task<LimitsChangeView> SendAsync(CommandContext context, LimitsApplyRequest request) =>
        context.Api.PostAsync("/api/v1/limits/apply", request, ApiJson.Default.LimitsApplyRequest, ApiJson.Default.LimitsChangeView, context.Cancellation);

    /// <summary>What of this host's drop-ins keeps the tiers from being changed; it is asked first, so that both change or neither.</summary>
    private static async Task<string?> ObjectionAsync(CommandContext context, UserSlices slices, LimitsApplyRequest request)
    {
        var view = await SendAsync(context, request with { DryRun = true });
        return Ok(view) ? UserSlicesWork.WhyNot(Plan(slices, view)) : null;
    }

    private static SlicesPlan Plan(UserSlices slices, LimitsChangeView view) => UserSlicesWork.Plan(slices, view.After, isAll: false);

    private static bool Ok(LimitsChangeView view) => view.Objections.Length == 0 && view.Receipts.All(receipt => receipt.WhyNot.Length == 0 || receipt.Rows.Length == 0 && view.Applied);

    private static void Write(CommandContext context, LimitsChangeView view)
    {
        var palette = Palette.Of(context);
        context.Out.Write($"{Printable.Of(view.File)}\n");
        foreach (var tier in view.Tiers)
        {
            context.Out.Write($"  {palette.Paint($"{tier.Change} {(tier.Tier == "default_tier" ? "" : "tier ")}{Printable.Of(tier.Tier)}", Tone.Strong)}\n");
            foreach (string one in tier.Lines) context.Out.Write($"    {Printable.Of(one)}\n");
        }
        if (view.Tiers.Length == 0) context.Out.Write("  no difference\n");
        foreach (var user in view.Users)
        {
            string move = user.TierBefore == user.TierAfter ? $"stays in tier {user.TierBefore}" : $"moves from {Named(user.TierBefore)} to {Named(user.TierAfter)}";
            context.Out.Write($"  {Printable.Of(user.User)}, with {(user.Jobs.Length == 1 ? "job" : "jobs")} {string.Join(", ", user.Jobs)}, {move}\n");
            foreach (string one in user.Lines) context.Out.Write($"    {Printable.Of(one)}\n");
        }
        foreach (string objection in view.Objections) context.Out.Write($"  {palette.Paint("refused", Tone.Bad)}: {Printable.Of(objection)}\n");
        WriteReceipts(context, palette, view);
        foreach (string note in view.Notes) context.Out.Write($"  note: {Printable.Of(note)}\n");
        context.Out.Write(view.Objections.Length > 0 ? "Nothing was changed.\n" : view.DryRun ? "Nothing stands in the way; nothing was changed (--dry-run).\n" : "In force.\n");
    }

    private static void WriteReceipts(CommandContext context, Palette palette, LimitsChangeView view)
    {
        if (view.Receipts.Length == 0) return;
        var table = new TextTable(("NODE", false), ("USER", false), ("LIMIT", false), ("WRITTEN", true), ("READ BACK", true), ("FILE", false));
        foreach (var receipt in view.Receipts)
        {
            foreach (var row in receipt.Rows)
                table.Add(receipt.Node, Printable.Of(receipt.User), row.Resource, row.Enforced ? row.Written : new Cell($"NOT: {row.WhyNot}", Tone.Warn), row.ReadBack, row.File);
            if (receipt.WhyNot.Length > 0) table.Add(receipt.Node, Printable.Of(receipt.User), new Cell(receipt.WhyNot, Tone.Bad), "", "", "");
        }
        table.Write(context.Out, palette, indent: 2);
    }

    private static string Named(string tier) => tier.Length > 0 ? $"tier {tier}" : "no tier";
}
