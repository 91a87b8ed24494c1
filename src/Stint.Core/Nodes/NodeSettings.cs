using Google.Protobuf;
using Stint.Core.Journal;

namespace Stint.Core.Nodes;

/// <summary>What the configuration says of one node: its lines one after the other, later ones win per field.</summary>
public sealed record NodeSettings
{
    public static readonly NodeSettings None = new();

    public IReadOnlyList<string> Features { get; private init; } = [];
    public uint Weight { get; private init; }
    public IReadOnlyList<Gres> Gres { get; private init; } = [];
    public uint CoresKept { get; private init; }
    public ulong MemoryKeptBytes { get; private init; }
    public ulong DiskBytes { get; private init; }
    public uint Blocks { get; private init; }
    public bool BlocksAuto { get; private init; }

    public NodeSettings With(NodeSpec line) => this with
    {
        Features = line.Features.Count > 0 ? [.. line.Features.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)] : Features,
        Weight = line.Weight > 0 ? line.Weight : Weight,
        Gres = line.Gres.Count > 0 ? Overridden(Gres, line.Gres) : Gres,
        CoresKept = line.CoreSpecCount > 0 ? line.CoreSpecCount : CoresKept,
        MemoryKeptBytes = line.MemorySpecBytes > 0 ? line.MemorySpecBytes : MemoryKeptBytes,
        DiskBytes = line.DiskBytes > 0 ? line.DiskBytes : DiskBytes,
        Blocks = line.Blocks > 0 ? line.Blocks : line.BlocksAuto ? 0 : Blocks,
        BlocksAuto = line.BlocksAuto || line.Blocks == 0 && BlocksAuto,
    };

    /// <summary>Equal for nodes that are alike in all that placement looks at: device names and serial numbers are not.</summary>
    public ByteString KeyWith(Hardware hardware)
    {
        var plain = hardware.Clone();
        foreach (var gres in plain.Gres) Strip(gres);
        var line = new NodeSpec
        {
            Weight = Weight, CoreSpecCount = CoresKept, MemorySpecBytes = MemoryKeptBytes, DiskBytes = DiskBytes, Blocks = Blocks, BlocksAuto = BlocksAuto,
        };
        line.Features.AddRange(Features);
        foreach (var gres in Gres)
        {
            line.Gres.Add(gres.Clone());
            Strip(line.Gres[^1]);
        }
        return ByteString.CopyFrom([.. BitConverter.GetBytes(plain.CalculateSize()), .. plain.ToByteArray(), .. line.ToByteArray()]);
    }

    private static void Strip(Gres gres)
    {
        foreach (var unit in gres.Units) (unit.Uuid, unit.Parent) = ("", "");
    }

    /// <summary>The second list's kinds replace those of the same name and type in the first; new kinds come after.</summary>
    public static IReadOnlyList<Gres> Overridden(IEnumerable<Gres> first, IEnumerable<Gres> second)
    {
        var kinds = first.ToList();
        foreach (var gres in second)
        {
            var at = kinds.FindIndex(known => known.Name == gres.Name && string.Equals(known.Type, gres.Type, StringComparison.OrdinalIgnoreCase));
            if (at < 0) kinds.Add(gres);
            else kinds[at] = gres;
        }
        return kinds;
    }
}
