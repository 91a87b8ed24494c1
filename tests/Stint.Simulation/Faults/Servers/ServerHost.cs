using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Engine;
using Stint.Server.Runs;
using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Network;
using Stint.Storage;
using Stint.Storage.Memory;

namespace Stint.Simulation.Faults.Servers;

using Engine = Stint.Server.Engine.Engine;

/// <summary>
/// The machine of the server: its disk and clock, and one life of the server after the other. A life is the real engine, dispatch, sessions and
/// interactive runs; only what is around them is simulated.
/// </summary>
internal sealed class ServerHost
{
    private const long StartUs = 300_000, RestartUs = 1_000_000, TurnSpreadUs = 300;
    private const int RecordsBetweenSnapshots = 40;
    [ThreadStatic] private static ECDsa? signingKey;
    private readonly World world;
    private readonly Chance chance;
    private bool mayRun;

    public ServerHost(World world)
    {
        (this.world, chance, Clock) = (world, world.Chance("server"), new HostClock(world.Queue));
        Journal = new FaultyJournal(world.Queue, Disk) { Durable = world.Durable, Injected = world.Faults.Count, SlowByUs = () => chance.Between(5_000, 400_000) };
    }

    public MemoryJournal Disk { get; } = new();
    public FaultyJournal Journal { get; }
    public HostClock Clock { get; }
    public ServerLife? Life { get; private set; }
    public bool IsUp => Life is { Process.Lives: true };
    public static ECDsa SigningKey => signingKey ??= ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>A supervisor keeps the server running from here on.</summary>
    public void Start()
    {
        mayRun = true;
        world.Queue.After(StartUs, StartOnce);
    }

    public void Kill()
    {
        Life?.Process.Kill();
    }

    public void Stay(bool down) => mayRun = !down;

    private void StartOnce()
    {
        if (!mayRun || IsUp) return;
        var process = new SimulatedProcess(world.Queue, "server", world.Fault);
        Journal.User = process;
        process.AtEnd(() =>
        {
            world.Trace($"server is dead");
            world.Queue.After(chance.Between(RestartUs / 2, RestartUs * 3), StartOnce);
        });
        process.Run(() =>
        {
            try
            {
                var life = new ServerLife(world, this, process);
                Life = life;
                life.Prepare();
                world.Trace($"server is up after record {Journal.LastSequence}");
            }
            catch (JournalException)
            {
                process.Kill();
            }
        });
    }

    /// <summary>The engine's thread: turns when there is work, a moment later, so that what comes together is decided together.</summary>
    public void Poll()
    {
        if (Life is not { Process.Lives: true, Ready: true, IsBusy: false } life) return;
        if (life.Engine.HasUrgentWork) life.TurnAfter(chance.Between(20, TurnSpreadUs));
    }

    internal sealed class ServerLife
    {
        private readonly World world;
        private readonly ServerHost host;
        private readonly SimulatedClock clock;
        private Happening? turn;
        private long turnAtUs;

        public ServerLife(World world, ServerHost host, SimulatedProcess process)
        {
            (this.world, this.host, Process, clock) = (world, host, process, new SimulatedClock(process, host.Clock));
            var journal = world.Mutant.Journal(host.Journal);
            Cluster = Recovery.Replay(journal).Cluster;
            Payloads = new Payloads(journal);
            Agents = new AgentDirectory();
            Runs = new RunDirectory();
            Dispatch = new Dispatch(Agents, Payloads, Runs, NullLogger<Dispatch>.Instance);
            Engine = new Engine(Cluster, journal, clock, world.Mutant.Observers(this, [Dispatch, Runs]),
                new SnapshotPolicy(journal, () => host.Journal.LastSequence, NullLogger<SnapshotPolicy>.Instance, RecordsBetweenSnapshots), static _ => { }, NullLogger<Engine>.Instance);
            Link = new LinkProtocol(Engine, Agents, Dispatch, Runs, new LaunchSigner(SigningKey, clock), new NodeEvents(), new UsageQueries(Agents), new UserLevelQueries(Agents), clock, NullLogger<LinkProtocol>.Instance);
            RunParts = new RunParts(Engine, Runs, Agents, Payloads, clock, TimeSpan.FromSeconds(3), NullLogger.Instance, CancellationToken.None);
        }

        public SimulatedProcess Process { get; }
        public Cluster Cluster { get; }
        public Engine Engine { get; }
        public Payloads Payloads { get; }
        public AgentDirectory Agents { get; }
        public RunDirectory Runs { get; }
        public Dispatch Dispatch { get; }
        public LinkProtocol Link { get; }
        public RunParts RunParts { get; }
        /// <summary>The engine waits for its disk, as a thread would.</summary>
        public bool IsBusy { get; private set; }
        public bool Ready { get; private set; }
        public Instant Now => new(host.Clock.NowMs);

        public void Prepare()
        {
            var refusal = Recovery.Prepare(Cluster, world.Mutant.Journal(host.Journal), world.Mutant.Config(world.Plan.Config()), Now);
            world.Promise(refusal is null, "start", $"the server's configuration is refused: {refusal}");
            Engine.StartAfter(host.Journal.LastSequence);
            Ready = true;
            TurnAfter(0);
        }

        public void Accept(WireSocket socket, string node)
        {
            var serving = Link.ServeAsync(socket, new CorkedStream(Stream.Null), node, World.Thumbprint(node), "10.0.0.1", CancellationToken.None);
            world.Watch(Process, serving);
        }

        public void TurnAfter(long delayUs)
        {
            var at = world.Queue.NowUs + delayUs;
            if (turn is { Action: not null } && turnAtUs <= at) return;
            turn?.CallOff();
            turnAtUs = at;
            turn = world.Queue.At(at, () => Process.Run(Turn));
        }

        private void Turn()
        {
            if (IsBusy) return;
            IsBusy = true;
            try
            {
                Engine.RunOnce();
            }
            catch (Exception e) when (e is JournalException or EngineBrokenException)
            {
                world.Promise(e is JournalException, "engine", e.ToString());
                // As in production: the process ends, the journal is what counts.
                world.Trace($"the engine ended: {e.Message}");
                Process.Kill();
                return;
            }
            finally
            {
                IsBusy = false;
            }
            if (!Process.Lives) return;
            world.AfterTurn(this);
            TurnAfter(Engine.HasUrgentWork ? 0 : (long)Engine.UntilDue().TotalMicroseconds);
        }
    }
}
