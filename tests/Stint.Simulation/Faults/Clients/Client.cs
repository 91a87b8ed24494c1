using Google.Protobuf;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Server.Agents;
using Stint.Server.Engine;
using Stint.Server.Features.Jobs;
using Stint.Server.Features.Nodes;
using Stint.Simulation.Faults.Clockwork;
using Stint.Simulation.Faults.Plans;
using Stint.Simulation.Faults.Servers;
using Cancel = Stint.Simulation.Faults.Plans.Cancel;
using Submit = Stint.Simulation.Faults.Plans.Submit;

namespace Stint.Simulation.Faults.Clients;

using Command = Stint.Core.Command;

/// <summary>
/// Users and admins. A submission without an answer is repeated with its token until there is one, as the commands do; other commands are asked once.
/// What was answered is held against the cluster at the end.
/// </summary>
internal sealed class Client(World world)
{
    public static readonly Actor Root = new(0, true);
    private readonly Chance chance = world.Chance("client");
    private readonly Dictionary<int, uint> known = [];
    private readonly List<Outstanding> outstanding = [];
    private readonly HashSet<string> refused = new(StringComparer.Ordinal);
    private readonly List<(string Token, uint Id)> acknowledged = [];
    private readonly List<SrunClient> runs = [];
    private int asking;

    private sealed record Outstanding(ServerHost.ServerLife Life, Task<Decision> Answer, Action<Decision> Heard, Action Unheard);

    public bool IsWaiting => outstanding.Count > 0 || asking > 0;
    public int Acknowledged => acknowledged.Count;
    public int Refused => refused.Count;

    public uint? JobOf(int number) => known.TryGetValue(number, out var id) ? id : null;
    public void Knows(int number, uint id) => known[number] = id;

    public void Submit(Submit wish)
    {
        var spec = Resolve(wish.Spec);
        var payload = new LaunchPayload { Script = ByteString.CopyFrom(wish.Payload.ToScript()) };
        var token = spec.Comment = spec.ClientToken = $"t{wish.Number}";
        var blob = Payloads.ToBlob(payload);
        spec.PayloadHash = blob.Hash;
        if (world.Mutant.SubmissionsHaveNoToken) spec.ClientToken = "";
        Ask(life => life.Engine.AskAsync(batch => Server.Features.Jobs.Submit.Decide(batch, new SubmitJob(spec.Clone()), payload, blob, life.Payloads)), untilHeard: true, decision =>
        {
            world.Trace($"client: #{wish.Number} is {(decision.Refusal is { } no ? $"refused: {no}" : $"job {decision.Id}")}");
            if (decision.Refusal is not null)
            {
                refused.Add(token);
                return;
            }
            known[wish.Number] = decision.Id;
            acknowledged.Add((token, decision.Id));
        });
    }

    /// <summary>Dependencies name submissions; only those that are known by now can be meant.</summary>
    private JobSpec Resolve(JobSpec asked)
    {
        var spec = asked.Clone();
        spec.Dependencies.Clear();
        foreach (var dependency in asked.Dependencies)
        {
            if (dependency.Kind == "singleton") spec.Dependencies.Add(new Dependency { Kind = "singleton" });
            else if (known.TryGetValue((int)dependency.JobId - 1, out var id)) spec.Dependencies.Add(new Dependency { Kind = dependency.Kind, JobId = id });
        }
        return spec;
    }

    public void Cancel(Cancel wish)
    {
        if (JobOf(wish.Of) is not { } id) return;
        IReadOnlyList<ArrayRange>? tasks = wish.Task is { } task ? [new ArrayRange { First = task, Last = task, Step = 1 }] : null;
        var revivals = world.Books.Revivals(id);
        Ask(life => life.Engine.AskAsync(batch => batch.Decide(new CancelJob(id, tasks, Root))), untilHeard: false, decision =>
        {
            if (decision.Refusal is null && tasks is null) world.Books.CancelIsKnown(id, revivals);
        });
    }

