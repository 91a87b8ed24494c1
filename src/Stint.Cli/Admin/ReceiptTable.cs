using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <summary>
/// The receipt of a step on one node: resource · requested · allocated · kernel file · written · read back · enforced. Where the lines
/// would be too wide the kernel's files stand on lines of their own.
/// </summary>
internal static class ReceiptTable
{
    private const int Indent = 2;
    private const int ValueMax = 20;

    public static void Write(CommandContext context, Palette palette, StepReceiptView receipt)
    {
        string where = receipt.Kernel.Length > 0 ? $" ({receipt.Kernel})" : "";
        context.Out.Write($"\n{palette.Paint($"Step {receipt.StepId}", Tone.Strong)} on {Slurm.Format.Printable.Of(receipt.Node + where)}{(receipt.State.Length > 0 ? ": " + palette.Paint(receipt.State, JobsVerb.ToneOf(receipt.State)) : "")}\n");
        if (receipt.Rows.Length > 0) Rows(context, palette, receipt);
        else context.Out.Write("  No receipt has arrived from the node.\n");
        Used(context, palette, receipt);
        foreach (string note in receipt.Notes) Prose.Write(context.Out, palette, context.Columns, "note", note, Tone.Quiet);
    }

    private static void Rows(CommandContext context, Palette palette, StepReceiptView receipt)
    {
        var wide = new TextTable(("RESOURCE", false), ("REQUESTED", false), ("ALLOCATED", false), ("KERNEL FILE", false), ("WRITTEN", true), ("READ BACK", true), ("ENFORCED", false));
        foreach (var row in receipt.Rows) wide.Add(row.Resource, Or(row.Requested), Or(row.Allocated), Or(row.File), Or(row.Written), Or(row.ReadBack), Verdict(row));
        if (wide.Width(Indent) <= context.Columns) { wide.Write(context.Out, palette, Indent); return; }
        var folded = new TextTable(("RESOURCE", false), ("REQUESTED", false), ("ALLOCATED", false), ("WRITTEN", true), ("READ BACK", true), ("ENFORCED", false));
        foreach (var row in receipt.Rows)
        {
            bool longWhy = row.WhyNot.Length > 0;
            Cell[] notes = [.. row.File.Length > 0 ? (Cell[])[new Cell(row.File, Tone.Quiet)] : [], .. Whole(context, row), .. longWhy ? Prose.Wrap(row.WhyNot, Math.Max(40, context.Columns - 4)).Select(line => new Cell(line, Tone.Bad)) : []];
            folded.AddWithNotes([row.Resource, Or(row.Requested), Or(row.Allocated), Short(row.Written), Short(row.ReadBack), row.Enforced ? new Cell("✓", Tone.Good) : new Cell("NOT", Tone.Bad)], notes);
        }
        folded.Write(context.Out, palette, Indent);
    }

    /// <summary>A value that is too long for its column is written out below.</summary>
    private static IEnumerable<Cell> Whole(CommandContext context, ReceiptRowView row)
    {
        if (row.Written.Length <= ValueMax && row.ReadBack.Length <= ValueMax) return [];
        string text = row.ReadBack == row.Written ? $"written and read back: {row.Written}" : $"written: {row.Written}; read back: {row.ReadBack}";
        return Prose.Wrap(text, Math.Max(40, context.Columns - 4)).Select(static line => new Cell(line, Tone.Quiet));
    }

    private static string Short(string text) => text.Length > ValueMax ? "below" : Or(text);

    private static void Used(CommandContext context, Palette palette, StepReceiptView receipt)
    {
        var used = new List<string>();
        if (receipt.PeakMemoryBytes > 0)
            used.Add($"memory {Quantity.Bytes(receipt.PeakMemoryBytes)} at its peak" + (receipt.MemoryLimitBytes > 0 ? $" of {Quantity.Bytes(receipt.MemoryLimitBytes)} ({100.0 * receipt.PeakMemoryBytes / receipt.MemoryLimitBytes:F0} %)" : ""));
        if (receipt.CpuUserUs + receipt.CpuSystemUs > 0) used.Add($"CPU {Seconds(receipt.CpuUserUs)} s user, {Seconds(receipt.CpuSystemUs)} s system");
        if (receipt.PidsPeak > 0) used.Add($"{Quantity.Count((long)receipt.PidsPeak, "process", "processes")} at once" + (receipt.PidsLimitHits > 0 ? $", refused {Quantity.Count((long)receipt.PidsLimitHits, "more", "more")}" : ""));
        if (used.Count > 0) Prose.Write(context.Out, palette, context.Columns, "used", string.Join("; ", used));
    }

    private static string Seconds(ulong microseconds) => (microseconds / 1e6).ToString("F2", System.Globalization.CultureInfo.InvariantCulture);
    private static string Or(string text) => text.Length > 0 ? text : "-";
    private static Cell Verdict(ReceiptRowView row) => row.Enforced ? new Cell("✓", Tone.Good) : new Cell(row.WhyNot.Length > 0 ? $"NOT: {row.WhyNot}" : "NOT", Tone.Bad);
}
