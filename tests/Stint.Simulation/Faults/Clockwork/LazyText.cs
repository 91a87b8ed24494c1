using System.Runtime.CompilerServices;

namespace Stint.Simulation.Faults.Clockwork;

/// <summary>A sentence that is only put together when a promise does not hold.</summary>
[InterpolatedStringHandler]
internal ref struct PromiseText
{
    private DefaultInterpolatedStringHandler text;

    public PromiseText(int literalLength, int formattedCount, bool holds, out bool wanted)
    {
        wanted = !holds;
        if (wanted) text = new DefaultInterpolatedStringHandler(literalLength, formattedCount);
    }

    public void AppendLiteral(string literal) => text.AppendLiteral(literal);
    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);
    public string Take() => text.ToStringAndClear();
}

/// <summary>A line of the trace, put together only when somebody reads it.</summary>
[InterpolatedStringHandler]
internal ref struct TraceText
{
    private DefaultInterpolatedStringHandler text;

    public TraceText(int literalLength, int formattedCount, World world, out bool wanted)
    {
        wanted = world.IsTracing;
        if (wanted) text = new DefaultInterpolatedStringHandler(literalLength, formattedCount);
    }

    public void AppendLiteral(string literal) => text.AppendLiteral(literal);
    public void AppendFormatted<T>(T value) => text.AppendFormatted(value);
    public string Take() => text.ToStringAndClear();
}
