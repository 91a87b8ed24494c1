using System.Globalization;

namespace Stint.Core.Resources;

/// <summary>An amount of memory. Prints in binary units as people write them: <c>64M</c>, <c>1.5G</c>.</summary>
public readonly record struct ByteSize(ulong Bytes)
{
    private static readonly string[] Units = ["", "K", "M", "G", "T", "P", "E"];

    public override string ToString()
    {
        double value = Bytes;
        var unit = 0;
        while (value >= 1024 && unit < Units.Length - 1) { value /= 1024; unit++; }
        return value.ToString("0.##", CultureInfo.InvariantCulture) + Units[unit];
    }
}
