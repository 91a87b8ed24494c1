namespace Stint.Cli.Slurm.Srun;

internal enum Interrupt { Status, Forward, Abort, GiveUp }

/// <summary>What a Ctrl-C means: the first says how the tasks are, the second within a second ends the step, the third stops waiting for it.</summary>
internal sealed class Interrupts(TimeProvider time, bool quitAtOnce, bool forwardOnly)
{
    private static readonly TimeSpan Together = TimeSpan.FromSeconds(1);
    private long? _last;
    private bool _aborted;

    public Interrupt Next()
    {
        bool again = _last is { } last && time.GetElapsedTime(last) < Together;
        _last = time.GetTimestamp();
        if (_aborted) return again ? Interrupt.GiveUp : Interrupt.Abort;
        if (again || quitAtOnce)
        {
            _aborted = true;
            return Interrupt.Abort;
        }
        return forwardOnly ? Interrupt.Forward : Interrupt.Status;
    }
}
