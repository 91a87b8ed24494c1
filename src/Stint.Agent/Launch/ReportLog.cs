using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>Reports that the server has not committed, oldest first. Thread-safe. Ids are this process's own; after a restart the spool yields the reports anew.</summary>
internal sealed class ReportLog(IStepReports reports)
{
    readonly Lock _lock = new();
    readonly SortedDictionary<ulong, ToServer> _open = [];
    ulong _last;

    public IReadOnlyList<ToServer> Open
    {
        get
        {
            lock (_lock)
                return [.. _open.Values];
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _open.Count;
        }
    }

    public void Send(ToServer message)
    {
        lock (_lock)
        {
            message.ReportId = ++_last;
            _open.Add(message.ReportId, message);
        }
        reports.Send(message);
    }

    public ToServer? Acknowledge(ulong id)
    {
        lock (_lock)
            return _open.Remove(id, out var message) ? message : null;
    }
}
