namespace Stint.Cli.Options;

public enum OptionArgument : byte { None, Required, Optional }

/// <summary>One option of a command. Two rows with the same <see cref="Id"/> are spellings of one option.</summary>
/// <param name="Short">'\0': none.</param>
/// <param name="Id">What the command switches on; by default the long name.</param>
public sealed record OptionSpec(string Name, char Short, OptionArgument Argument, string Id)
{
    public OptionSpec(string name, char @short, OptionArgument argument) : this(name, @short, argument, name) { }
}

/// <param name="Spelling">As typed, for messages: <c>--mem</c> or <c>-p</c>.</param>
public sealed record GivenOption(OptionSpec Spec, string? Value, string Spelling)
{
    public string Id => Spec.Id;
}

/// <summary>A command line taken apart.</summary>
/// <param name="Operands">Indices into the arguments, so that a command can take their bytes.</param>
/// <param name="Error">null: fine; otherwise getopt's sentence, without the program's name.</param>
public sealed record ParsedLine(List<GivenOption> Options, List<int> Operands, string? Error)
{
    public string? Value(string id)
    {
        string? value = null;
        foreach (var option in Options)
            if (option.Id == id) value = option.Value ?? "";
        return value;
    }

    public bool Has(string id)
    {
        foreach (var option in Options)
            if (option.Id == id) return true;
        return false;
    }

    public int Count(string id)
    {
        int count = 0;
        foreach (var option in Options)
            if (option.Id == id) count++;
        return count;
    }
}
