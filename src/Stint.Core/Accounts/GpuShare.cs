namespace Stint.Core.Accounts;

/// <summary>
/// What part of a GPU a slice is, by its profile's name: <c>3g.20gb</c> has three of the compute slices that its GPU is cut into. The unit is a 2,800th, in which
/// sevenths, quarters and hundredths of a GPU are whole numbers, so that sums are exact.
/// </summary>
public static class GpuShare
{
    public const long Whole = Stint.Wording.LimitWords.GpuWhole;
    private const int Sevenths = 7, Quarters = 4;

    /// <summary>Profiles of models that are cut into four (NVIDIA MIG User Guide, "Supported Profiles": A30, RTX PRO 6000 Blackwell), where their names are no others'.</summary>
    private static readonly string[] OfFour = ["1g.6gb", "2g.12gb", "4g.24gb", "2g.48gb", "4g.96gb"];

    /// <summary>0: no slice. Typed names may have more before and after: <c>a100_3g.20gb</c>, <c>1g.10gb+me</c>.</summary>
    internal static long Of(string type)
    {
        for (var i = 1; i < type.Length - 1; i++)
        {
            if (type[i] != 'g' || !char.IsAsciiDigit(type[i - 1]) || type[i + 1] != '.') continue;
            var parts = OfFour.Any(profile => type.AsSpan(i - 1).StartsWith(profile)) ? Quarters : Sevenths;
            return Math.Min(Whole, (type[i - 1] - '0') * Whole / parts);
        }
        return 0;
    }

    /// <summary>A slice of no known profile: the smallest that there is.</summary>
    internal const long Smallest = Whole / Sevenths;
}
