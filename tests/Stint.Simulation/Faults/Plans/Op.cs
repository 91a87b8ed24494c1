using System.Globalization;

namespace Stint.Simulation.Faults.Plans;

/// <summary>One thing that is done to the world at a time: a wish of a user, or a fault. A plan is a list of these, and shrinking leaves some out.</summary>
internal abstract record Op(long AtUs)
{
    public abstract bool IsFault { get; }
    public abstract void Do(World world);
    protected abstract string Text { get; }
    public sealed override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{AtUs / 1e6,9:0.000000}  {Text}");
}
