using System.Globalization;

namespace Stint.Testing;

/// <summary>
/// How slow this machine is: every deadline of a test is multiplied by it. STINT_PATIENCE is read here and nowhere else: 1 unless it is set, more in the
/// emulated guest of the vm tier. What a test asserts about the program stays as it is.
/// </summary>
internal static class Patience
{
    public static int Factor { get; } = int.TryParse(Environment.GetEnvironmentVariable("STINT_PATIENCE"), NumberStyles.None, CultureInfo.InvariantCulture, out var factor) && factor > 0 ? factor : 1;

    /// <summary>So many seconds of a machine that is not slow.</summary>
    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds * Factor);
}
