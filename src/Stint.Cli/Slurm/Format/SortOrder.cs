namespace Stint.Cli.Slurm.Format;

/// <summary><c>-S</c> of squeue and sinfo: <c>P,t,-p</c>: letters of <c>-o</c>, <c>-</c> for falling; <c>#</c> (as the server orders) is taken for rising.</summary>
public static class SortOrder
{
    /// <summary>Sorts in place and keeps the order of equal rows.</summary>
    /// <param name="unknown">The first letter that no field has.</param>
    public static bool TrySort<TRow>(List<TRow> rows, string specification, FieldTable<TRow> fields, out char unknown)
    {
        unknown = '\0';
        var keys = new List<(Field<TRow> Field, bool Falling)>();
        bool falling = false;
        foreach (char c in specification)
        {
            if (c is '+' or ',' or '#' or ' ') { if (c is '+' or ',') falling = false; continue; }
            if (c == '-') { falling = true; continue; }
            if (fields.Find(c) is not { } field) { unknown = c; return false; }
            keys.Add((field, falling));
            falling = false;
        }
        if (keys.Count == 0) return true;
        var sorted = rows.Select((row, index) => (row, index)).ToArray();
        Array.Sort(sorted, (left, right) =>
        {
            foreach (var (field, down) in keys)
            {
                int order = field.Compare(left.row, right.row);
                if (order != 0) return down ? -order : order;
            }
            return left.index.CompareTo(right.index);
        });
        for (int i = 0; i < sorted.Length; i++) rows[i] = sorted[i].row;
        return true;
    }
}
