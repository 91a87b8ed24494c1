using System.Text.RegularExpressions;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core.Tests.Reasons;

/// <summary>
/// Takes away what a reason names, and nothing else: what to do follows from the reason's name, its sentence and the job's own request,
/// as it would for a person who reads <c>stint explain</c>.
/// </summary>
internal sealed partial class Removal(Trial trial, Waiting why)
{
    private const uint High = uint.MaxValue - 1;
    private Job Job => trial.Job;

    /// <summary>False: what runs stays, as its end could take away more than what is named.</summary>
    public bool MayEnd { get; init; } = true;

    /// <summary>False: nobody knows what would help.</summary>
    public bool Apply()
    {
        switch (why.Reason)
        {
            case PendingReason.JobHeldUser: trial.Do(new ReleaseJob(Job.Id, Lab.User(Job.Spec.Uid))); return true;
            case PendingReason.JobHeldAdmin or PendingReason.ReservationDeleted: trial.Do(new ReleaseJob(Job.Id, Lab.Root)); return true;
            case PendingReason.BeginTime: return Change(new JobChange { BeginMs = trial.Now.Milliseconds });
            case PendingReason.Dependency: return DropDependencies();
            case PendingReason.DependencyNeverSatisfied: return Change(new JobChange { Dependencies = [] });
            case PendingReason.JobArrayTaskLimit: return Change(new JobChange { ArrayThrottle = 1_000 });
            case PendingReason.Priority: return GoFirst();
            case PendingReason.Resources: return EndJobsInTheWay();
            case PendingReason.Licenses: return MoreLicences();
            case PendingReason.Reservation: return OpenReservation();
            case PendingReason.ReservationInvalid: trial.Do(new UpdateReservation(Named(@"reservation (\S+) does not let"), new ReservationChange { UsersAdded = [Job.Spec.User] }, Lab.Root)); return true;
            case PendingReason.ReqNodeNotAvail: return ReturnNodes();
            case PendingReason.AssociationJobLimit or PendingReason.AssociationResourceLimit: return RaiseTier();
            default: return new LimitRemoval(trial, why).Apply();
        }
    }

    private bool Change(JobChange change) => trial.Try(new UpdateJob(Job.Id, change, Lab.Root)).Refusal is null;

    private string Named(string pattern)
    {
        var match = Regex.Match(why.Detail, pattern);
        Assert.True(match.Success, $"{why.Reason} says \"{why.Detail}\", which does not name its obstacle");
        return match.Groups[1].Value;
    }

    private string[] Names(string pattern) => Named(pattern).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Those that the sentence names, and no other.</summary>
    private bool DropDependencies()
    {
        var named = DependencyWord().Matches(why.Detail).Select(static match => match.Value).ToHashSet();
        // What keeps the first component keeps all.
        var job = Job.Spec.HetJobId != 0 && !Job.Spec.Dependencies.Any(dependency => named.Contains(Word(dependency))) ? trial.Cluster.Jobs[Job.Spec.HetJobId] : Job;
        var kept = job.Spec.Dependencies.Where(dependency => !named.Contains(Word(dependency))).ToList();
        if (named.Count == 0 || kept.Count == job.Spec.Dependencies.Count) return false;
        // Nobody may be made to wait for a job that is over and forgotten.
        kept.RemoveAll(dependency => dependency.JobId != 0 && !trial.Cluster.Jobs.ContainsKey(dependency.JobId));
        // Any of them would do: without those that are not there yet, the others must.
        return trial.Try(new UpdateJob(job.Id, new JobChange { Dependencies = job.Spec.DependencyAny ? [] : kept }, Lab.Root)).Refusal is null;
    }

    /// <summary>What it waits for does not come by itself: the room that others leave is not for the jobs that it depends on.</summary>
    public static void Hold(Trial trial)
    {
        foreach (var dependency in trial.Job.Spec.Dependencies)
            if (dependency.JobId != 0) trial.Try(new HoldJob(dependency.JobId, Lab.Root));
    }

