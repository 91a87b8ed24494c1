using Stint.Core.Journal;
using Stint.Core.Partitions;
using Stint.Core.Resources;
using Stint.Core.Scheduling.Cycle;

namespace Stint.Core.Jobs;

/// <summary>
/// All pending jobs that nothing but resources and limits keeps from starting, as far as known: grouped into classes, so that a pass costs
/// their number, not the jobs'.
/// </summary>
internal sealed class JobQueue(Func<string, Partition> partitionOf)
{
    private readonly Dictionary<JobSpec, JobClass> classes = new(SpecEquality.Instance);
    private readonly Dictionary<(Request, string Reservation), (Shape Shape, int Users)> shapes = [];
    private readonly Dictionary<(Shape, Partition), (Prospect Prospect, int Users)> prospects = [];
    private readonly List<JobClass> fresh = [];

    /// <summary>Within a class the longest eligible goes first, not the first submitted.</summary>
    public bool IsByAge { get; private set; }
    public int Count { get; private set; }
    public IReadOnlyCollection<JobClass> Classes => classes.Values;
    /// <summary>Classes that got a job since they were looked at.</summary>
    public IReadOnlyList<JobClass> Fresh => fresh;

    public void Add(Job job)
    {
        if (job.Asked.Class is not { IsDropped: false } group)
        {
            var key = ClassKey.OfClass(job.Spec);
            if (!classes.TryGetValue(key, out group)) classes.Add(key, group = NewClass(key));
            job.Asked.Class = group;
        }
        group.Add(job);
        Count++;
        if (group.IsFresh) return;
        group.IsFresh = true;
        fresh.Add(group);
    }

    public void Remove(Job job)
    {
        if (job.Class is not { } group) return;
        foreach (var contender in group.Contenders)
            if (contender.Partition.BlockedHead == job.Id) contender.Partition.BlockedHead = 0;
        group.Remove(job);
        Count--;
        if (group.Count == 0) Drop(group);
    }

    /// <summary>Clears up what jobs left behind. Needed before a job's rank changes: the places are sorted by it, those of the gone too.</summary>
    public void Purge()
    {
        foreach (var group in classes.Values) group.Purge();
    }

    public void ForgetFresh()
    {
        foreach (var group in fresh) group.IsFresh = false;
        fresh.Clear();
    }

    /// <summary>Puts every job in its place again: the order inside the classes is another one.</summary>
    public void Reorder(bool byAge)
    {
        if (IsByAge == byAge) return;
        IsByAge = byAge;
        var all = classes.Values.SelectMany(static group => group.Jobs()).ToList();
        foreach (var job in all) Remove(job);
        foreach (var job in all) Add(job);
    }

    private JobClass NewClass(JobSpec key)
    {
        var shapeKey = (Request.Of(key), key.Reservation);
        var (shape, users) = shapes.TryGetValue(shapeKey, out var known) ? known : (new Shape(shapeKey.Item1), 0);
        shapes[shapeKey] = (shape, users + 1);
        var group = new JobClass(key, shape, IsByAge);
        var names = key.Partition.Split(',');
        group.Contenders = new Contender[names.Length];
        for (var i = 0; i < names.Length; i++) group.Contenders[i] = NewContender(group, partitionOf(names[i]));
        return group;
    }

    private Contender NewContender(JobClass group, Partition partition)
    {
        var (prospect, users) = prospects.TryGetValue((group.Shape, partition), out var known)
            ? known : (new Prospect(group.Shape, partition), 0);
        prospects[(group.Shape, partition)] = (prospect, users + 1);
        return new Contender(group, prospect);
    }

    private void Drop(JobClass group)
    {
        classes.Remove(group.Key);
        group.IsDropped = true;
        var shapeKey = (group.Shape.Request, group.Key.Reservation);
        var (shape, users) = shapes[shapeKey];
        if (users == 1) shapes.Remove(shapeKey);
        else shapes[shapeKey] = (shape, users - 1);
        foreach (var contender in group.Contenders)
        {
            var (prospect, others) = prospects[(group.Shape, contender.Partition)];
            if (others == 1) prospects.Remove((group.Shape, contender.Partition));
            else prospects[(group.Shape, contender.Partition)] = (prospect, others - 1);
        }
    }
}
