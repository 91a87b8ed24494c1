using Stint.Cli.Native;

namespace Stint.Cli.Client;

/// <summary>
/// Connections to the server that stay open between requests. Only one whose last answer was read to its exact end comes in, and only one
/// on which nothing has arrived since goes out, so that no request ever gets another's answer.
/// </summary>
public sealed unsafe class KeptConnections : IDisposable
{
    private const int Max = 8;
    private readonly Lock _gate = new();
    private readonly Stack<FdStream> _kept = new();

    /// <summary>null: none that still lives.</summary>
    internal FdStream? Take(long deadline)
    {
        while (true)
        {
            FdStream? connection;
            lock (_gate) _kept.TryPop(out connection);
            if (connection is null) return null;
            var state = new Libc.PollDescriptor { Fd = connection.Fd, Events = Libc.POLLIN | Libc.POLLRDHUP };
            if (Libc.poll(&state, 1, 0) == 0)
            {
                connection.Deadline = deadline;
                return connection;
            }
            connection.Dispose();
        }
    }

    internal void Keep(FdStream connection)
    {
        lock (_gate)
        {
            if (_kept.Count < Max)
            {
                _kept.Push(connection);
                return;
            }
        }
        connection.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
            while (_kept.TryPop(out var connection)) connection.Dispose();
    }
}
