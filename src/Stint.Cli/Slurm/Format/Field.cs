namespace Stint.Cli.Slurm.Format;

/// <summary>One thing a listing can print of a row: what <c>%letter</c> and <c>-O name</c> choose.</summary>
/// <param name="Letter">Of <c>-o</c>; NUL: only <c>-O</c> knows it.</param>
/// <param name="Names">Of <c>-O</c>, folded by <see cref="Fold"/>; the first is the canonical one.</param>
public sealed record Field<TRow>(char Letter, string Heading, Func<TRow, string> Value, params string[] Names)
{
    /// <summary>Orders rows by this field; null: by its text.</summary>
    public Comparison<TRow>? Order { get; init; }
    /// <summary>Slurm does not cut this field to its width when it is right justified.</summary>
    public bool WholeOnTheRight { get; init; }
    /// <summary>The same for the heading.</summary>
    public bool WholeHeadingOnTheRight { get; init; }

    public int Compare(TRow left, TRow right) => Order is null ? string.CompareOrdinal(Value(left), Value(right)) : Order(left, right);

    /// <summary><c>tres-alloc</c>, <c>exit_code</c> and <c>JobArrayID</c> are asked for in any case and with or without separators.</summary>
    public static string Fold(ReadOnlySpan<char> name)
    {
        var folded = new System.Text.StringBuilder(name.Length);
        foreach (char c in name)
            if (c is not ('-' or '_' or ' ')) folded.Append(char.ToLowerInvariant(c));
        return folded.ToString();
    }
}
