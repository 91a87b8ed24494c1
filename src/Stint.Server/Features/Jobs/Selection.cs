using System.Globalization;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;
using Stint.Server.Auth;
using Stint.Server.Engine;

namespace Stint.Server.Features.Jobs;

/// <summary>
/// What cancel, hold, release and requeue share: which jobs are meant, one outcome for each, all in one batch. A filter (user,
/// partition, …) narrows named jobs, and stands alone when none are named.
/// </summary>
internal sealed class Selection
{
    private const int NamesMax = 100_000;
    private readonly List<(string Text, JobIdSpec Id)> named = [];
    private JobSelection asked = new();
    private HashSet<string>? states;
    private HashSet<string>? nodes;

    public JobSelection Asked => asked;

    /// <summary>Reads and checks the body; null after a refusal was sent.</summary>
    public static async Task<Selection?> ReadAsync(HttpContext context)
    {
        if (await Body.ReadAsync(context, Wire.Strict.JobSelection) is not { } request) return null;
        var selection = new Selection { asked = request };
        if (selection.Check() is not { } error) return selection;
        await Reply.RefuseAsync(context, 400, error.Code, error.Sentence);
        return null;
    }

    /// <summary>Asks <paramref name="decide"/> for each job that is meant and sends the outcomes.</summary>
    /// <param name="decideAll">Asked once, after each was found right; its refusal is everybody's.</param>
    public async Task AnswerAsync(HttpContext context, Engine.Engine engine, Func<Batch, Target, Actor, Refusal?> decide, Func<Batch, Actor, Refusal?>? decideAll = null)
    {
        var user = context.User();
        var (ok, result) = await context.AskOrRefuseAsync(engine, batch =>
        {
            var outcomes = new List<SelectionOutcome>();
            foreach (var target in Targets(batch.Cluster, user))
            {
                var refusal = target.Refusal ?? decide(batch, target, user.Actor);
                outcomes.Add(new SelectionOutcome(target.Name, refusal?.Code, refusal?.ToString() ?? ""));
            }
            if (decideAll is not null && outcomes.TrueForAll(o => o.Code is null) && decideAll(batch, user.Actor) is { } no)
                outcomes = outcomes.ConvertAll(o => o with { Code = no.Code, Sentence = no.ToString() });
            return new SelectionResult([.. outcomes]);
        });
        if (ok) await Reply.JsonAsync(context, result!, ApiJson.Default.SelectionResult);
    }

    private Refusal? Check()
    {
        if (asked.Jobs.Length > NamesMax) return new Refusal(RefusalCodes.InvalidRequest, $"{asked.Jobs.Length} jobs are named, more than {NamesMax}");
        foreach (var text in asked.Jobs)
        {
            if (text is null || !JobIdSpec.TryParse(text, out var id, out var error)) return new Refusal(RefusalCodes.InvalidJobId, text is null ? "a job id is null" : "Invalid job id specified");
            named.Add((text, id!));
        }
        foreach (var (what, text) in new[] { ("user", asked.User), ("partition", asked.Partition), ("name", asked.Name), ("account", asked.Account), ("nodeList", asked.NodeList) })
            if (TextRules.Error(what, text, 65_536) is { } error) return new Refusal(RefusalCodes.InvalidRequest, error);
        if (asked.Signal is < 0 or > SignalName.Max) return new Refusal(RefusalCodes.InvalidRequest, $"signal is {asked.Signal}; it can be 0 to {SignalName.Max}");
        foreach (var state in asked.States)
        {
            if (state is null) return new Refusal(RefusalCodes.InvalidRequest, "a state is null");
            (states ??= []).Add(JobStates.Long(state));
        }
        if (!string.IsNullOrEmpty(asked.NodeList))
        {
            if (!Hostlist.TryExpand(asked.NodeList, out var hosts, out var error)) return new Refusal(RefusalCodes.InvalidNodeName, error);
            nodes = [.. hosts];
        }
        return named.Count == 0 && !HasFilter ? new Refusal(RefusalCodes.InvalidRequest, "no job is named and there is no filter") : null;
    }

    private bool HasFilter => !string.IsNullOrEmpty(asked.User) || !string.IsNullOrEmpty(asked.Partition) || !string.IsNullOrEmpty(asked.Name)
        || !string.IsNullOrEmpty(asked.Account) || states is not null || nodes is not null;

    private IEnumerable<Target> Targets(Cluster cluster, Caller.Local user)
    {
        if (named.Count == 0)
        {
            foreach (var job in new List<Job>(cluster.Jobs.Values))
            {
                // Without a user named, a filter means one's own jobs, except for operators.
                if (job.IsOver || !Matches(job) || (string.IsNullOrEmpty(asked.User) && !user.MaySee(job.Spec.Uid))) continue;
                yield return new Target(Name(job), job, null, null, null);
            }
            yield break;
        }
        foreach (var (text, id) in named)
        {
            var found = new List<Job>(JobSelectors.Find(cluster, id));
            if (found.Count == 0) yield return new Target(text, null, id, null, new Refusal(RefusalCodes.InvalidJobId, "Invalid job id specified"));
            else if (!HasFilter) yield return new Target(text, id.Tasks is null || found.Count > 1 ? cluster.FindJob(id.JobId) ?? found[0] : found[0], id, found, null);
            else
                foreach (var job in found)
                    if (Matches(job)) yield return new Target(text, job, id, [job], null);
        }
    }

    private bool Matches(Job job)
    {
        var spec = job.Spec;
        if (!string.IsNullOrEmpty(asked.User) && asked.User != spec.User && asked.User != spec.Uid.ToString(CultureInfo.InvariantCulture)) return false;
        if (!string.IsNullOrEmpty(asked.Partition) && asked.Partition != spec.Partition) return false;
        if (!string.IsNullOrEmpty(asked.Name) && asked.Name != spec.Name) return false;
        if (!string.IsNullOrEmpty(asked.Account) && asked.Account != spec.Account) return false;
        if (states is not null && !states.Contains(JobStates.Name(job))) return false;
        if (nodes is null) return true;
        foreach (var share in job.Shares)
            if (nodes.Contains(share.Node)) return true;
        return false;
    }

    private static string Name(Job job) => job.ArrayTask is { } task
        ? string.Create(CultureInfo.InvariantCulture, $"{job.ArrayJobId ?? job.Id}_{task}") : job.Id.ToString(CultureInfo.InvariantCulture);
}

/// <param name="Name">As the caller wrote it, or the job's own name.</param>
/// <param name="Job">The job, or the array's record; null with a refusal.</param>
/// <param name="Id">Null when a filter found it.</param>
/// <param name="All">Everything that <paramref name="Id"/> means.</param>
internal sealed record Target(string Name, Job? Job, JobIdSpec? Id, IReadOnlyList<Job>? All, Refusal? Refusal)
{
    /// <summary>Of the job, or of the array whose tasks are meant.</summary>
    public uint JobId => Tasks is null ? Job!.Id : Id!.JobId;
    /// <summary>The tasks that were named; null: all.</summary>
    public IReadOnlyList<Core.Journal.ArrayRange>? Tasks => Id?.Tasks is { } ranges ? Cancel.Ranges(ranges) : null;

    /// <summary>The jobs meant, one by one.</summary>
    public IReadOnlyList<Job> Each => All ?? (Job is null ? [] : [Job]);
}
