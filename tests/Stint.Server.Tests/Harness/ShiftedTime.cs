namespace Stint.Server.Tests.Harness;

/// <summary>The system's clocks, moved by hand.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    /// <summary>Time that passed: on every clock.</summary>
    public TimeSpan Shift { get; set; }

    /// <summary>The clock of day alone was set.</summary>
    public TimeSpan Leap { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift + Leap;
    public override long GetTimestamp() => base.GetTimestamp() + (long)(Shift.TotalSeconds * TimestampFrequency);
}
