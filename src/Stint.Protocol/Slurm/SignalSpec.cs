using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary><c>--signal=[B:][R:]SIG[@seconds]</c>: a warning before the time limit; 60 seconds when not said.</summary>
public sealed record SignalSpec(int Number, uint SecondsBefore, bool BatchOnly, bool ForReservation)
{
    public const uint DefaultSeconds = 60;
    private const uint MaxSeconds = 65535;

    public static bool TryParse(string text, out SignalSpec? spec, out string error)
    {
        spec = null;
        error = $"Invalid signal specification {ArraySpec.Shorten(text)} ([B:][R:]SIG[@seconds])";
        var rest = text.AsSpan();
        bool batch = false, reservation = false;
        int colon = rest.LastIndexOf(':');
        if (colon >= 0)
        {
            if (colon is 0 or > 3) return false;
            foreach (char c in rest[..colon])
            {
                if (c is 'B' or 'b') batch = true;
                else if (c is 'R' or 'r') reservation = true;
                else if (c != ':') return false;
            }
            rest = rest[(colon + 1)..];
        }
        uint seconds = DefaultSeconds;
        int at = rest.IndexOf('@');
        if (at >= 0)
        {
            if (!ArraySpec.Number(rest[(at + 1)..], out seconds) || seconds > MaxSeconds) return false;
            rest = rest[..at];
        }
        if (!SignalName.TryParse(rest, out int number)) return false;
        spec = new SignalSpec(number, seconds, batch, reservation);
        error = "";
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{(ForReservation ? "R" : "")}{(BatchOnly ? "B" : "")}{(BatchOnly || ForReservation ? ":" : "")}{SignalName.Print(Number)}@{SecondsBefore}");
}
