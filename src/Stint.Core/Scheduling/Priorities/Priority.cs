using Stint.Core.Accounts;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Scheduling.Priorities;

namespace Stint.Core;

// Multifactor priority as Slurm computes it (priority_multifactor.html). Everything but the age is the same for a class of jobs and is
// worked out once per class, partition and change of shares, accounts, nodes or configuration.
public sealed partial class Cluster
{
    private const double PriorityMax = uint.MaxValue;
    /// <summary>First come, first served gives no numbers; a number that an admin set is compared with Slurm's first one there.</summary>
    private const double BasicPriority = 4_294_901_759;

    private long priorityVersion;
    private long priorityNodes = -1;
    private PriorityNorms norms = new(1, 1, 1, 0, 0);
    private readonly Dictionary<Partition, Dictionary<int, long>> partitionTres = [];

    /// <summary>What factors are divided by.</summary>
    private readonly record struct PriorityNorms(double PartitionMax, double QosMax, double AssociationMax, long Cpus, long Nodes);

    /// <summary>Larger goes first; equal goes by <see cref="Job.Order"/>. Comparable among jobs of one partition tier.</summary>
    private double PriorityOf(Job job, Partition partition, Instant now)
    {
        var standing = StandingOf(job, partition);
        var key = job.Policy!.Key;
        var settings = Config.Priority;
        if (settings is not { Multifactor: true }) return key.Priority >= 0 ? key.Priority - BasicPriority : 0;
        if (key.Priority >= 0) return key.Priority;
        if (priorityNodes != nodesVersion) Renorm();
        if (standing.PriorityVersion != priorityVersion)
        {
            standing.Priority = ClassPriority(standing, job.Policy, settings);
            standing.PriorityVersion = priorityVersion;
        }
        return Whole(standing.Priority + AgeFactor(job, settings, now) * settings.WeightAge);
    }

    /// <summary>Priority 0 is for held jobs, so that a job that may run has at least 1.</summary>
    private static double Whole(double sum) => Math.Floor(Math.Clamp(sum, 1, PriorityMax));

    private static double AgeFactor(Job job, PrioritySettings settings, Instant now)
    {
        if (settings.WeightAge == 0 || settings.MaxAgeMs <= 0) return 0;
        var since = settings.CalculateAccrueAlways ? job.Submitted : job.Eligible;
        if (!since.IsSet || since >= now) return 0;
        return Math.Min(1, (double)(now.Milliseconds - since.Milliseconds) / settings.MaxAgeMs);
    }

    private double ClassPriority(Standing standing, PolicyClass @class, PrioritySettings settings)
    {
        var sum = FairShareFactor(standing) * settings.WeightFairShare + SizeFactorOf(standing, @class, settings) * settings.WeightJobSize
            + PartitionFactor(standing.Partition) * settings.WeightPartition + QosFactor(standing) * settings.WeightQos
            + @class.Key.Site - (double)@class.Key.Nice;
        if (settings.WeightAssociation > 0) sum += AssociationFactor(standing) * settings.WeightAssociation;
        if (settings.WeightTres.Count == 0) return sum;
        foreach (var (_, part) in TresFactors(standing, settings)) sum += part.Weighted;
        return sum;
    }

    /// <summary>All factors of a pending job, in one of its partitions. Null: no such job, or it does not wait.</summary>
    /// <param name="partition">Empty: the first that it named.</param>
    public PriorityBreakdown? PriorityBreakdownOf(uint jobId, string partition, Instant now)
    {
        if (FindJob(jobId) is not { State: JobState.Pending } job) return null;
        var queue = QueueFor(partition.Length > 0 ? partition : PartitionNames(job.Spec.Partition)[0]);
        var total = PriorityOf(job, queue, now);
        var (standing, key, settings) = (StandingOf(job, queue), job.Policy!.Key, Config.Priority ?? new PrioritySettings());
        return new PriorityBreakdown(job.Id, queue.Name, total, key.Priority >= 0,
            new PriorityPart(AgeFactor(job, settings, now), settings.WeightAge),
            new PriorityPart(FairShareFactor(standing), settings.WeightFairShare),
            new PriorityPart(SizeFactorOf(standing, job.Policy, settings), settings.WeightJobSize),
            new PriorityPart(PartitionFactor(queue), settings.WeightPartition),
            new PriorityPart(QosFactor(standing), settings.WeightQos),
            new PriorityPart(AssociationFactor(standing), settings.WeightAssociation),
            TresFactors(standing, settings), key.Nice, key.Site);
    }

