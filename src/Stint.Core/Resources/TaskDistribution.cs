using System.Globalization;

namespace Stint.Core.Resources;

/// <summary>How consecutive tasks are laid over nodes.</summary>
public enum NodeOrder { Block, Cyclic, Plane, Arbitrary }

/// <summary>The parts of <c>--distribution</c> that decide what is allocated: nodes, and sockets within a node.</summary>
/// <param name="PlaneSize">Tasks per turn of <see cref="NodeOrder.Plane"/>.</param>
/// <param name="OverSockets">Cores are taken from the sockets in turn instead of from one after the other.</param>
/// <param name="Pack">Nodes are filled (<see langword="true"/>), or tasks spread evenly (<see langword="false"/>); null: as the order says.</param>
public readonly record struct TaskDistribution(NodeOrder Nodes, int PlaneSize, bool OverSockets, bool? Pack)
{
    /// <summary>Null when it is none: <c>{*|block|cyclic|arbitrary|plane=N}[:{*|block|cyclic|fcyclic}[:…]][,Pack|,NoPack]</c>.</summary>
    public static TaskDistribution? Parse(string text)
    {
        if (text.Length == 0) return default(TaskDistribution);
        var comma = text.Split(',');
        bool? pack = null;
        foreach (var word in comma.AsSpan(1))
        {
            if (word.Equals("pack", StringComparison.OrdinalIgnoreCase)) pack = true;
            else if (word.Equals("nopack", StringComparison.OrdinalIgnoreCase)) pack = false;
            else return null;
        }
        var levels = comma[0].ToLowerInvariant().Split(':');
        if (levels.Length > 3) return null;
        foreach (var level in levels.AsSpan(1))
            if (level is not ("*" or "block" or "cyclic" or "fcyclic")) return null;
        var overSockets = levels.Length > 1 && levels[1] is "cyclic" or "fcyclic";
        if (levels[0].StartsWith("plane=", StringComparison.Ordinal))
            return int.TryParse(levels[0].AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is > 0 and <= 65_536
                ? new TaskDistribution(NodeOrder.Plane, size, overSockets, pack) : null;
        return levels[0] switch
        {
            "*" or "block" => new TaskDistribution(NodeOrder.Block, 0, overSockets, pack),
            "cyclic" => new TaskDistribution(NodeOrder.Cyclic, 0, overSockets, pack),
            "arbitrary" => new TaskDistribution(NodeOrder.Arbitrary, 0, overSockets, pack),
            _ => null,
        };
    }
}
