using Stint.Core.Journal;

namespace Stint.Core.Resources;

/// <summary>One kind of generic resource that a request asks for.</summary>
/// <param name="Type">Empty: any.</param>
public readonly record struct GresDemand(string Name, string Type, int Count, GresPer Per)
{
    public bool IsGpu => Name == GresNames.Gpu;
    public bool IsPart => GresNames.IsPart(Name);

    public string Kind => Type.Length == 0 ? Name : $"{Name}:{Type}";

    public override string ToString() => $"{Count} {Kind} {Per switch
    {
        GresPer.PerJob => "in all", GresPer.PerTask => "per task", GresPer.PerSocket => "per socket", _ => "per node",
    }}";
}
