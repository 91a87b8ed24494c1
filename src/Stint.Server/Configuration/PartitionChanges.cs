using Stint.Core.Journal;
using YamlDotNet.RepresentationModel;
using static Stint.Server.Configuration.ConfigValues;

namespace Stint.Server.Configuration;

/// <summary>Keys of a partition changed one by one while the server runs, with the same checks as in stint.yaml.</summary>
internal static class PartitionChanges
{
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Apply(PartitionSpec spec, string key, string text)
    {
        try
        {
            Set(spec, key, text.Trim());
            return null;
        }
        catch (ConfigException e)
        {
            return $"{key}: {e.Message}";
        }
    }

    private static void Set(PartitionSpec spec, string key, string text)
    {
        var value = new YamlScalarNode(text);
        switch (key)
        {
            case "nodes": spec.Nodes = text.Equals("ALL", StringComparison.OrdinalIgnoreCase) ? "ALL" : text.Length == 0 ? "" : Hosts(value); return;
            case "default": spec.IsDefault = Flag(value); return;
            case "max_time": spec.MaxTimeMs = text.Length == 0 ? 0 : TimeMs(value); return;
            case "default_time": spec.DefaultTimeMs = text.Length == 0 ? 0 : TimeMs(value); return;
            case "state":
                spec.State = Choice(value, "state", ("UP", "UP"), ("DOWN", "DOWN"), ("DRAIN", "DRAIN"), ("INACTIVE", "INACTIVE"));
                spec.IsUp = spec.State is "UP" or "DRAIN";
                return;
        }
        if (Find(key) is not { } field) throw Unknown(new YamlScalarNode(key), "a partition");
        if (text.Length == 0) { field.Accessor.Clear(spec); return; }
        if (!field.IsRepeated)
        {
            if (!PartitionReader.SetOne(spec, key, value)) throw Unknown(new YamlScalarNode(key), "a partition");
            // In Slurm a partition has one default and one bound of memory: the newer way to say it takes the older's place.
            Find(key switch
            {
                "default_memory_per_cpu" => "default_memory_per_node", "default_memory_per_node" => "default_memory_per_cpu",
                "max_memory_per_cpu" => "max_memory_per_node", "max_memory_per_node" => "max_memory_per_cpu", _ => "",
            })?.Accessor.Clear(spec);
            return;
        }
        if (key == "billing_weights") throw Unknown(new YamlScalarNode(key), "a change of a partition");
        field.Accessor.Clear(spec);
        var list = new YamlSequenceNode(text.Split(',').Select(static one => new YamlScalarNode(one.Trim())));
        if (!PartitionReader.SetOne(spec, key, list)) throw Unknown(new YamlScalarNode(key), "a partition");
    }

    /// <summary>The record's field of that key: they have the same names but for units.</summary>
    private static Google.Protobuf.Reflection.FieldDescriptor? Find(string key)
    {
        foreach (var field in PartitionSpec.Descriptor.Fields.InDeclarationOrder())
            if (field.Name == key || field.Name == key + "_bytes" || field.Name == key + "_ms") return field;
        return null;
    }
}
