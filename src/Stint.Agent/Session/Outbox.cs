using System.Threading.Channels;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Session;

/// <summary>
/// Messages on their way to the server: many senders, one writer. While the link is down, reports with an id are not queued, because the step
/// host keeps them and they are sent again after Hello; output of interactive steps is queued and bounded by the credit its steps have.
/// </summary>
internal sealed class Outbox : IStepReports
{
    private readonly Channel<ToServer> _queue = Channel.CreateUnbounded<ToServer>(new UnboundedChannelOptions { SingleReader = true });
    private volatile bool _isOpen;

    public ChannelReader<ToServer> Queue => _queue.Reader;

    public void Send(ToServer message)
    {
        if (message.ReportId != 0 && !_isOpen) return;
        if (message.BodyCase is ToServer.BodyOneofCase.Heartbeat or ToServer.BodyOneofCase.Usage && !_isOpen) return;
        _queue.Writer.TryWrite(message);
    }

    /// <summary>
    /// Opens first and takes what is unacknowledged then: a report made between the two is sent twice, which its id makes harmless, and never lost.
    /// </summary>
    public void Open(IStepHost host)
    {
        _isOpen = true;
        foreach (var report in host.Unacknowledged) _queue.Writer.TryWrite(report);
    }

    public void Close() => _isOpen = false;
}
