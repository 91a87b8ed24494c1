using Stint.Core.Arrays;
using Stint.Core.Jobs;
using Stint.Core.Journal;

namespace Stint.Core;

// Slurm's rules (sbatch(1), --dependency). A job that was never known, or is forgotten, satisfies every kind; such
// dependencies are dropped at submission, so that a later job with that id means nothing to this one.
public sealed partial class Cluster
{
    private enum DependencyState { NotYet, Satisfied, Never }

    private const int DependenciesNamedMax = 8;

    /// <summary>Who waits for a job (or an array as a whole); also what keeps that job from being forgotten.</summary>
    private readonly Dictionary<uint, HashSet<uint>> dependents = [];
    /// <summary>Those among them that look at single tasks of that array.</summary>
    private readonly Dictionary<uint, HashSet<uint>> taskDependents = [];

    private Refusal? CheckDependencies(JobSpec spec, uint ownId)
    {
        if (spec.Dependencies.Count > DependenciesMax)
            return No(RefusalCodes.InvalidDependency,
                $"the job names {spec.Dependencies.Count} dependencies; the limit is {DependenciesMax}");
        foreach (var dependency in spec.Dependencies)
        {
            if (dependency.Kind == "afterburstbuffer")
                return No(RefusalCodes.InvalidDependency, "afterburstbuffer waits for burst buffers, which this cluster does not have", "Use afterany");
            if (dependency.Kind is not ("after" or "afterok" or "afternotok" or "afterany" or "aftercorr" or "singleton"))
                return No(RefusalCodes.InvalidDependency, $"\"{Short(dependency.Kind)}\" is not a kind of dependency",
                    "Use after, afterok, afternotok, afterany, aftercorr or singleton");
            if (dependency.DelayMs is < 0 or > SpanMsMax)
                return No(RefusalCodes.InvalidDependency, "the delay of a dependency is negative or too long");
            if (dependency.Kind != "singleton" && dependency.JobId == ownId)
                return No(RefusalCodes.InvalidDependency, $"job {ownId} can not depend on itself");
        }
        for (var i = spec.Dependencies.Count - 1; i >= 0; i--)
            if (spec.Dependencies[i].Kind != "singleton" && !jobs.ContainsKey(spec.Dependencies[i].JobId)) spec.Dependencies.RemoveAt(i);
        return null;
    }

    /// <summary>Whether the job's dependencies let it start; for an array with aftercorr: whether they let any task start.</summary>
    private DependencyState DependenciesOf(Job job, Instant now, out Instant wake)
    {
        wake = Instant.Never;
        if (job.Spec.Dependencies.Count == 0) return DependencyState.Satisfied;
        var (satisfied, never) = (0, 0);
        var any = job.Spec.DependencyAny;
        foreach (var dependency in job.Spec.Dependencies)
        {
            any |= dependency.AnySuffices;
            var verdict = Evaluate(job, dependency, now, ref wake);
            if (verdict == DependencyState.Satisfied) satisfied++;
            else if (verdict == DependencyState.Never) never++;
        }
        var count = job.Spec.Dependencies.Count;
        if (any) return satisfied > 0 ? DependencyState.Satisfied : never == count ? DependencyState.Never : DependencyState.NotYet;
        return never > 0 ? DependencyState.Never : satisfied == count ? DependencyState.Satisfied : DependencyState.NotYet;
    }

    private DependencyState Evaluate(Job job, Dependency dependency, Instant now, ref Instant wake)
    {
        if (dependency.Kind == "singleton") return IsFirstOfItsName(job) ? DependencyState.Satisfied : DependencyState.NotYet;
        if (!jobs.TryGetValue(dependency.JobId, out var target)) return DependencyState.Satisfied;
        if (dependency.Kind == "aftercorr")
        {
            if (job.IsArray && arrays.ContainsKey(target.Id)) return AnyCorresponding(job, target);
            if (job.ArrayTask is { } own && arrays.ContainsKey(target.Id)) return Task(target, own, "afterok", 0, now, ref wake);
        }
        var kind = dependency.Kind == "aftercorr" ? "afterok" : dependency.Kind;
        if (dependency.HasArrayTask && arrays.ContainsKey(target.Id))
            return Task(target, dependency.ArrayTask, kind, dependency.DelayMs, now, ref wake);
        return arrays.TryGetValue(target.Id, out var book) ? Whole(target, book, kind)
            : Single(target, kind, dependency.DelayMs, now, ref wake);
    }

