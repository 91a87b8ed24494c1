namespace Stint.Core.Accounts;

/// <summary>
/// What is running and waiting under one holder of limits: an association, a QOS, a user or account within a QOS, a user within a tier.
/// Derived from the jobs: exact integers, so that <see cref="Cluster.Audit"/> finds the same numbers whatever path led there.
/// </summary>
internal sealed class Meter
{
    private long[] used = [];
    // Minutes yet to run, in closed form: the sum of count × (end − now) over running jobs is ends − now × counts.
    private Int128[] runEnds = [];
    private long[] runCounts = [];
    // What the present pass plans. Stale (another pass's) plans count as nothing.
    private long[] planned = [];
    private Int128[] plannedRun = [];
    private int plannedJobs;
    private int plannedPass;

    /// <summary>Jobs that hold an allocation.</summary>
    public int Jobs { get; private set; }
    /// <summary>Jobs and array tasks that are not over.</summary>
    public int Submitted { get; private set; }

    public bool IsIdle => Jobs == 0 && Submitted == 0;

    public void Submit(int tasks) => Submitted += tasks;

    public void Start(JobTres tres) { Jobs++; Hold(tres, 1); }
    public void Stop(JobTres tres) { Jobs--; Hold(tres, -1); }

    /// <summary>Amounts without a job: so many times (less than 0: given back) what is asked.</summary>
    public void Hold(JobTres tres, int times)
    {
        foreach (var (id, count) in tres.Counts)
        {
            Grow(ref used, id);
            used[id] += times * count;
        }
    }

    /// <summary>The job's minutes that it may yet run are counted until its end.</summary>
    public void PlanRun(JobTres tres, long endMs, int sign)
    {
        foreach (var (id, count) in tres.Counts)
        {
            Grow(ref runEnds, id);
            Grow(ref runCounts, id);
            runEnds[id] += sign * (Int128)count * endMs;
            runCounts[id] += sign * count;
        }
    }

    public long Used(int id) => id < used.Length ? used[id] : 0;

    public int JobsIn(int pass) => Jobs + (plannedPass == pass ? plannedJobs : 0);

    public long UsedIn(int pass, int id) => Used(id) + (plannedPass == pass && id < planned.Length ? planned[id] : 0);

    /// <summary>Unit-milliseconds that running jobs may yet use.</summary>
    public Int128 RunLeft(int id, Instant now) => id < runEnds.Length ? runEnds[id] - (Int128)runCounts[id] * now.Milliseconds : 0;

    public Int128 RunLeftIn(int pass, int id, Instant now) =>
        RunLeft(id, now) + (plannedPass == pass && id < plannedRun.Length ? plannedRun[id] : 0);

    /// <summary>A start that this pass plans, or (-1) does not plan any more.</summary>
    public void Plan(int pass, JobTres tres, long forMs, int times = 1)
    {
        if (plannedPass != pass)
        {
            plannedPass = pass;
            plannedJobs = 0;
            Array.Clear(planned);
            Array.Clear(plannedRun);
        }
        plannedJobs += times;
        foreach (var (id, count) in tres.Counts)
        {
            Grow(ref planned, id);
            Grow(ref plannedRun, id);
            planned[id] += times * count;
            plannedRun[id] += times * (Int128)count * forMs;
        }
    }

    private static void Grow<T>(ref T[] array, int id)
    {
        if (id >= array.Length) Array.Resize(ref array, Math.Max(TresTable.FixedCount, id + 1));
    }

    public bool SameAs(Meter other)
    {
        if (Jobs != other.Jobs || Submitted != other.Submitted) return false;
        var length = Math.Max(Math.Max(used.Length, other.used.Length), Math.Max(runEnds.Length, other.runEnds.Length));
        for (var id = 0; id < length; id++)
            if (Used(id) != other.Used(id) || RunLeft(id, new(0)) != other.RunLeft(id, new(0)) || RunLeft(id, new(1)) != other.RunLeft(id, new(1)))
                return false;
        return true;
    }
}
