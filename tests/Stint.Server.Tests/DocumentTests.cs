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
    public void The_example_of_limits_is_read_as_the_page_says()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs/limits.md"));
        var (config, error) = ConfigFile.Parse(System.Text.Encoding.UTF8.GetBytes(Example().Match(page).Groups[1].Value), "limits.md", onlyTiers: true);
        Assert.True(config is not null, error);
        var student = Stint.Core.Cluster.TierFor(config.ToRecord(), new Core.Journal.JobSpec { User = "alice" })!;
        Assert.Equal((96UL, 96UL << 30, 3UL), (student.UserCpus, student.UserMemoryBytes, student.MaxJobs));
        var dave = Stint.Core.Cluster.TierFor(config.ToRecord(), new Core.Journal.JobSpec { User = "dave" })!;
        Assert.Equal(("researcher", 512UL << 30, 240UL, 4UL, 2UL, true), (dave.Name, dave.UserMemoryBytes, dave.UserCpus, dave.UserMigInstances, dave.JobMigInstances, dave.Refuse));
        var shown = new Protocol.Api.LimitsView
        {
            User = "alice", Tier = "student", TierFrom = "default", Contact = "help@example.org",
            Limits =
            [
                new() { Resource = "cpus", Limit = 96, PerJob = 32, Used = 32, Free = 64 }, new() { Resource = "memory", Limit = 96L << 30, PerJob = 32L << 30, Used = 64L << 30, Free = 32L << 30 },
                new() { Resource = "jobs", Limit = 3, Used = 2, Free = 1 },
            ],
            Jobs = [.. new uint[] { 41, 57 }.Select(id => new Protocol.Api.LimitJobView { JobId = id, Name = "train", State = "RUNNING", NodeList = "n1", Cpus = 16, MemoryBytes = 32UL << 30 })],
        };
        Assert.Contains(Protocol.Wording.LimitsText.Full(shown, TimeZoneInfo.Utc), page, StringComparison.Ordinal);
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
