using System.Globalization;
using Google.Protobuf.Collections;
using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary>Numbers of trackable resources: <c>{cpu: 10, mem: 64G, gres/gpu: 4, "gres/gpu:a100": 2}</c>. Memory and disk become MiB.</summary>
internal static class TresReader
{
    private static readonly string[] Plain = ["cpu", "mem", "node", "billing", "energy", "vmem", "pages", "fs/disk"];

    public static void Read(YamlNode node, string what, RepeatedField<TresValue> to)
    {
        to.Clear();
        foreach (var (key, value) in Entries(node, what))
        {
            var name = Name(key);
            to.Add(new TresValue { Tres = name, Value = IsBytes(name) ? Mebibytes(value) : Fraction(value, 0, 1e15) });
        }
    }

    /// <summary>Weights: a number for each unit; <c>0.25G</c> for memory counts each GiB.</summary>
    public static void ReadWeights(YamlNode node, string what, RepeatedField<TresValue> to)
    {
        to.Clear();
        foreach (var (key, value) in Entries(node, what))
        {
            var name = Name(key);
            var text = Text(value);
            var shift = IsBytes(name) ? char.ToUpperInvariant(text[^1]) switch { 'M' => 0, 'G' => 10, 'T' => 20, _ => -1 } : -1;
            if (!double.TryParse(shift >= 0 ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) || weight > 1e9)
                throw new ConfigException(value, $"expected a weight such as 1.5{(IsBytes(name) ? " or 0.25G" : "")}, not '{text}'");
            to.Add(new TresValue { Tres = name, Value = shift > 0 ? weight / (1 << shift) : weight });
        }
    }

    private static string Name(YamlNode key)
    {
        var name = Text(key).ToLowerInvariant();
        if (Array.IndexOf(Plain, name) >= 0) return name;
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && name.Length > slash + 1 && name.Length <= 128 && name[..slash] is "gres" or "license") return Text(key);
        throw new ConfigException(key, $"'{Text(key)}' is no trackable resource ({string.Join(", ", Plain)}, gres/NAME[:TYPE], license/NAME)");
    }

    private static bool IsBytes(string name) => name is "mem" or "fs/disk" or "vmem";

    private static double Mebibytes(YamlNode node) => Size(node) / 1048576.0;
}