    public void Change(Change wish)
    {
        if (JobOf(wish.Of) is not { } id) return;
        Command command = wish.Verb switch { JobVerb.Hold => new HoldJob(id, Root), JobVerb.Release => new ReleaseJob(id, Root), _ => new RequeueJob(id, Root) };
        if (wish.Verb == JobVerb.Requeue) world.Books.RequeueWasAsked(id);
        Ask(life => life.Engine.AskAsync(batch => batch.Decide(command)), untilHeard: false, _ =>
        {
            if (wish.Verb == JobVerb.Requeue) world.Books.RequeueWasAsked(id);
        });
    }

    public void Run(Interactive wish)
    {
        var run = new SrunClient(world, this, wish with { Spec = Resolve(wish.Spec) }, chance);
        runs.Add(run);
        run.Start();
    }

    /// <summary>An order whose answer is of no interest.</summary>
    public void Tell(Command command) => Ask(life => life.Engine.AskAsync(batch =>
        command is UpdateNode update ? SetState.Decide(batch, update, life.Agents) : batch.Decide(command)), untilHeard: false, static _ => { });

    public void Ask(Func<ServerHost.ServerLife, Task<Decision>> ask, bool untilHeard, Action<Decision> heard)
    {
        if (untilHeard) asking++;
        Try();

        void Try() => world.Queue.After(chance.Between(50, 1_500), () =>
        {
            if (!world.Server.IsUp || world.Server.Life is not { Ready: true } life) Again();
            else life.Process.Run(() => outstanding.Add(new Outstanding(life, ask(life), Heard, untilHeard ? Again : static () => { })));
        });

        void Again() => world.Queue.After(chance.Between(100_000, 2_000_000), Try);

        void Heard(Decision decision)
        {
            if (untilHeard) asking--;
            heard(decision);
        }
    }

    /// <summary>Looks whether answers have come, or never will.</summary>
    public void Poll()
    {
        for (var i = outstanding.Count - 1; i >= 0; i--)
        {
            var question = outstanding[i];
            if (question.Answer.IsCompletedSuccessfully && !chance.OneIn(30))
            {
                outstanding.RemoveAt(i);
                var decision = question.Answer.Result;
                world.Queue.After(chance.Between(50, 1_500), () => question.Heard(decision));
            }
            else if (question.Answer.IsCompleted || !question.Life.Process.Lives)
            {
                // The connection broke before the answer came.
                outstanding.RemoveAt(i);
                question.Unheard();
            }
        }
    }

    /// <summary>After the faults: whatever waits for a person gets what it waits for.</summary>
    public void Unblock()
    {
        if (!world.Server.IsUp || world.Server.Life is not { Ready: true } life) return;
        foreach (var node in life.Cluster.Nodes.Values)
        {
            if (node.Drain) Tell(new UpdateNode(node.Name, Root, false, null, ""));
            if (node.DownByAdmin) Tell(new UpdateNode(node.Name, Root, null, false, ""));
        }
        foreach (var job in life.Cluster.Jobs.Values)
        {
            if (job.State != JobState.Pending) continue;
            if (job.Held) Tell(new ReleaseJob(job.Id, Root));
            else if (job.Reason == PendingReason.DependencyNeverSatisfied) Tell(new CancelJob(job.Id, null, Root));
        }
    }

    public void CheckAtTheEnd()
    {
        foreach (var (token, id) in acknowledged)
            world.Promise(world.Books.Jobs.ContainsKey(id) && (world.Books.JobOfToken(token) ?? id) == id, "acknowledged", $"submission {token} was acknowledged as job {id}, which is not known");
        foreach (var token in refused)
            world.Promise(world.Books.JobOfToken(token) is null, "refused", $"submission {token} was refused and is job {world.Books.JobOfToken(token)}");
        foreach (var run in runs) run.CheckAtTheEnd();
    }
}
