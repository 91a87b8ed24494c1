using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary>One <c>name=value</c>, <c>name+=value</c> or <c>name-=value</c> of scontrol's create and update.</summary>
/// <param name="Name">Lower case.</param>
/// <param name="Operation">'=', '+' or '-'.</param>
/// <param name="Word">As typed, for messages.</param>
internal readonly record struct Assignment(string Name, char Operation, string Value, string Word)
{
    public static Assignment Of(string word)
    {
        int at = word.IndexOf('=');
        if (at <= 0) return new Assignment(word.ToLowerInvariant(), '=', "", word);
        char operation = word[at - 1] is '+' or '-' ? word[at - 1] : '=';
        string name = word[..(operation == '=' ? at : at - 1)].ToLowerInvariant();
        string value = word[(at + 1)..];
        if (value.Length > 1 && value[0] is '"' or '\'' && value[^1] == value[0]) value = value[1..^1];
        return new Assignment(name, operation, value, word);
    }

    /// <summary>The name in full: Slurm takes any beginning of at least three letters, the first in its list wins.</summary>
    public static string? Full(string name, params ReadOnlySpan<string> names)
    {
        foreach (string one in names)
            if (string.Equals(one, name, StringComparison.OrdinalIgnoreCase)) return one;
        if (name.Length < 3) return null;
        foreach (string one in names)
            if (one.StartsWith(name, StringComparison.OrdinalIgnoreCase)) return one;
        return null;
    }

    public static int NotSupported(CommandContext context, string word)
    {
        context.Error.WriteLine($"Update of this parameter is not supported: {Printable.Of(word)}");
        context.Error.WriteLine("Request aborted");
        return 1;
    }

    public static int Invalid(CommandContext context, string word)
    {
        context.Error.WriteLine($"Invalid input: {Printable.Of(word)}");
        context.Error.WriteLine("Request aborted");
        return 1;
    }
}
