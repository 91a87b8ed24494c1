using Google.Protobuf;
using Stint.Protocol.Agents;
using Stint.Simulation.Faults.Network;
using Stint.Simulation.Faults.Nodes;
using Stint.Simulation.Faults.Servers;
using System.Net.WebSockets;
using System.Security.Cryptography;

namespace Stint.Simulation.Faults.Mutants;

/// <summary>Changes what passes between a node and the server.</summary>
internal abstract class LinkMutant : Mutant
{
    private readonly Dictionary<Wire, long> welcomed = [];

    public sealed override Func<Wire, WireSocket, byte[], byte[]?> Tamper(SimulatedNode node) => (wire, from, frame) =>
    {
        if (from.IsClient) return ToServerFrame(wire, node, ToServer.Parser.ParseFrom(frame), frame);
        var message = ToAgent.Parser.ParseFrom(frame);
        if (message.BodyCase == ToAgent.BodyOneofCase.Welcome) welcomed[wire] = World.Queue.NowUs;
        return ToAgentFrame(wire, node, message, frame);
    };

    /// <summary>It follows the Welcome: it was derived from the state for this session.</summary>
    protected bool IsRepeated(Wire wire) => welcomed.TryGetValue(wire, out var at) && World.Queue.NowUs - at < 2_000;

    protected virtual byte[]? ToServerFrame(Wire wire, SimulatedNode node, ToServer message, byte[] frame) => frame;
    protected virtual byte[]? ToAgentFrame(Wire wire, SimulatedNode node, ToAgent message, byte[] frame) => frame;
}

/// <summary>The end of a step is acknowledged when it arrives, not when it is committed.</summary>
internal sealed class AcknowledgesExitsBeforeCommit : LinkMutant
{
    protected override byte[]? ToServerFrame(Wire wire, SimulatedNode node, ToServer message, byte[] frame)
    {
        if (message.BodyCase == ToServer.BodyOneofCase.StepExited && message.ReportId != 0)
        {
            var ack = new ToAgent { Ack = new ReportAck { ReportId = message.ReportId } }.ToByteArray();
            wire.Transmit(wire.Server, ack, WebSocketMessageType.Binary);
        }
        return frame;
    }
}

/// <summary>One report of an end in four is lost, and the link stays.</summary>
internal sealed class LosesExitReports : LinkMutant
{
    protected override byte[]? ToServerFrame(Wire wire, SimulatedNode node, ToServer message, byte[] frame) =>
        message.BodyCase == ToServer.BodyOneofCase.StepExited && node.Chance.OneIn(4) ? null : frame;
}

/// <summary>A node that holds what is not its own any more is not told to end it.</summary>
internal sealed class LetsStraysRun : LinkMutant
{
    protected override byte[]? ToAgentFrame(Wire wire, SimulatedNode node, ToAgent message, byte[] frame) =>
        message is { BodyCase: ToAgent.BodyOneofCase.EndJob, EndJob.GraceMs: 0 } ? null : frame;
}

/// <summary>What was to end while the node was away is not told to it when it is back.</summary>
internal sealed class DoesNotRepeatEnds : LinkMutant
{
    protected override byte[]? ToAgentFrame(Wire wire, SimulatedNode node, ToAgent message, byte[] frame) =>
        message.BodyCase == ToAgent.BodyOneofCase.EndJob && IsRepeated(wire) ? null : frame;
}

/// <summary>What was to start while the node was away is not told to it when it is back.</summary>
internal sealed class DoesNotRepeatLaunches : LinkMutant
{
    protected override byte[]? ToAgentFrame(Wire wire, SimulatedNode node, ToAgent message, byte[] frame) =>
        message.BodyCase == ToAgent.BodyOneofCase.Launch && IsRepeated(wire) ? null : frame;
}

/// <summary>A job that was requeued runs under the number of its first attempt again.</summary>
internal sealed class RequeueKeepsTheAttempt : LinkMutant
{
    protected override byte[]? ToAgentFrame(Wire wire, SimulatedNode node, ToAgent message, byte[] frame)
    {
        if (message.BodyCase != ToAgent.BodyOneofCase.Launch) return frame;
        var spec = LaunchSpec.Parser.ParseFrom(message.Launch.Spec);
        if (spec.Key.Attempt == 0) return frame;
        spec.Key.Attempt = 0;
        var bytes = spec.ToByteArray();
        var signature = ServerHost.SigningKey.SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return new ToAgent { Launch = new Launch { Spec = ByteString.CopyFrom(bytes), Signature = ByteString.CopyFrom(signature) } }.ToByteArray();
    }
}
