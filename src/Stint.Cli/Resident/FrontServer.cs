using Stint.Cli.Native;

namespace Stint.Cli.Resident;

/// <summary>Takes fronts in and gives each a place. What goes wrong in one session ends that session only.</summary>
internal sealed class FrontServer : IDisposable
{
    public const int PlacesMax = 64, PlacesPerUserMax = 16;
    private const int LookAroundMs = 5_000, ReportsMax = 200;
    private readonly FrontSocket _socket;
    private readonly Cluster _cluster;
    private readonly TextWriter _log;
    private readonly Places _places;
    private volatile bool _stopping;
    private int _reports;

    public FrontServer(FrontSocket socket, Cluster cluster, TextWriter log)
    {
        (_socket, _cluster, _log) = (socket, cluster, TextWriter.Synchronized(log));
        _places = new Places(PlacesMax, PlacesPerUserMax, Serve);
        // Continuations of commands block as commands do; the pool must not hand out threads at its leisure.
        ThreadPool.GetMinThreads(out _, out int completion);
        ThreadPool.SetMinThreads(PlacesMax, completion);
    }

    public int Running => _places.Running;

    /// <param name="stillWanted">Asked every few seconds; false ends it.</param>
    public void Run(Func<bool> stillWanted)
    {
        long lookAt = Environment.TickCount64 + LookAroundMs;
        while (!_stopping)
        {
            if (_socket.Accept(LookAroundMs) is { } front && (_stopping || !_places.TryTake(front.Connection, front.Peer))) front.Connection.Dispose();
            if (Environment.TickCount64 < lookAt) continue;
            lookAt = Environment.TickCount64 + LookAroundMs;
            if (!stillWanted()) return;
        }
    }

    /// <summary>No new fronts; those that are here get some time.</summary>
    public void Stop(TimeSpan patience)
    {
        _stopping = true;
        long limit = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        while (Running > 0 && Environment.TickCount64 < limit) Thread.Sleep(10);
    }

    private void Serve(FdStream stream, Peer peer)
    {
        using var front = new FrontConnection(stream);
        try
        {
            new FrontSession(front, peer, _cluster).Run();
        }
        catch (IOException)
        {
            // The front is gone, as one does after Ctrl-C.
        }
        catch (Exception e)
        {
            // A fault in a command must not end the commands of others. Its front says that it was lost.
            if (Interlocked.Increment(ref _reports) <= ReportsMax) _log.WriteLine($"stint-resident: a command of uid {peer.Uid} failed: {e.GetType().Name}\n{e.StackTrace}");
        }
    }

    public void Dispose() => _socket.Dispose();
}
