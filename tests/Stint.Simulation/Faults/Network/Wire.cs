using System.Net.WebSockets;
using Stint.Simulation.Faults.Clockwork;

namespace Stint.Simulation.Faults.Network;

/// <summary>
/// One connection, with the guarantees of TCP and no more: each direction keeps order, nothing comes twice, and when it breaks a tail of what was
/// under way is lost in each direction, and the two ends hear of it at different times.
/// </summary>
internal sealed class Wire
{
    private readonly EventQueue queue;
    private readonly Chance chance;
    private readonly IWeather weather;

    public Wire(EventQueue queue, Chance chance, IWeather weather, SimulatedProcess client, SimulatedProcess server)
    {
        (this.queue, this.chance, this.weather) = (queue, chance, weather);
        Client = new WireSocket(this, client, isClient: true);
        Server = new WireSocket(this, server, isClient: false);
        client.AtEnd(() => ProcessEnded(Client));
        server.AtEnd(() => ProcessEnded(Server));
    }

    public WireSocket Client { get; }
    public WireSocket Server { get; }
    public bool IsBroken { get; private set; }
    /// <summary>A planted bug's hook: what comes out of a frame that goes in; null swallows it.</summary>
    public Func<Wire, WireSocket, byte[], byte[]?>? Tamper { get; set; }

    internal void Transmit(WireSocket from, byte[] frame, WebSocketMessageType type)
    {
        if (IsBroken) return;
        if (Tamper is not null && type != WebSocketMessageType.Close)
        {
            if (Tamper(this, from, frame) is not { } changed) return;
            frame = changed;
        }
        var to = Peer(from);
        var at = Math.Max(weather.ArrivalUs(queue.NowUs, chance), to.LastArrivalUs + 1);
        to.LastArrivalUs = at;
        to.UnderWay.Add(queue.At(at, () =>
        {
            to.UnderWay.RemoveAt(0);
            to.Deliver(frame, type);
        }));
    }

    /// <summary>The connection is no more: of what is under way a random beginning still arrives, and each end notices after its own time.</summary>
    public void Break(long clientNoticesUs, long serverNoticesUs)
    {
        if (IsBroken) return;
        IsBroken = true;
        foreach (var end in (ReadOnlySpan<WireSocket>)[Client, Server])
        {
            var arrive = end.UnderWay.Count == 0 ? 0 : chance.Below(end.UnderWay.Count + 1);
            for (var i = end.UnderWay.Count - 1; i >= arrive; i--)
            {
                end.UnderWay[i].CallOff();
                end.UnderWay.RemoveAt(i);
            }
        }
        Client.NoticesEnd(clientNoticesUs);
        Server.NoticesEnd(serverNoticesUs);
    }

    private void ProcessEnded(WireSocket end)
    {
        if (weather.IsPartitioned(queue.NowUs)) Break(Weather.Silence(chance), Weather.Silence(chance));
        else Break(chance.Between(100, 5_000), chance.Between(100, 5_000));
        end.Forget();
    }

    internal WireSocket Peer(WireSocket of) => ReferenceEquals(of, Client) ? Server : Client;

    /// <summary>One end gave the connection up.</summary>
    internal void Abandoned(WireSocket by)
    {
        if (IsBroken) return;
        var heard = weather.IsPartitioned(queue.NowUs) ? Weather.Silence(chance) : chance.Between(100, 3_000);
        Break(ReferenceEquals(by, Client) ? 0 : heard, ReferenceEquals(by, Server) ? 0 : heard);
    }
}

/// <summary>What the network between two places is like now.</summary>
internal interface IWeather
{
    long ArrivalUs(long sentUs, Chance chance);
    bool IsPartitioned(long nowUs);
}
