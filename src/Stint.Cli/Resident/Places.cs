using Stint.Cli.Native;

namespace Stint.Cli.Resident;

/// <summary>
/// Threads for sessions: a bounded number, of which one user other than root gets a part. A session may block (a pager that is not
/// scrolled, a server that is away): it holds its own place only, and who finds none runs the full program.
/// </summary>
internal sealed class Places(int total, int perUser, Action<FdStream, Peer> serve)
{
    private const int StackBytes = 1 << 20;
    private readonly object _gate = new();
    private readonly Queue<(FdStream Connection, Peer Peer)> _waiting = new();
    private readonly Dictionary<uint, int> _taken = [];
    private int _idle, _running;

    public int Running { get { lock (_gate) return _running; } }

    /// <summary>False: no place; the connection stays the caller's.</summary>
    public bool TryTake(FdStream connection, Peer peer)
    {
        lock (_gate)
        {
            int own = _taken.GetValueOrDefault(peer.Uid);
            if (_running >= total || (peer.Uid != 0 && own >= perUser)) return false;
            _taken[peer.Uid] = own + 1;
            _running++;
            _waiting.Enqueue((connection, peer));
            if (_idle >= _waiting.Count) Monitor.Pulse(_gate);
            else new Thread(Work, StackBytes) { IsBackground = true, Name = "session" }.Start();
            return true;
        }
    }

    private void Work()
    {
        while (true)
        {
            (FdStream Connection, Peer Peer) next;
            lock (_gate)
            {
                _idle++;
                while (_waiting.Count == 0) Monitor.Wait(_gate);
                _idle--;
                next = _waiting.Dequeue();
            }
            try
            {
                serve(next.Connection, next.Peer);
            }
            finally
            {
                lock (_gate)
                {
                    _running--;
                    if (--_taken[next.Peer.Uid] == 0) _taken.Remove(next.Peer.Uid);
                }
            }
        }
    }
}