    private static DependencyState Single(Job target, string kind, long delayMs, Instant now, ref Instant wake)
    {
        var moment = kind == "after" && target.Started.IsSet ? target.Started : target.Ended;
        if (kind == "after" ? !target.Started.IsSet && !target.IsOver : !target.IsOver) return DependencyState.NotYet;
        var ok = target.State == JobState.Completed;
        if (kind == "afterok" && !ok || kind == "afternotok" && ok) return DependencyState.Never;
        var due = new Instant(moment.Milliseconds + delayMs);
        if (delayMs == 0 || due <= now) return DependencyState.Satisfied;
        if (!wake.IsSet || due < wake) wake = due;
        return DependencyState.NotYet;
    }

    private DependencyState Task(Job array, uint task, string kind, long delayMs, Instant now, ref Instant wake)
    {
        if (FindTask(array.Id, task) is { } job) return Single(job, kind, delayMs, now, ref wake);
        if (array.IsArray && array.State == JobState.Pending && array.Unstarted!.Contains(task)) return DependencyState.NotYet;
        if (!IsTaskOf(array.Spec, task)) return DependencyState.Satisfied;
        return kind == "afterok" ? DependencyState.Never : DependencyState.Satisfied;       // it was cancelled before it started
    }

    private static bool IsTaskOf(JobSpec spec, uint task)
    {
        foreach (var range in spec.Array)
            if (task >= range.First && task <= range.Last && (task - range.First) % Math.Max(1, range.Step) == 0) return true;
        return false;
    }

    /// <summary>An array as a whole: it is done when no task is unstarted or alive.</summary>
    private static DependencyState Whole(Job array, ArrayBook book, string kind)
    {
        var unstarted = array.IsArray && array.State == JobState.Pending ? array.PendingTaskCount : 0;
        if (kind == "after") return unstarted == 0 ? DependencyState.Satisfied : DependencyState.NotYet;
        if (kind == "afterok" && book.FinishedBad > 0) return DependencyState.Never;
        if (unstarted > 0 || book.Live > 0) return DependencyState.NotYet;
        return kind == "afternotok" && book.FinishedBad == 0 ? DependencyState.Never : DependencyState.Satisfied;
    }

    private DependencyState AnyCorresponding(Job array, Job target)
    {
        var wake = Instant.Never;
        var never = 0;
        foreach (var task in array.Unstarted!.Tasks())
        {
            var verdict = Task(target, task, "afterok", 0, Instant.Never, ref wake);
            if (verdict == DependencyState.Satisfied) return verdict;
            if (verdict == DependencyState.Never) never++;
        }
        return never == array.PendingTaskCount ? DependencyState.Never : DependencyState.NotYet;
    }

    /// <summary>Unstarted tasks whose counterparts (aftercorr) let them start, ascending. All of them without aftercorr.</summary>
    private IEnumerable<uint> FreeTasks(Job array)
    {
        var targets = array.Spec.Dependencies
            .Where(dependency => dependency.Kind == "aftercorr" && arrays.ContainsKey(dependency.JobId))
            .Select(dependency => jobs[dependency.JobId]).ToList();
        if (targets.Count == 0 || array.Spec.DependencyAny) return array.Unstarted!.Tasks();
        var wake = Instant.Never;
        return array.Unstarted!.Tasks().Where(task =>
            targets.TrueForAll(target => Task(target, task, "afterok", 0, Instant.Never, ref wake) == DependencyState.Satisfied));
    }

