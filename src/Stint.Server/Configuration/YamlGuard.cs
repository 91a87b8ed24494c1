using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Stint.Server.Configuration;

/// <summary>
/// From a file's bytes to a YAML document that is safe to walk: UTF-8, not deep, one document, no anchors (a few lines of them can stand for gigabytes).
/// What is wrong comes as <c>line: sentence</c>, with the line as it stands in the file.
/// </summary>
internal static class YamlGuard
{
    private const int DepthMax = 16, ShownCharsMax = 80;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Null root: there is no document, or nothing in it.</summary>
    public static (YamlNode? Root, string? Error) Read(byte[] bytes)
    {
        if (Decode(bytes, out var badLine) is not { } text) return (null, $"{badLine}: not valid UTF-8");
        if (Tab(text) is { } tab) return (null, tab);
        try
        {
            if (Events(text) is { } refused) return (null, refused);
            var yaml = new YamlStream();
            using var reader = new StringReader(text);
            yaml.Load(reader);
            return (yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode, null);
        }
        catch (YamlException e)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"{e.Start.Line}: {Sentence(e)}, at '{Line(text, e.Start.Line)}'"));
        }
    }

    /// <summary>The sentence, with the line that it is about where it names no value itself.</summary>
    public static string Explain(byte[] bytes, ConfigException e)
    {
        var quoted = e.Message.Contains('\'', StringComparison.Ordinal) || Decode(bytes, out _) is not { } text ? "" : $", at '{Line(text, e.Line)}'";
        return string.Create(CultureInfo.InvariantCulture, $"{e.Line}: {e.Message}{quoted}");
    }

    private static string? Decode(byte[] bytes, out long badLine)
    {
        badLine = 0;
        var start = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        try
        {
            return Strict.GetString(bytes, start, bytes.Length - start);
        }
        catch (DecoderFallbackException e)
        {
            badLine = 1 + bytes.AsSpan(0, Math.Clamp(start + e.Index, 0, bytes.Length)).Count((byte)'\n');
            return null;
        }
    }

    /// <summary>The parser complains of the line before, about something else.</summary>
    private static string? Tab(string text)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.TrimStart(" \t") is var rest && rest.Length > 0 && rest[0] != '#' && line[..^rest.Length].Contains('\t'))
                return string.Create(CultureInfo.InvariantCulture, $"{number}: a tab in the indentation: YAML indents with spaces, at '{Line(text, number)}'");
        }
        return null;
    }

    /// <summary>Looks before anything is built: a deep or doubled tree must not be built at all.</summary>
    private static string? Events(string text)
    {
        using var reader = new StringReader(text);
        var parser = new Parser(reader);
        var (depth, documents) = (0, 0);
        while (parser.MoveNext())
        {
            var at = parser.Current!;
            depth += at.NestingIncrease;
            var wrong = at switch
            {
                AnchorAlias alias => $"the alias '*{alias.Value}': anchors and aliases are not read here",
                NodeEvent { Anchor.IsEmpty: false } node => $"the anchor '&{node.Anchor}': anchors and aliases are not read here",
                NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } tag } => $"the tag '{tag}': tags are not read here",
                DocumentStart when ++documents > 1 => $"only one YAML document is read, this begins another: '{Line(text, at.Start.Line)}'",
                _ when depth > DepthMax + 2 => $"nested deeper than {DepthMax} levels, at '{Line(text, at.Start.Line)}'",
                _ => null,
            };
            if (wrong is not null) return string.Create(CultureInfo.InvariantCulture, $"{at.Start.Line}: {wrong}");
        }
        return null;
    }

    private static string Sentence(YamlException e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');

    /// <summary>Control characters are shown as '?', a tab as \t.</summary>
    private static string Line(string text, long number)
    {
        var rest = text.AsSpan();
        for (var i = 1L; i < number; i++)
        {
            var end = rest.IndexOf('\n');
            if (end < 0) return "";
            rest = rest[(end + 1)..];
        }
        var line = rest.IndexOf('\n') is var at && at >= 0 ? rest[..at] : rest;
        var shown = new StringBuilder();
        foreach (var c in line.TrimEnd())
        {
            if (shown.Length >= ShownCharsMax) return shown.Append('…').ToString();
            shown.Append(c == '\t' ? "\\t" : char.IsControl(c) ? "?" : c.ToString());
        }
        return shown.ToString();
    }
}