    private static string Word(Dependency dependency) => dependency.Kind == "singleton" ? "singleton"
        : dependency.HasArrayTask ? $"{dependency.Kind}:{dependency.JobId}_{dependency.ArrayTask}" : $"{dependency.Kind}:{dependency.JobId}";

    [GeneratedRegex(@"singleton|after\w*:\d+(_\d+)?")]
    private static partial Regex DependencyWord();

    /// <summary>The job that it is behind is a pending one, and goes before it; then it goes before all.</summary>
    private bool GoFirst()
    {
        Assert.True(trial.Cluster.Jobs.TryGetValue(why.Behind, out var head) && head.State == JobState.Pending, $"it is behind job {why.Behind}, which does not wait");
        var (mine, theirs) = (Partitions(Job), Partitions(head));
        Assert.True(mine.Any(name => theirs.Any(other => Nodes(name).Intersect(Nodes(other)).Any())), $"job {why.Behind} waits for other nodes");
        return MakeFirst(mine);
    }

    private bool MakeFirst(string[] mine)
    {
        // A partition that goes first would go first again.
        var lowest = mine.Min(Tier);
        if (trial.Cluster.Partitions.Any(other => other.Spec.Tier > lowest && mine.Any(name => Nodes(name).Intersect(other.Nodes).Any())))
            trial.Configure(config => { foreach (var partition in config.Partitions) if (mine.Contains(partition.Name)) partition.PriorityTier = 1_000; });
        trial.Do(new UpdateJob(Job.Spec.HetJobId != 0 ? Job.Spec.HetJobId : Job.Id, new JobChange { Priority = High }, Lab.Root));
        return true;
    }

    private uint Tier(string partition) => trial.Cluster.FindPartition(partition)!.Spec.Tier;

    /// <summary>
    /// The plan names the nodes: what runs there ends. Without a plan (what runs outlasts the reservation, or has no end), and where it waits for
    /// the end of a reservation rather, the jobs on all of its nodes are what is in the way.
    /// </summary>
    private bool EndJobsInTheWay()
    {
        // Whoever waits for a limit alone would take what those that end leave of that limit, and of the nodes.
        MakeFirst(Partitions(Job));
        var names = why.Planned is { } planned && !planned.Nodes.Any(name => trial.Cluster.ReservationsOn(name, trial.Now).Any()) ? planned.Nodes
            : Partitions(Job).SelectMany(Nodes).Select(static node => node.Name).Distinct().ToList();
        foreach (var name in names)
            if (trial.Cluster.Nodes.TryGetValue(name, out var node))
                foreach (var running in node.Jobs.ToList()) trial.End(running);
        return true;
    }

    /// <summary>Of all components.</summary>
    private string[] Partitions(Job job) => [.. trial.Cluster.HetGroup(job).SelectMany(static member => member.Spec.Partition.Split(',')).Distinct()];

    private IEnumerable<Core.Nodes.Node> Nodes(string partition) => trial.Cluster.FindPartition(partition)!.Nodes;

    /// <summary>In place of <see cref="GoFirst"/> and <see cref="EndJobsInTheWay"/>: it goes first, and there are more idle nodes of every kind, so that nothing that runs has to end.</summary>
    public static void MakeRoom(Trial trial)
    {
        var partitions = trial.Cluster.HetGroup(trial.Job).SelectMany(static member => member.Spec.Partition.Split(',')).ToHashSet();
        // A priority that somebody sets releases the job.
        if (!trial.Job.Held) trial.Do(new UpdateJob(trial.Job.Spec.HetJobId != 0 ? trial.Job.Spec.HetJobId : trial.Job.Id, new JobChange { Priority = High }, Lab.Root));
        trial.Configure(config =>
        {
            foreach (var partition in config.Partitions.Where(partition => partitions.Contains(partition.Name)))
                (partition.PriorityTier, partition.Nodes) = (1_000, partition.Nodes + (partition.Name == "gpu" ? ",ga[1-6],gh[1-6]" : ",ci[1-8],ca[1-8]"));
            config.Nodes.Add(new NodeSpec { Nodes = "ci[1-8]", Features = { "intel", "fast" } });
            config.Nodes.Add(new NodeSpec { Nodes = "ca[1-8]", Features = { "amd", "fast", "old" } });
            config.Switches.Single(static one => one.Name == "s1").Nodes += ",ci[1-8],ca[1-8],ga[1-6],gh[1-6]";
        });
        foreach (var (name, like, count) in new[] { ("ci", "c1", 8), ("ca", "c1", 8), ("ga", "g1", 6), ("gh", "g5", 6) })
            for (var i = 1; i <= count; i++)
            {
                var node = trial.Cluster.Nodes[like].Registration.Clone();
                node.Name = node.Hostname = $"{name}{i}";
                trial.Do(new RegisterNode(node));
            }
    }

