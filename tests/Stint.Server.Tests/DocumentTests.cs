using System.Text.RegularExpressions;
using Stint.Server.Configuration;

namespace Stint.Server.Tests;

/// <summary>What the documents show is true.</summary>
public sealed partial class DocumentTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs/configuration.md"));

    [Fact]
    public void The_example_configuration_is_read()
    {
        var example = Example().Match(Page).Groups[1].Value;
        var config = ConfigFile.Read(new StringReader(example));
        Assert.Equal("lab", config.Cluster);
        Assert.Equal(2, config.Partitions.Count);
        Assert.Equal(TimeSpan.FromDays(2), config.Partitions[0].MaxTime);
        Assert.Equal(2UL << 30, config.DefaultMemoryPerCpuBytes);
    }

    [Fact]
    public void Every_key_of_the_table_is_a_key_and_its_default_is_the_default()
    {
        var table = Page[..Page.IndexOf("\n## ", StringComparison.Ordinal)];
        var keys = Row().Matches(table).Select(m => (Key: m.Groups[1].Value, Default: m.Groups[2].Value)).Where(r => r.Default.Length > 0 && r.Default.StartsWith('`')).ToList();
        Assert.True(keys.Count >= 7);
        var read = ConfigFile.Read(new StringReader(string.Join('\n', keys.Select(k => $"{k.Key}: {k.Default.Trim('`')}"))));
        var defaults = new ServerConfig();
        Assert.Equal(defaults.ToRecord(), read.ToRecord());
        Assert.Equal(defaults.Listen, read.Listen);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Stint.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Stint.slnx above the tests");
        return folder;
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)] private static partial Regex Example();
    [GeneratedRegex(@"^\| `(\w+)` \| ([^|]*?) \|", RegexOptions.Multiline)] private static partial Regex Row();
}
