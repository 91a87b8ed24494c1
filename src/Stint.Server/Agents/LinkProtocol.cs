using System.Net.WebSockets;
using Google.Protobuf;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Auth;
using Stint.Server.Engine;
using Stint.Server.Runs;

namespace Stint.Server.Agents;

/// <summary>
/// A session from Hello to its end. Hello is believed only for the node that the certificate names, and only from the certificate that
/// the journal recorded for it: a copied or replaced certificate is fenced, and logged with both names.
/// </summary>
internal sealed partial class LinkProtocol(
    Engine.Engine engine, AgentDirectory agents, Dispatch dispatch, RunDirectory runs, LaunchSigner signer, NodeEvents events, UsageQueries usage, UserLevelQueries levels, TimeProvider time,
    ILogger<LinkProtocol> log)
{
    public const int HeartbeatSeconds = 15;
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(15);
    private volatile bool stopping;

    /// <summary>From here on a lost session is our doing: nodes stay what they are in the journal.</summary>
    public void Stop()
    {
        stopping = true;
        agents.EndAll();
    }

    public async Task ServeAsync(WebSocket socket, CorkedStream stream, string node, string thumbprint, string address, CancellationToken cancellation)
    {
        var session = new AgentSession(socket, stream, node, signer, time, log);
        await using var aborted = cancellation.Register(session.End);
        var writing = session.WriteAsync();
        try
        {
            var frame = new FrameBuffer(AgentSession.FrameMaxBytes);
            if (await HelloAsync(session, frame) is { } hello && await AdmitAsync(session, hello, thumbprint, address)) await ReceiveAsync(session, frame);
        }
        catch (Exception e) when (e is EngineStoppedException or EngineBusyException or System.Threading.Channels.ChannelClosedException or OperationCanceledException)
        {
            Log.Ended(log, node, e.Message);
        }
        finally
        {
            if (agents.Detach(session) && !stopping) LoseNode(node);
            if (!session.Fenced) session.End();
            await writing;
            session.End();
        }
    }

    private async Task<Hello?> HelloAsync(AgentSession session, FrameBuffer frame)
    {
        using var timer = new CancellationTokenSource(HelloTimeout, time);
        await using var end = timer.Token.Register(session.End);
        var first = await session.ReadAsync(frame);
        return first?.BodyCase == ToServer.BodyOneofCase.Hello ? first.Hello : null;
    }

    private async Task<bool> AdmitAsync(AgentSession session, Hello hello, string thumbprint, string address)
    {
        if (!string.Equals(hello.Node, session.Node, StringComparison.Ordinal))
        {
            Log.CopiedCertificate(log, session.Node, Short(hello.Node), address);
            session.Fence($"the certificate is node {session.Node}'s, not {Short(hello.Node)}'s");
            return false;
        }
        session.Hardware = hello.Hardware;
        var holdings = Holdings(hello);
        var admission = new Admission(session, Registration(hello, address), holdings, thumbprint, runs, (cluster, now) => Begin(session, cluster, holdings, now));
        await engine.PostAsync(admission, session.Over);
        var (admitted, why) = await admission.Answer;
        if (!admitted)
        {
            Log.Refused(log, session.Node, why);
            session.Fence(why);
            return false;
        }
        Log.Linked(log, session.Node, hello.Holdings.Count, Short(hello.Version));
        return true;
    }

    /// <summary>On the engine's thread, after the commit: from here on every effect finds this session, and what was missed is sent.</summary>
    private void Begin(AgentSession session, Cluster cluster, IReadOnlyList<(uint JobId, uint StepId, uint Attempt)> holdings, Instant now)
    {
        if (session.Over.IsCancellationRequested) return;
        session.Send(Welcome(cluster));
        agents.Attach(session);
        dispatch.SendDue(cluster, session, holdings, now);
    }

    private async Task ReceiveAsync(AgentSession session, FrameBuffer frame)
    {
        var receipts = new ReceiptsSeen();
        while (await session.ReadAsync(frame) is { } message && !session.Fenced)
        {
            switch (message.BodyCase)
            {
                case ToServer.BodyOneofCase.StepStarted:
                    receipts.Started(message.StepStarted);
                    await engine.PostAsync(Report.Of(session, message.ReportId, message.StepStarted, log), session.Over);
                    break;
                case ToServer.BodyOneofCase.StepExited:
                    receipts.Exited(message.StepExited);
                    await engine.PostAsync(Report.Of(session, message.ReportId, message.StepExited, log), session.Over);
                    break;
                case ToServer.BodyOneofCase.JobReleased:
                    await engine.PostAsync(Report.Of(session, message.ReportId, message.JobReleased, log), session.Over);
                    break;
                case ToServer.BodyOneofCase.NodeEvent:
                    events.Add(session.Node, message.NodeEvent);
                    await engine.PostAsync(new NodeEventReport(session, message.ReportId, message.NodeEvent, log), session.Over);
                    break;
                case ToServer.BodyOneofCase.Usage:
                    usage.Answered(message.Usage);
                    break;
                case ToServer.BodyOneofCase.UserLimits:
                    if (message.UserLimits.WhyNot.Length > 0) Log.LimitRefused(log, session.Node, message.UserLimits.Uid, Short(message.UserLimits.WhyNot));
                    levels.Answered(session.Node, message.UserLimits);
                    break;
                case ToServer.BodyOneofCase.Output:
                    runs.Output(session, message.Output);
                    break;
                case ToServer.BodyOneofCase.InputTaken:
                    runs.InputTaken(session, message.InputTaken);
                    break;
                case ToServer.BodyOneofCase.Suspension:
                    if (message.Suspension.WhyNot.Length > 0) Log.NotSuspended(log, session.Node, message.Suspension.JobId, message.Suspension.Suspended ? "suspended" : "resumed", Short(message.Suspension.WhyNot));
                    break;
                case ToServer.BodyOneofCase.Heartbeat:
                    session.Load = message.Heartbeat.Load1M;
                    session.MemoryFreeBytes = message.Heartbeat.MemoryFreeBytes;
                    session.Users = message.Heartbeat.Users;
                    break;
                default:
                    Log.Ended(log, session.Node, $"unexpected {message.BodyCase}");
                    return;
            }
        }
    }

    private void LoseNode(string node)
    {
        Log.Lost(log, node);
        engine.TryPost(new Order(new LoseNode(node)));
    }

    private ToAgent Welcome(Cluster cluster) => new()
    {
        Welcome = new Welcome { Cluster = cluster.Config.Name, NowMs = time.GetUtcNow().ToUnixTimeMilliseconds(), HeartbeatS = HeartbeatSeconds, SigningKey = signer.PublicKey },
    };

    private static NodeRegistered Registration(Hello hello, string address)
    {
        return new NodeRegistered
        {
            Name = hello.Node, Hardware = HardwareReports.ToJournal(hello.Hardware), Address = address, Hostname = Short(hello.Hostname), Version = Short(hello.Version), Os = Short(hello.Os),
            BootMs = hello.BootMs, AgentStartMs = hello.AgentStartMs,
        };
    }

    private static List<(uint JobId, uint StepId, uint Attempt)> Holdings(Hello hello)
    {
        var holdings = new List<(uint, uint, uint)>(hello.Holdings.Count);
        foreach (var holding in hello.Holdings)
            if (holding.Key is { } key) holdings.Add((key.JobId, key.StepId, key.Attempt));
        return holdings;
    }

    private static string Short(string text) => text.Length <= 256 ? text : text[..256];

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Information, "Node {Node} is linked; it holds {Holdings} steps; agent {Version}")]
        public static partial void Linked(ILogger logger, string node, int holdings, string version);
        [LoggerMessage(2302, LogLevel.Warning, "Copied certificate: the certificate of node {Certificate} was used by an agent that calls itself {Claimed}, from {Address}")]
        public static partial void CopiedCertificate(ILogger logger, string certificate, string claimed, string address);
        [LoggerMessage(2303, LogLevel.Warning, "Node {Node} is refused: {Why}")]
        public static partial void Refused(ILogger logger, string node, string why);
        [LoggerMessage(2304, LogLevel.Warning, "Node {Node} lost its link")]
        public static partial void Lost(ILogger logger, string node);
        [LoggerMessage(2306, LogLevel.Error, "Node {Node}: job {JobId} could not be {Done}: {Why}")]
        public static partial void NotSuspended(ILogger logger, string node, uint jobId, string done, string why);
        [LoggerMessage(2307, LogLevel.Warning, "Node {Node}: the limits of uid {Uid} do not hold: {Why}")]
        public static partial void LimitRefused(ILogger logger, string node, uint uid, string why);
        [LoggerMessage(2305, LogLevel.Information, "The session of node {Node} ended: {Why}")]
        public static partial void Ended(ILogger logger, string node, string why);
    }
}
