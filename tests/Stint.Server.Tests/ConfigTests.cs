using Stint.Server.Configuration;
using Stint.Server.Hosting;
using Stint.Server.Tests.Harness;

namespace Stint.Server.Tests;

public sealed class ConfigTests
{
    [Fact]
    public void A_whole_configuration_is_read()
    {
        using var reader = new StringReader("""
            cluster: lab
            kill_wait: 10s
            min_job_age: 5m
            node_timeout: 1m
            default_memory_per_cpu: 512M
            max_array_size: 1001
            max_jobs: 5000
            listen: 0.0.0.0:6820
            operators: [ada, "1001"]
            partitions:
              - name: short
                nodes: n[1-4]
                default: true
                max_time: 2h
                default_time: 30m
              - { name: long, nodes: ALL, state: DOWN }
            """);
        var config = ConfigFile.Read(reader);
        Assert.Equal(("lab", TimeSpan.FromSeconds(10), 512UL << 20, 1_001u), (config.Cluster, config.KillWait, config.DefaultMemoryPerCpuBytes, config.MaxArraySize));
        Assert.Equal(("short", TimeSpan.FromHours(2), TimeSpan.FromMinutes(30)), (config.Partitions.Single(p => p.IsDefault).Name, config.Partitions.Single(p => p.IsDefault).MaxTime, config.Partitions.Single(p => p.IsDefault).DefaultTime));
        Assert.False(config.Partitions[1].IsUp);
        Assert.Equal("0.0.0.0:6820", config.Listen.ToString());
    }

    [Theory]
    [InlineData("cluster: a\ncolour: red\n", 2, "unknown key 'colour'")]
    [InlineData("cluster: a\n\ncluster: b\n", 3, "uplicate")]
    [InlineData("kill_wait: 30\n", 1, "such as 30s")]
    [InlineData("max_jobs: many\n", 1, "expected a number")]
    [InlineData("partitions:\n  - nodes: ALL\n", 2, "needs a name")]
    [InlineData("partitions:\n  - name: a\n  - name: a\n", 3, "twice")]
    [InlineData("partitions:\n  - name: a\n    speed: 3\n", 3, "unknown key 'speed'")]
    [InlineData("partitions: []\n", 1, "at least one")]
    [InlineData("listen: here\n", 1, "ADDR:PORT")]
    [InlineData("- a\n", 1, "mapping")]
    [InlineData("cluster: [a\n", 2, "")]
    [InlineData("cluster: \"a/b\"\n", 1, "letters")]
    public async Task A_mistake_is_an_error_with_its_line(string yaml, int line, string says)
    {
        var home = TestServer.NewHome();
        var error = await Assert.ThrowsAsync<StartException>(() => TestServer.StartAsync(home, yaml));
        Assert.Contains($"stint.yaml:{line}:", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Directory.Delete(home, recursive: true);
    }

    /// <summary>What is not even YAML, or too much of it: refused whole, with file and line, in little time and memory.</summary>
    public static TheoryData<string, string, string> Broken
    {
        get
        {
            // Ten levels of ten references each would be ten thousand million names.
            var bomb = new System.Text.StringBuilder("cluster: lab\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
            for (var i = 1; i <= 10; i++) bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
            bomb.Append("operators: *a10\n");
            return new()
            {
                { "tab", "cluster: lab\n\tkill_wait: 5s\n", ":2:" }, { "bomb", bomb.ToString(), ":2:" }, { "bomb in a known key", bomb.ToString().Replace("a0: &a0", "operators: &a0", StringComparison.Ordinal), ":2:" },
                { "anchor to itself", "operators: &a [*a]\n", ":1:" }, { "deep", "operators: " + new string('[', 5_000), "" }, { "large", "# " + new string('x', 2 << 20), "more than the 1048576" },
                { "two documents", "cluster: a\n---\ncluster: b\n", ":2:" }, { "NUL", "cluster: a\0b\n", ":1:" }, { "binary", "\u0001\u0002\u0003", "" }, { "merge", "a: &a {cluster: x}\n<<: *a\n", "" }, { "tag", "cluster: !!python/object:os.system x\n", "" },
            };
        }
    }

    [Theory, MemberData(nameof(Broken))]
    public async Task A_file_that_is_broken_is_refused_whole_and_quickly_and_the_state_before_it_stays(string kind, string yaml, string says)
    {
        var home = TestServer.NewHome();
        try
        {
            uint id;
            await using (var server = await TestServer.StartAsync(home, "cluster: lab\nmin_job_age: 1h\n")) id = await server.SubmitAsync(Requests.Batch());
            var began = System.Diagnostics.Stopwatch.GetTimestamp();
            var error = await Assert.ThrowsAsync<StartException>(() => TestServer.StartAsync(home, yaml));
            Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 10);
            Assert.Contains("stint.yaml", error.Message, StringComparison.Ordinal);
            Assert.True(error.Message.Contains(says, StringComparison.Ordinal), $"{kind}: {error.Message}");
            await using var again = await TestServer.StartAsync(home, "cluster: lab\nmin_job_age: 1h\n");
            Assert.Equal("PENDING", (await again.JobAsync(id)).State);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Fact]
    public async Task A_file_that_is_there_and_cannot_be_read_is_an_error_and_never_means_the_defaults()
    {
        foreach (var make in (Action<string>[])[path => Directory.CreateDirectory(path), path => File.CreateSymbolicLink(path, path), path => File.CreateSymbolicLink(path, "/proc/self/mem"), path => File.CreateSymbolicLink(path, "/nowhere/at/all")])
        {
            var home = TestServer.NewHome();
            make(Path.Combine(home, "stint.yaml"));
            var error = await Assert.ThrowsAsync<StartException>(() => TestServer.StartAsync(home));
            Assert.Contains("stint.yaml", error.Message, StringComparison.Ordinal);
            Directory.Delete(home, recursive: true);
        }
    }

    [Theory]
    [InlineData("--hoem", "unknown option --hoem"), InlineData("--home", "needs a value"), InlineData("--listen=127.0.0.1", "ADDR:PORT"), InlineData("--listen=[::1]:70000", "no port"),
        InlineData("--console=yes", "takes no value"), InlineData("stray", "unexpected argument 'stray'"), InlineData("--home=", "needs a value")]
    public void A_bad_option_is_a_clear_error(string option, string says)
    {
        var (options, error) = ServerOptions.Parse([option], null, "/opt");
        Assert.Null(options);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_are_read_in_both_spellings()
    {
        var (options, _) = ServerOptions.Parse(["--home", "/a", "--config=/b.yaml", "--listen", "[::1]:99"], "/ignored", "/opt");
        Assert.Equal(("/a", "/b.yaml", "[::1]:99"), (options!.Home, options.ConfigFile, options.Listen!.ToString()));
        Assert.Equal("/from/variable", ServerOptions.Parse([], "/from/variable", "/opt").Options!.Home);
        Assert.Equal("/var/lib/stint", ServerOptions.Parse([], null, "/opt/").Options!.Home);
    }

    [Fact]
    public async Task What_is_in_force_is_shown_under_slurms_keys()
    {
        await using var server = await TestServer.InMemoryAsync(yaml: "cluster: lab\nkill_wait: 12s\n");
        var config = await server.GetAsync("/api/v1/config", Stint.Protocol.Api.ApiJson.Default.ConfigView);
        Assert.Equal(("lab", "12 sec", $"{server.Server.Port}"), (config.Slurm["ClusterName"], config.Slurm["KillWait"], config.Slurm["SlurmctldPort"]));
    }
}
