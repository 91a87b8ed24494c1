using System.Text;

namespace Stint.Server.Features;

/// <summary>What any text from outside must keep to: it ends up in paths, environments, tables and logs.</summary>
internal static class TextRules
{
    /// <summary>Null when it is fine; otherwise the sentence with the name and the limit.</summary>
    public static string? Error(string what, string? text, int bytesMax)
    {
        if (text is null) return null;
        if (text.Length > bytesMax || Encoding.UTF8.GetByteCount(text) > bytesMax) return $"{what} has more than the {bytesMax} bytes allowed";
        foreach (var c in text)
        {
            if (char.IsControl(c)) return $"{what} holds a control character (U+{(int)c:X4})";
            if (char.IsSurrogate(c) || c is '\u2028' or '\u2029')
            {
                if (!WellFormed(text)) return $"{what} is no valid Unicode text";
                break;
            }
        }
        return null;
    }

    private static bool WellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\u2028' or '\u2029') return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 >= text.Length || !char.IsLowSurrogate(text[i + 1])) return false;
            i++;
        }
        return true;
    }
}