    /// <summary>Those that are not fulfilled yet, as <c>--dependency</c> writes them, each with how its job stands.</summary>
    private string WaitsFor(Job job)
    {
        var open = new List<string>();
        var wake = Instant.Never;
        foreach (var dependency in job.Spec.Dependencies)
        {
            if (open.Count == DependenciesNamedMax) { open.Add("…"); break; }
            if (Evaluate(job, dependency, passAt, ref wake) == DependencyState.NotYet) open.Add(Describe(job, dependency));
        }
        return "waits for " + string.Join(job.Spec.DependencyAny ? " or " : " and ", open);
    }

    private string Describe(Job job, Dependency dependency)
    {
        if (dependency.Kind == "singleton")
            return $"singleton (job {unfinishedByName![(job.Spec.Uid, job.Spec.Name)].Min()} has its name)";
        var target = dependency.HasArrayTask ? $"{dependency.JobId}_{dependency.ArrayTask}" : $"{dependency.JobId}";
        var state = (dependency.HasArrayTask ? FindTask(dependency.JobId, dependency.ArrayTask) : null) ?? jobs[dependency.JobId];
        return $"{dependency.Kind}:{target} ({(state.State == JobState.Completing ? "completing" : state.State.ToString().ToLowerInvariant())})";
    }

    private static bool IsSingleton(Job job)
    {
        foreach (var dependency in job.Spec.Dependencies)
            if (dependency.Kind == "singleton") return true;
        return false;
    }

    /// <summary>No earlier job of that user and name is unfinished. Tasks of one array do not wait for each other.</summary>
    private bool IsFirstOfItsName(Job job)
    {
        var own = job.ArrayJobId ?? job.Id;
        foreach (var id in unfinishedByName![(job.Spec.Uid, job.Spec.Name)])
            if ((jobs[id].ArrayJobId ?? id) < own) return false;
        return true;
    }

    private void RegisterDependent(Job job)
    {
        foreach (var dependency in job.Spec.Dependencies)
        {
            if (dependency.Kind == "singleton" || !jobs.ContainsKey(dependency.JobId)) continue;
            Enlist(dependents, dependency.JobId, job.Id);
            if (dependency.HasArrayTask || dependency.Kind is "after" or "aftercorr") Enlist(taskDependents, dependency.JobId, job.Id);
        }
    }

    private static void Enlist(Dictionary<uint, HashSet<uint>> index, uint target, uint dependent)
    {
        if (!index.TryGetValue(target, out var waiting)) index.Add(target, waiting = []);
        waiting.Add(dependent);
    }

    private void ForgetDependent(Job job)
    {
        foreach (var dependency in job.Spec.Dependencies)
        {
            Strike(dependents, dependency.JobId, job.Id);
            Strike(taskDependents, dependency.JobId, job.Id);
        }
    }

    private static void Strike(Dictionary<uint, HashSet<uint>> index, uint target, uint dependent)
    {
        if (index.TryGetValue(target, out var waiting) && waiting.Remove(dependent) && waiting.Count == 0) index.Remove(target);
    }

    /// <summary>Something happened to this job that a dependency may wait for.</summary>
    private void WakeDependents(Job job)
    {
        if (dependents.Count == 0) return;
        WakeAll(dependents, job.Id);
        if (job.ArrayJobId is not { } arrayId || arrayId == job.Id) return;
        WakeAll(taskDependents, arrayId);
        // The array's record can be forgotten before one of its ended tasks is requeued: then nobody waits for it.
        if (arrays.TryGetValue(arrayId, out var book) && (book.FinishedBad == 1 || IsSettled(jobs[arrayId], book)))
            WakeAll(dependents, arrayId);
    }

    private static bool IsSettled(Job array, ArrayBook book) =>
        book.Live == 0 && !(array.IsArray && array.State == JobState.Pending && array.PendingTaskCount > 0);

    private void WakeAll(Dictionary<uint, HashSet<uint>> index, uint target)
    {
        if (!index.TryGetValue(target, out var waiting)) return;
        foreach (var id in waiting.ToArray()) Wake(id);
    }
}