    private bool MoreLicences()
    {
        var missing = LicenceWord().Matches(why.Detail).Select(static match => (Count: int.Parse(match.Groups[1].Value), Name: match.Groups[2].Value)).ToList();
        if (missing.Count == 0) return false;
        trial.Configure(config => config.Licenses = string.Join(',', config.Licenses.Split(',').Select(static licence => licence.Split(':'))
            .Select(parts => $"{parts[0]}:{int.Parse(parts[1]) + missing.Where(one => one.Name == parts[0]).Sum(static one => one.Count)}")));
        return true;
    }

    [GeneratedRegex(@"(\d+) of licence (\w+)")]
    private static partial Regex LicenceWord();

    private bool OpenReservation()
    {
        if (why.Detail.Contains("has not started", StringComparison.Ordinal))
        {
            var name = Named(@"reservation (\S+) has not started");
            trial.Do(new UpdateReservation(name, new ReservationChange { StartMs = trial.Now.Milliseconds, EndMs = trial.Cluster.Reservations[name].Spec.EndMs, FlagsAdded = ["IGNORE_JOBS"] }, Lab.Root));
            return true;
        }
        if (why.Detail.Contains("does not have what", StringComparison.Ordinal))
        {
            var name = Named(@"reservation (\S+) does not have what");
            var more = trial.Cluster.FindPartition(Job.Spec.Partition.Split(',')[0])!.Nodes.Where(static node => node.TakesJobs).Select(static node => node.Name);
            trial.Do(new UpdateReservation(name, new ReservationChange { NodesAdded = string.Join(',', more), FlagsAdded = ["IGNORE_JOBS", "OVERLAP"] }, Lab.Root));
            return true;
        }
        return DeleteReservations(@"when reservation (.+) needs the resources");
    }

    private bool DeleteReservations(string pattern)
    {
        foreach (var name in Names(pattern))
        {
            if (!MayEnd && trial.Cluster.Reservations[name].Jobs.Count > 0) continue;
            foreach (var running in trial.Cluster.Reservations[name].Jobs.ToList()) trial.End(running);
            trial.Do(new DeleteReservation(name, Lab.Root));
        }
        return true;
    }

    private bool ReturnNodes()
    {
        if (why.Detail.Contains("maintenance", StringComparison.Ordinal)) return DeleteReservations("Reserved for maintenance: (.+)");
        foreach (var name in Names(@"not responding: (\S+)")) trial.Do(new UpdateNode(name, Lab.Root, null, null, "") { State = NodeTarget.Resume });
        return true;
    }

    private bool RaiseTier()
    {
        var name = Named(@"tier (\S+) allows");
        trial.Configure(config =>
        {
            var tier = config.Tiers.Single(tier => tier.Name == name);
            var perJob = why.Detail.Contains("per job", StringComparison.Ordinal);
            if (why.Detail.StartsWith("jobs", StringComparison.Ordinal)) tier.MaxJobs = 10_000;
            else if (perJob) tier.JobCpus = 10_000;
            else tier.UserCpus = 10_000;
        });
        return true;
    }
}
