namespace Stint.Agent.Binding;

/// <summary>
/// The hardware threads of a step in lanes: one lane for all of them (block distribution) or one for each socket (cyclic). CPUs are taken from the
/// present lane in order; a lane that is used up gives way to the next one, and when all are used up everything begins again, so that more tasks
/// than fit share.
/// </summary>
internal sealed class ThreadLanes(CpuShape shape, IReadOnlySet<int> available, bool perSocket, LaneRules rules)
{
    private readonly int _laneSize = perSocket ? shape.CoresPerSocket * shape.ThreadsPerCore : shape.Cpus;
    private readonly int[] _next = new int[perSocket ? shape.Sockets : 1];
    private readonly Dictionary<int, int> _tasksOnCore = [], _tasksOnSocket = [], _threadsOnCore = [];
    private int _lane;

    /// <summary>The CPUs of the next task, in the order taken; null: the rules leave none.</summary>
    public List<int>? TakeTask(int cpus)
    {
        var taken = new List<int>(cpus);
        while (taken.Count < cpus)
        {
            if (TakeOne() is not { } id) return null;
            taken.Add(id);
            _threadsOnCore[shape.CoreOf(id)] = _threadsOnCore.GetValueOrDefault(shape.CoreOf(id)) + 1;
            // The order of these three is Slurm's: with fcyclic it is the next lane that the rest of a core is skipped in.
            if (rules.NextLaneForEachCpu) _lane = (_lane + 1) % _next.Length;
            if (taken.Count == cpus) Finish(id, cpus);
            if (!rules.NextLaneForEachCpu && taken.Count == cpus) _lane = (_lane + 1) % _next.Length;
        }
        return taken;
    }

    private int? TakeOne()
    {
        // Twice through everything finds what there is: once what is left of this round, once a whole new round.
        for (var rounds = 0; rounds < 2;)
        {
            if (_next[_lane] >= _laneSize && !SwitchLane())
            {
                BeginAgain();
                rounds++;
            }
            var id = _lane * _laneSize + _next[_lane]++;
            if (available.Contains(id) && Fits(id)) return id;
        }
        return null;
    }

    private bool SwitchLane()
    {
        for (var tries = 1; tries < _next.Length; tries++)
        {
            var lane = (_lane + tries) % _next.Length;
            if (_next[lane] >= _laneSize) continue;
            _lane = lane;
            return true;
        }
        return false;
    }

    private void BeginAgain()
    {
        Array.Clear(_next);
        _tasksOnCore.Clear();
        _tasksOnSocket.Clear();
        _threadsOnCore.Clear();
    }

    private bool Fits(int id) =>
        (rules.TasksPerCore == 0 || _tasksOnCore.GetValueOrDefault(shape.CoreOf(id)) < rules.TasksPerCore)
        && (rules.TasksPerSocket == 0 || _tasksOnSocket.GetValueOrDefault(shape.SocketOf(id)) < rules.TasksPerSocket)
        && (rules.ThreadsPerCore == 0 || _threadsOnCore.GetValueOrDefault(shape.CoreOf(id)) < rules.ThreadsPerCore);

    private void Finish(int last, int cpus)
    {
        var (core, socket) = (shape.CoreOf(last), shape.SocketOf(last));
        _tasksOnCore[core] = _tasksOnCore.GetValueOrDefault(core) + 1;
        _tasksOnSocket[socket] = _tasksOnSocket.GetValueOrDefault(socket) + 1;
        // The next task begins on a core of its own.
        if (rules.WholeCores && shape.ThreadsPerCore > 1)
            _next[_lane] += cpus < shape.ThreadsPerCore ? shape.ThreadsPerCore - cpus : cpus % shape.ThreadsPerCore;
    }
}

/// <summary>Bounds within a layout; 0 is none.</summary>
/// <param name="WholeCores">No two tasks on one core as long as there are others.</param>
/// <param name="NextLaneForEachCpu">Also the CPUs of one task are taken from the lanes in turn (fcyclic).</param>
internal readonly record struct LaneRules(int ThreadsPerCore, int TasksPerCore, int TasksPerSocket, bool WholeCores, bool NextLaneForEachCpu);
