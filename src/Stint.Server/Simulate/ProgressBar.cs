using System.Diagnostics;

namespace Stint.Server.Simulate;

/// <summary>One line on a terminal that says how far a replay is; nothing anywhere else.</summary>
internal sealed class ProgressBar(TextWriter output, bool shown) : IDisposable
{
    private const int Width = 30;
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(100);
    private long lastAt;
    private bool isThere;

    public void Show(string what, double share)
    {
        if (!shown || isThere && Stopwatch.GetElapsedTime(lastAt) < Every) return;
        lastAt = Stopwatch.GetTimestamp();
        isThere = true;
        var full = (int)(Math.Clamp(share, 0, 1) * Width);
        output.Write($"\r\u001b[K{what} [{new string('#', full)}{new string(' ', Width - full)}] {Math.Clamp(share, 0, 1),4:P0}");
        output.Flush();
    }

    public void Clear()
    {
        if (!isThere) return;
        output.Write("\r\u001b[K");
        output.Flush();
        isThere = false;
    }

    public void Dispose() => Clear();
}
