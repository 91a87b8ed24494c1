using System.Runtime;

namespace Stint.Server.Engine;

/// <summary>
/// While much is made that all stays, collecting garbage finds none and costs more than the making. A promise of room beforehand keeps the
/// collector away; where there is not that much room, or more is needed after all, it works as always.
/// </summary>
internal sealed class QuietHeap : IDisposable
{
    private const long LeastBytes = 8 << 20, MostBytes = 1L << 30;
    private bool begun;

    /// <param name="bytes">That are likely to be made.</param>
    public void Begin(long bytes)
    {
        if (bytes < LeastBytes) return;
        try
        {
            begun = GC.TryStartNoGCRegion(Math.Min(bytes, MostBytes));
        }
        catch (ArgumentOutOfRangeException) { }         // more than this machine's heap can promise
        catch (InvalidOperationException) { }           // somebody promised already
    }

    public void Dispose()
    {
        if (!begun || GCSettings.LatencyMode != GCLatencyMode.NoGCRegion) return;
        try
        {
            GC.EndNoGCRegion();
        }
        catch (InvalidOperationException) { }           // it ended just now
    }
}
