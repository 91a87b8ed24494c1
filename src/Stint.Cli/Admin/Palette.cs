namespace Stint.Cli.Admin;

/// <summary>What a piece of text means; the palette decides how it looks.</summary>
internal enum Tone : byte { Plain, Strong, Quiet, Good, Warn, Bad, Heading }

/// <summary>Colours on a terminal, nothing in pipes, files, dumb terminals or under NO_COLOR (no-color.org).</summary>
internal readonly record struct Palette(bool Colours)
{
    public static Palette Of(CommandContext context) => new(context.OutIsTerminal
        && string.IsNullOrEmpty(context.Environment.GetValueOrDefault("NO_COLOR")) && context.Environment.GetValueOrDefault("TERM") != "dumb");

    public string Paint(string text, Tone tone) => !Colours || text.Length == 0 || tone == Tone.Plain ? text : $"\u001b[{Code(tone)}m{text}\u001b[0m";

    private static string Code(Tone tone) => tone switch
    {
        Tone.Strong => "1", Tone.Quiet => "2", Tone.Good => "32", Tone.Warn => "33", Tone.Bad => "1;31", _ => "1;4",
    };
}
