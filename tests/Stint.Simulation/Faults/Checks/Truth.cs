using Stint.Agent.Launch;

namespace Stint.Simulation.Faults.Checks;

/// <summary>
/// What really runs, seen from the machines and not from the cluster's books. Promises are checked at the moment at which they could be broken.
/// </summary>
internal sealed class Truth(World world)
{
    private readonly Dictionary<(string Node, StepId Id), RunningStep> steps = [];
    private readonly Dictionary<(uint Job, uint Attempt), string> batchHosts = [];
    private readonly List<RunningStep> alive = [];
    private readonly Dictionary<string, long> nodeTrouble = new(StringComparer.Ordinal), silence = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, StepId), long> stepTrouble = [];
    private readonly HashSet<string> fullDisks = new(StringComparer.Ordinal);

    public IReadOnlyList<RunningStep> Alive => alive;
    public int Started_ => steps.Count;

    public RunningStep? Find(string node, StepId id) => steps.GetValueOrDefault((node, id));

    public void Started(RunningStep step, long nowUs)
    {
        world.Trace($"runs: {step}");
        world.Promise(steps.TryAdd((step.Node, step.Id), step), "once", $"{step} runs a second time");
        if (step.Id.IsBatch)
            world.Promise(batchHosts.TryAdd((step.Id.Job, step.Id.Attempt), step.Node), "once",
                $"the script of job {step.Id.Job} attempt {step.Id.Attempt} runs on {step.Node} and on {batchHosts.GetValueOrDefault((step.Id.Job, step.Id.Attempt))}");
        world.Promise(!world.Books.IsBookedOver(step), "once", $"{step} begins although its end is booked");
        step.StartedUs = nowUs;
        CheckRoom(step);
        foreach (var other in alive)
            world.Promise(other.Id.Job != step.Id.Job || other.Id.Attempt == step.Id.Attempt || world.Books.WasGivenUp(other), "sequence",
                $"{step} begins while {other} still runs");
        alive.Add(step);
    }

    /// <summary>Cpus are one job's alone, and all jobs' memory is there.</summary>
    private void CheckRoom(RunningStep step)
    {
        var memory = new Dictionary<uint, ulong> { [step.Id.Job] = step.Limits!.MemoryBytes };
        foreach (var other in alive)
        {
            if (other.Node != step.Node || other.Id.Job == step.Id.Job) continue;
            world.Promise(!Overlap(step.Limits.Cpus.Span, other.Limits!.Cpus.Span), "cpus", $"{step} and {other} have cpus in common");
            foreach (var gres in step.Limits.Gres)
                foreach (var theirs in other.Limits.Gres)
                    world.Promise(gres.Name != theirs.Name || gres.Type != theirs.Type || !gres.Indices.Intersect(theirs.Indices).Any(), "gres",
                        $"{step} and {other} have a {gres.Name} in common");
            memory[other.Id.Job] = Math.Max(memory.GetValueOrDefault(other.Id.Job), other.Limits.MemoryBytes);
        }
        ulong sum = 0;
        foreach (var bytes in memory.Values) sum += bytes;
        var there = world.Node(step.Node).Plan.MemoryBytes;
        world.Promise(sum <= there, "memory", $"with {step}, jobs on {step.Node} may use {sum} bytes; it has {there}");
    }

    private static bool Overlap(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
            if ((a[i] & b[i]) != 0) return true;
        return false;
    }

    public void Ended(RunningStep step, long nowUs, EndedBy by)
    {
        if (!step.IsAlive) return;
        step.EndedUs = nowUs;
        step.EndedBy = by;
        alive.Remove(step);
        world.Trace($"ends: {step} by {by}");
        world.Books.CheckLimit(step);
    }

    public void NodeIsOff(string node, long nowUs)
    {
        foreach (var step in alive.ToArray())
            if (step.Node == node) Ended(step, nowUs, EndedBy.PowerOff);
    }

    // What may excuse an end that is not the program's own.

    public void NodeTrouble(string node) => nodeTrouble[node] = world.Queue.NowUs;
    public void StepTrouble(string node, StepId id) => stepTrouble[(node, id)] = world.Queue.NowUs;
    public void Silence(string node, long untilUs) => silence[node] = Math.Max(silence.GetValueOrDefault(node), untilUs);
    public void DiskFull(string node) => fullDisks.Add(node);

    public bool HadNodeTrouble(string node, long sinceUs) => nodeTrouble.TryGetValue(node, out var at) && at >= sinceUs;
    public bool HadStepTrouble(string node, StepId id) => stepTrouble.ContainsKey((node, id));
    public bool WasSilent(string node, long sinceUs) => silence.TryGetValue(node, out var until) && until >= sinceUs;
    public bool HadFullDisk(string node) => fullDisks.Contains(node);
}
