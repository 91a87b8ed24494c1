using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Configuration;
using Stint.Server.Engine;
using Stint.Server.History;
using Stint.Server.Runs;
using Stint.Server.Watch;
using Stint.Storage;

namespace Stint.Server.Hosting;

/// <summary>
/// The whole server, put together by hand in the order in which it starts: home and lock, keys, journal and replay, engine, listeners.
/// It stops in the opposite order, and what was accepted is finished first.
/// </summary>
public sealed partial class StintServer : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10), AuditInterval = TimeSpan.FromMinutes(5);
    private readonly HomeFolder home;
    private readonly Seams seams;
    private readonly LimitsFiles files;
    private readonly ILogger log;
    private readonly CancellationTokenSource stopping = new();
    private readonly Stack<IDisposable> owned = new();
    private WebApplication? app;
    private Engine.Engine? engine;
    private LinkProtocol? link;
    private Projector? projector;
    private Task projecting = Task.CompletedTask, auditing = Task.CompletedTask, greeting = Task.CompletedTask;
    private string trouble = "";
    private bool stopped;

    private StintServer(HomeFolder home, Seams seams, LimitsFiles files, ILogger log)
    {
        this.home = home;
        this.files = files;
        this.seams = seams;
        this.log = log;
    }

    public string Socket => home.Socket;
    /// <summary>Of the TLS listener.</summary>
    public int Port { get; private set; }
    internal Engine.Engine Engine => engine!;
    internal Projector Projector => projector!;
    internal Authority Authority { get; private set; } = null!;

    /// <summary>Started and answering. Throws <see cref="StartException"/> with a sentence for the terminal.</summary>
    public static async Task<StintServer> StartAsync(ServerOptions options, Seams seams, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(seams);
        var files = LimitsFiles.Of(options);
        var config = LoadConfig(options, files);
        var home = HomeFolder.Open(options.Home);
        // Empty: nothing is read from, or watched in, the content root. The usual builder follows its settings files with a recursive
        // inotify watch, which here would see every step directory come and go.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { Args = [], ContentRootPath = home.Path, ApplicationName = "stint-server" });
        Logging(builder, home, options.Console, seams.Time);
        var logs = LoggerFactory.Create(logging => Logging(logging, home, options.Console, seams.Time));
        var server = new StintServer(home, seams, files, logs.CreateLogger<StintServer>());
        server.owned.Push(home);
        server.owned.Push(logs);
        try
        {
            await server.RunAsync(builder, config, logs, cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when somebody asked the process to stop (SIGTERM, SIGINT).</summary>
    public async Task WaitForShutdownAsync(CancellationToken cancellation)
    {
        // Only the wish is waited for: the host's own stop would wait for the agents' open links.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = app!.Lifetime.ApplicationStopping.Register(() => asked.TrySetResult());
        await asked.Task.WaitAsync(cancellation);
    }

    private async Task RunAsync(WebApplicationBuilder builder, ServerConfig config, ILoggerFactory logs, CancellationToken cancellation)
    {
        var from = seams.Time.GetTimestamp();
        Authority = Own(Authority.Open(home, config.Cluster, config.Listen.Address, seams.Time));
        var journal = Own(OpenJournal());
        var (cluster, replayed) = Replay(journal);
        var parts = Compose(cluster, journal, config, logs);
        Prepare(cluster, journal, config);
        parts.Feed.StartAfter(journal.LastSequence);
        Listeners.RemoveStaleSocket(home);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listeners.Configure(kestrel, home, config.Listen, Authority));
        // No handler blocks, so what arrives is carried on where it was read: one hop between threads less for each message.
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = true);
        Routes.AddServices(builder.Services);
        app = builder.Build();
        Routes.Map(app, parts);
        engine!.Start();
        projecting = projector!.RunAsync(stopping.Token);
        auditing = AuditNowAndThenAsync(cluster);
        greeting = parts.Greetings.RunAsync(stopping.Token);
        await ListenAsync(cancellation);
        parts.Identity.Port = Port;
        Log.Started(log, config.Cluster, home.Socket, Port, replayed, (int)seams.Time.GetElapsedTime(from).TotalMilliseconds);
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        try
        {
            await app!.StartAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            throw new StartException($"cannot listen: {e.Message}", e);
        }
        Listeners.OpenSocketToAll(home);
        foreach (var address in app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses)
            if (address.StartsWith("https://", StringComparison.Ordinal)) Port = new Uri(address).Port;
        var beside = home.PortFile + ".new";
        await File.WriteAllTextAsync(beside, Port.ToString(CultureInfo.InvariantCulture) + "\n", cancellation);
        File.Move(beside, home.PortFile, overwrite: true);
    }

    private ServerParts Compose(Cluster cluster, IJournal journal, ServerConfig config, ILoggerFactory logs)
    {
        var time = seams.Time;
        var users = new Users(time);
        var identity = new ServerIdentity(config.Cluster, time.GetUtcNow().ToUnixTimeMilliseconds());
        var payloads = new Payloads(journal);
        var agents = new AgentDirectory();
        var runs = new RunDirectory();
        var feed = new ChangeFeed();
        projector = Own(new Projector(journal, () => seams.OpenHistory(home), logs.CreateLogger<Projector>()));
        projector.TryOpen();
        var dispatch = new Dispatch(agents, payloads, runs, logs.CreateLogger<Dispatch>());
        var space = Own(new StateSpace(home.Private, time, logs.CreateLogger<StateSpace>()));
        var notices = new Greetings.NoticeBook(home.File("notices.json"), time);
        notices.Load();
        var greetings = new Greetings.GreetingFiles(Path.Combine(home.Path, "greetings"), () => engine!, agents, users, notices, time, logs.CreateLogger<Greetings.GreetingFiles>());
        engine = Own(new Engine.Engine(cluster, journal, time, [dispatch, runs, feed, new ProjectorFeed(projector), greetings],
            new SnapshotPolicy(journal, () => projector.DurableCursor, logs.CreateLogger<SnapshotPolicy>()), seams.Broken, logs.CreateLogger<Engine.Engine>(), space.Release));
        var signer = new LaunchSigner(Authority.SigningKey, time);
        var (events, usage, levels) = (new NodeEvents(), new UsageQueries(agents), new UserLevelQueries(agents));
        link = new LinkProtocol(engine, agents, dispatch, runs, signer, events, usage, levels, time, logs.CreateLogger<LinkProtocol>());
        return new ServerParts
        {
            Engine = engine, Config = config, Identity = identity, Home = home, Time = time, Users = users, Operators = new Operators(config.Operators, users),
            Peers = seams.Peers, Authority = Authority, Agents = agents, Payloads = payloads, Feed = feed, Link = link, Events = events, Usage = usage, Levels = levels, LimitsFiles = files, Notices = notices, Greetings = greetings, Projector = projector,
            History = Own(new HistoryReader(() => seams.OpenHistory(home), projector)), Stopping = stopping.Token, Trouble = () => space.IsLow ? "STATE_FULL" : trouble, Space = space,
            Runs = new RunParts(engine, runs, agents, payloads, time, config.KillWait, logs.CreateLogger<RunSession>(), stopping.Token), Logs = logs,
        };
    }

    private void Prepare(Cluster cluster, IJournal journal, ServerConfig config)
    {
        var now = new Instant(seams.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var record = config.ToRecord();
        // Tiers that take away what somebody holds are refused at a start as they are when applied: the old ones hold.
        if (cluster.ReviewTiers(record).Objections is { Count: > 0 } objections)
        {
            foreach (var objection in objections) Log.TiersRefused(log, files.Source, objection);
            record.Tiers.Clear();
            record.UserTiers.Clear();
            record.Tiers.Add(cluster.Config.Tiers);
            record.UserTiers.Add(cluster.Config.UserTiers);
            record.DefaultTier = cluster.Config.DefaultTier;
        }
        if (Recovery.Prepare(cluster, journal, record, now, batch => ConfiguredAccounts.Apply(batch, config)) is { } refusal) throw new StartException($"the configuration is refused: {refusal}");
        engine!.StartAfter(journal.LastSequence);
        trouble = Audit(cluster);
    }

    private IJournal OpenJournal()
    {
        try
        {
            return seams.OpenJournal(home);
        }
        catch (JournalException e)
        {
            throw new StartException(e.Message, e);
        }
    }

    private static (Cluster Cluster, int Records) Replay(IJournal journal)
    {
        try
        {
            return Recovery.Replay(journal);
        }
        catch (Exception e) when (e is JournalException or InvalidOperationException or InvalidDataException)
        {
            throw new StartException($"the journal cannot be replayed: {e.Message}", e);
        }
    }

    /// <summary>A wrong counter is a bug to be reported, not a reason to leave a cluster without its server.</summary>
    private string Audit(Cluster cluster)
    {
        try
        {
            cluster.Audit();
            return "";
        }
        catch (InvalidOperationException e)
        {
            Log.AuditFailed(log, e.Message);
            return "AUDIT_FAILED";
        }
    }

    private async Task AuditNowAndThenAsync(Cluster cluster)
    {
        using var timer = new PeriodicTimer(AuditInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                // A full inbox only skips one.
                try { trouble = await engine!.AskAsync(_ => Audit(cluster)); }
                catch (EngineBusyException) { }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or EngineStoppedException)
        {
        }
    }

    public async Task StopAsync()
    {
        if (stopped) return;
        stopped = true;
        Log.Stopping(log);
        link?.Stop();
        await stopping.CancelAsync();
        if (app is not null)
        {
            using var patience = new CancellationTokenSource(StopPatience);
            await app.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (engine is not null)
        {
            engine.Stop();
            await engine.Ended;
        }
        await projecting;
        await auditing;
        await greeting;
        projector?.FinishUp();
        Log.Stopped(log);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (app is not null) await app.DisposeAsync();
        while (owned.TryPop(out var part)) part.Dispose();
        stopping.Dispose();
    }

    private T Own<T>(T part) where T : IDisposable
    {
        owned.Push(part);
        return part;
    }

    private static ServerConfig LoadConfig(ServerOptions options, LimitsFiles files)
    {
        var (read, error) = files.Load();
        var config = read ?? throw new StartException(error!);
        return options.Listen is { } listen ? config with { Listen = listen } : config;
    }

    private static void Logging(WebApplicationBuilder builder, HomeFolder home, bool console, TimeProvider time)
    {
        builder.Logging.ClearProviders();
        Logging(builder.Logging, home, console, time);
    }

    private static void Logging(ILoggingBuilder logging, HomeFolder home, bool console, TimeProvider time)
    {
        var minimum = Environment.GetEnvironmentVariable("STINT_LOG") == "debug" ? LogLevel.Debug : LogLevel.Information;
        logging.SetMinimumLevel(minimum);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddProvider(new Logs.JsonLinesLog(home.File("server.log"), minimum, time));
        if (console) logging.AddSimpleConsole(format => format.SingleLine = true);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Cluster {Cluster} is up: socket {Socket}, TLS port {Port}; {Replayed} records replayed; {Milliseconds} ms")]
        public static partial void Started(ILogger logger, string cluster, string socket, int port, int replayed, int milliseconds);
        [LoggerMessage(2, LogLevel.Information, "Stopping: finishing what was accepted")]
        public static partial void Stopping(ILogger logger);
        [LoggerMessage(3, LogLevel.Information, "Stopped")]
        public static partial void Stopped(ILogger logger);
        [LoggerMessage(5, LogLevel.Error, "The tiers of {File} are not in force, those before stay: {Why}")]
        public static partial void TiersRefused(ILogger logger, string file, string why);
        [LoggerMessage(4, LogLevel.Critical, "The audit found a difference: {What}")]
        public static partial void AuditFailed(ILogger logger, string what);
    }
}
