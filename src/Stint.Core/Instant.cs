namespace Stint.Core;

/// <summary>A moment, in milliseconds of Unix time. Core never asks for it: it is always handed in.</summary>
public readonly record struct Instant(long Milliseconds) : IComparable<Instant>
{
    public static readonly Instant Never = new(0);
    public bool IsSet => Milliseconds != 0;
    public int CompareTo(Instant other) => Milliseconds.CompareTo(other.Milliseconds);
    public static bool operator <(Instant a, Instant b) => a.Milliseconds < b.Milliseconds;
    public static bool operator >(Instant a, Instant b) => a.Milliseconds > b.Milliseconds;
    public static bool operator <=(Instant a, Instant b) => a.Milliseconds <= b.Milliseconds;
    public static bool operator >=(Instant a, Instant b) => a.Milliseconds >= b.Milliseconds;
    public static Instant operator +(Instant a, TimeSpan d) => new(a.Milliseconds + (long)d.TotalMilliseconds);
    public static TimeSpan operator -(Instant a, Instant b) => TimeSpan.FromMilliseconds(a.Milliseconds - b.Milliseconds);
}
