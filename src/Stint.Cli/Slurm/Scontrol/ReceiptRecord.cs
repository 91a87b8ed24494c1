using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary>
/// The receipt of a step in <c>scontrol -d show job</c>, after Slurm's own detail lines: <c>Key=value</c> words like theirs, so that a
/// parser meets keys it does not know and no line it cannot read. A reason with blanks stands last on its line.
/// </summary>
internal static class ReceiptRecord
{
    public static void Append(RecordText record, StepReceiptView receipt)
    {
        int enforced = receipt.Rows.Count(row => row.Enforced);
        record.Inner($"Receipt={receipt.StepId} ReceiptNode={receipt.Node} Kernel={Word(receipt.Kernel)} Enforced={enforced}/{receipt.Rows.Length} Group={receipt.Group}");
        foreach (var row in receipt.Rows)
            record.Inner($"Limit={Word(row.Resource)} Requested={Word(row.Requested)} Allocated={Word(row.Allocated)} File={Word(row.File)} Written={Word(row.Written)} ReadBack={Word(row.ReadBack)} Enforced={(row.Enforced ? "YES" : "NO")}{(row.WhyNot.Length > 0 ? $" WhyNot={row.WhyNot}" : "")}");
    }

    private static string Word(string text) => text.Length == 0 ? "(null)" : text.Replace(' ', '_');
}
