namespace Stint.Cli.Slurm.Format;

/// <summary>All fields of one listing, found by letter or by name.</summary>
public sealed class FieldTable<TRow>
{
    private readonly Field<TRow>?[] _byLetter = new Field<TRow>?[128];
    private readonly Dictionary<string, Field<TRow>> _byName = new(StringComparer.Ordinal);

    public FieldTable(IReadOnlyList<Field<TRow>> fields)
    {
        All = fields;
        foreach (var field in fields)
        {
            if (field.Letter != '\0') _byLetter[field.Letter] ??= field;
            foreach (string name in field.Names) _byName.TryAdd(Field<TRow>.Fold(name), field);
        }
    }

    public IReadOnlyList<Field<TRow>> All { get; }
    public Field<TRow>? Find(char letter) => letter < 128 ? _byLetter[letter] : null;
    public Field<TRow>? Find(ReadOnlySpan<char> name) => _byName.GetValueOrDefault(Field<TRow>.Fold(name));
}
