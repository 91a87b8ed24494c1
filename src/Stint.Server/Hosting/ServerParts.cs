using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Configuration;
using Stint.Server.History;
using Stint.Server.Runs;
using Stint.Server.Watch;

namespace Stint.Server.Hosting;

/// <summary>What the endpoints are given.</summary>
internal sealed record ServerParts
{
    public required Engine.Engine Engine { get; init; }
    public required ServerConfig Config { get; init; }
    public required ServerIdentity Identity { get; init; }
    public required HomeFolder Home { get; init; }
    public required TimeProvider Time { get; init; }
    public required Users Users { get; init; }
    public required Operators Operators { get; init; }
    public required IPeerCredentials Peers { get; init; }
    public required Authority Authority { get; init; }
    public required AgentDirectory Agents { get; init; }
    public required Payloads Payloads { get; init; }
    public required ChangeFeed Feed { get; init; }
    public required LinkProtocol Link { get; init; }
    public required NodeEvents Events { get; init; }
    public required UsageQueries Usage { get; init; }
    public required UserLevelQueries Levels { get; init; }
    public required LimitsFiles LimitsFiles { get; init; }
    public required Greetings.NoticeBook Notices { get; init; }
    public required Greetings.GreetingFiles Greetings { get; init; }
    public required Projector Projector { get; init; }
    public required HistoryReader History { get; init; }
    public required RunParts Runs { get; init; }
    public required CancellationToken Stopping { get; init; }
    public required Func<string> Trouble { get; init; }
    public required StateSpace Space { get; init; }
    public required ILoggerFactory Logs { get; init; }
}
