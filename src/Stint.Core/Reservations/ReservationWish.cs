using Stint.Core.Journal;

namespace Stint.Core.Reservations;

/// <summary>What a reservation asks for in numbers, from its counts and its TRES.</summary>
internal sealed class ReservationWish
{
    public int Nodes { get; private init; }
    /// <summary>Of all nodes together.</summary>
    public int Cores { get; private set; }
    /// <summary>cpu=n: threads, which become cores on the nodes that are chosen.</summary>
    public int Cpus { get; private set; }
    public IReadOnlyList<uint>? CoresPerNode { get; private init; }
    public List<GresRequest> Gres { get; } = [];
    public ulong MemoryBytes { get; private set; }

    /// <summary>Parts of nodes, not nodes.</summary>
    public bool IsPartial => Cores > 0 || Cpus > 0 || CoresPerNode is { Count: > 0 } || Gres.Count > 0;

    public int CoresOn(int threadsPerCore) => Cpus > 0 ? (Cpus + threadsPerCore - 1) / threadsPerCore : Cores;

    /// <summary>Licences among the TRES are added to the spec's; a TRES that no reservation can have is refused.</summary>
    public static ReservationWish? Of(ReservationSpec spec, IReadOnlyList<uint>? coresPerNode, out Refusal? refusal)
    {
        refusal = null;
        var nodes = (int)Math.Min(spec.NodeCount, int.MaxValue);
        foreach (var tres in spec.Tres)
            if (tres.Tres == "node") nodes = (int)tres.Value;
        var wish = new ReservationWish { Nodes = nodes, CoresPerNode = coresPerNode, Cores = (int)Math.Min(spec.CoreCount, int.MaxValue) };
        foreach (var tres in spec.Tres)
        {
            if (tres.Value is < 0 or > int.MaxValue)
            {
                refusal = new Refusal(RefusalCodes.ReservationInvalid, $"{tres.Tres}={tres.Value} is not a count");
                return null;
            }
            switch (tres.Tres.Split('/', 2))
            {
                case ["node"]: break;
                case ["cpu"]: wish.Cpus = (int)tres.Value; break;
                case ["mem"]: wish.MemoryBytes = (ulong)tres.Value << 20; break;
                case ["gres", var name]:
                    var type = name.Split(':', 2);
                    if (tres.Value > 0)
                        wish.Gres.Add(new GresRequest { Name = type[0], Type = type.Length > 1 ? type[1] : "", Count = (ulong)tres.Value, Per = GresPer.PerJob });
                    break;
                case ["license", var name]:
                    var item = $"{name}:{(long)tres.Value}";
                    if (!spec.Licenses.Split(',').Contains(item)) spec.Licenses += (spec.Licenses.Length > 0 ? "," : "") + item;
                    break;
                default:
                    refusal = new Refusal(RefusalCodes.ReservationInvalid, $"TRES type '{tres.Tres}' not supported with reservations",
                        "Use cpu, mem, node, gres/… or license/…");
                    return null;
            }
        }
        return wish;
    }
}