    private static double FairShareFactor(Standing standing) => standing.Holders.Association?.FairShare ?? 0;

    private double SizeFactorOf(Standing standing, PolicyClass @class, PrioritySettings settings) => settings.WeightJobSize == 0 ? 0
        : SizeFactor.Of(standing.Request.Nodes, standing.Request.Of(TresTable.Cpu), @class.Key.TimeLimitMs, norms.Nodes, norms.Cpus,
            settings.FavorSmall, settings.SmallRelativeToTime);

    private double PartitionFactor(Partition partition) => JobFactor(partition.Spec) / norms.PartitionMax;

    /// <summary>Not set is Slurm's default.</summary>
    private static double JobFactor(PartitionSpec spec) => Math.Max(1, spec.PriorityJobFactor);

    private double QosFactor(Standing standing) => (standing.Holders.JobQos?.Spec.Priority ?? 0) / norms.QosMax;

    private double AssociationFactor(Standing standing)
    {
        if (standing.Holders.Association is { } association)
            foreach (var node in association.Chain())
                if (node.Spec.Priority > 0) return node.Spec.Priority / norms.AssociationMax;
        return 0;
    }

    /// <summary>Of each weighted resource the part that the job asks of what the partition has.</summary>
    private List<(string Name, PriorityPart Part)> TresFactors(Standing standing, PrioritySettings settings)
    {
        var parts = new List<(string, PriorityPart)>(settings.WeightTres.Count);
        foreach (var weight in settings.WeightTres)
        {
            var id = accounts.Tres.Intern(weight.Tres);
            var all = TresOf(standing.Partition).GetValueOrDefault(id);
            parts.Add((weight.Tres, new PriorityPart(all > 0 ? (double)standing.Request.Of(id) / all : 0, weight.Value)));
        }
        return parts;
    }

    private Dictionary<int, long> TresOf(Partition partition)
    {
        if (priorityNodes != nodesVersion) Renorm();
        if (partitionTres.TryGetValue(partition, out var known)) return known;
        var table = accounts.Tres;
        var sum = new Dictionary<int, long> { [TresTable.Node] = partition.Nodes.Count };
        void Add(int id, long count) => sum[id] = sum.GetValueOrDefault(id) + count;
        foreach (var node in partition.Nodes)
        {
            Add(TresTable.Cpu, node.Hardware.Cpus);
            Add(TresTable.Memory, (long)(node.Hardware.MemoryBytes >> 20));
            Add(TresTable.Disk, (long)(node.Hardware.DiskBytes >> 20));
            foreach (var gres in node.Hardware.Gres)
            {
                var count = gres.Units.Count > 0 ? gres.Units.Count : (long)gres.Count;
                Add(table.Intern("gres/" + gres.Name), count);
                if (gres.Type.Length > 0) Add(table.Intern($"gres/{gres.Name}:{gres.Type}"), count);
            }
        }
        Add(TresTable.Billing, sum[TresTable.Node] == 0 ? 0 : Billing(partition.Spec, sum));
        partitionTres.Add(partition, sum);
        return sum;
    }

    private long Billing(PartitionSpec spec, Dictionary<int, long> counts)
    {
        if (spec.BillingWeights.Count == 0) return counts.GetValueOrDefault(TresTable.Cpu);
        double sum = 0;
        foreach (var weight in spec.BillingWeights) sum += weight.Value * counts.GetValueOrDefault(accounts.Tres.Intern(weight.Tres));
        return (long)Math.Clamp(sum, 0, 1e15);
    }

    /// <summary>Nodes, partitions, QOS or associations changed: what factors are divided by is worked out again.</summary>
    private void Renorm()
    {
        priorityNodes = nodesVersion;
        priorityVersion++;
        partitionTres.Clear();
        var (partitionMax, qosMax, associationMax) = (1.0, 1.0, 1.0);
        foreach (var partition in partitions) partitionMax = Math.Max(partitionMax, JobFactor(partition.Spec));
        foreach (var qos in accounts.Qos.Values) qosMax = Math.Max(qosMax, qos.Spec.Priority);
        foreach (var association in accounts.Associations.Values) associationMax = Math.Max(associationMax, association.Spec.Priority);
        var (cpus, count) = (0L, 0L);
        foreach (var node in nodes.Values)
        {
            cpus += node.Hardware.Cpus;
            count++;
        }
        norms = new PriorityNorms(partitionMax, qosMax, associationMax, cpus, count);
    }
}
