using Stint.Core.Journal;
using Stint.Server.Configuration;
using Stint.Server.Simulate.Traces;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stint.Server.Simulate.Clusters;

/// <summary>
/// A cluster description: stint.yaml with a list of <c>nodes</c> (their hardware and how many there are), or a node list in CSV
/// (sn, cpu_milli, memory_mib, gpu, model).
/// </summary>
public static class ClusterFile
{
    /// <summary>Schedulable parts of a processor where a node list counts thousandths: pods ask for 3.2 processors and the like.</summary>
    private const int PartsOfMilli = 10;

    private const string Key = "nodes";

    /// <summary>Reads and checks; the error is <c>file:line: sentence</c>.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static (ClusterDescription? Cluster, string? Error) Read(string path)
    {
        var text = File.ReadAllText(path);
        try
        {
            var header = text.AsSpan(0, Math.Max(0, text.AsSpan().IndexOf('\n'))).ToString().TrimEnd('\r');
            return (OpenbTrace.IsNodeList(header) ? OfNodeList(path, text) : OfYaml(path, text), null);
        }
        catch (ConfigException e)
        {
            return (null, $"{path}:{e.Line}: {e.Message}");
        }
        catch (YamlException e)
        {
            return (null, $"{path}:{e.Start.Line}: {e.Message}");
        }
        catch (FormatException e)
        {
            return (null, $"{path}: {e.Message}");
        }
    }

    private static ClusterDescription OfNodeList(string path, string text)
    {
        using var reader = new StringReader(text);
        var nodes = new List<NodeRegistered>();
        foreach (var line in OpenbTrace.ReadNodeLines(reader))
        {
            var hardware = new Hardware { Cpus = (uint)(line.CpuMilli * PartsOfMilli / 1000), MemoryBytes = (ulong)line.MemoryBytes };
            nodes.Add(ClusterDescription.Node(line.Name, hardware, (uint)line.Gpus, line.Model));
        }
        return new ClusterDescription(Path.GetFileName(path), new ServerConfig().ToRecord(), nodes) { PartsPerCpu = PartsOfMilli, CountsMemory = true };
    }

    private static ClusterDescription OfYaml(string path, string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        if (yaml.Documents.Count == 0 || yaml.Documents[0].RootNode is not YamlMappingNode root)
            throw new FormatException($"a cluster description is a mapping with '{Key}:'");
        if (!root.Children.TryGetValue(new YamlScalarNode(Key), out var list))
            throw new ConfigException(root, $"'{Key}' is missing: a list of nodes, for example  - {{ name: \"n[1-4]\", cpus: 16, memory: 64G }}");
        var (nodes, specs) = NodeList.Read(list);
        using var rest = new StringReader(WithoutNodes(text, root));
        var config = ConfigFile.Read(rest).ToRecord();
        config.Nodes.AddRange(specs);
        return new ClusterDescription(Path.GetFileName(path), config, nodes) { CountsMemory = true };
    }

    /// <summary>The text with the list of nodes blanked out, so that lines keep their numbers in the messages of what reads the rest.</summary>
    private static string WithoutNodes(string text, YamlMappingNode root)
    {
        var lines = text.Split('\n');
        long from = 0, to = lines.Length + 1;
        foreach (var key in root.Children.Keys)
        {
            if (from > 0 && key.Start.Line > from) to = Math.Min(to, key.Start.Line);
            if (key is YamlScalarNode { Value: Key }) from = key.Start.Line;
        }
        if (root.Style == YamlDotNet.Core.Events.MappingStyle.Flow || from == to)
            throw new ConfigException(root, "write each key of the configuration on a line of its own");
        for (var line = from; line < to; line++) lines[line - 1] = "";
        return string.Join('\n', lines);
    }
}
