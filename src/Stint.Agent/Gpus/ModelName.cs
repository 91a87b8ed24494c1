namespace Stint.Agent.Gpus;

/// <summary>From a model's full name to the type that people ask for: "NVIDIA A100-SXM4-40GB" → a100, "NVIDIA RTX 6000 Ada Generation" → rtx6000.</summary>
internal static class ModelName
{
    /// <param name="words">Words that say nothing: the vendor, the brand.</param>
    /// <returns>Lower case; empty when nothing is left.</returns>
    public static string Short(string model, IReadOnlyList<string> words)
    {
        var family = "";
        foreach (var word in model.ToLowerInvariant().Split([' ', '-', '_', '(', ')', '/'], StringSplitOptions.RemoveEmptyEntries))
        {
            var clean = new string([.. word.Where(c => char.IsAsciiLetterOrDigit(c) || c == '.')]);
            if (clean.Length == 0 || words.Contains(clean)) continue;
            // Names such as RTX 4090, Max 1550 or Arc A770 need both words.
            if (clean.Any(char.IsAsciiDigit)) return family.Length is > 0 and <= 4 ? family + clean : clean;
            family = clean;
        }
        return family;
    }
}
