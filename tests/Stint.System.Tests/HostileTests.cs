using System.Text.RegularExpressions;

namespace Stint.SystemTests;

/// <summary>What users type and send to break things, from the command line down to the kernel.</summary>
[Collection("cluster")]
public sealed class HostileTests(SharedCluster shared)
{
    private TestCluster Cluster => shared.Cluster;

    public static TheoryData<string, string> Requests => new()
    {
        { "--mem=-1", "-1" }, { "--mem=1e30", "1e30" }, { "--mem=NaN", "NaN" }, { "--mem=12X", "12X" }, { "--mem=99999999999999999999T", "" }, { "--mem-per-cpu=-5G", "-5G" },
        { "-n -1", "-1" }, { "-n 0", "0" }, { "-n 2147483648", "2147483648" }, { "-n 1e3", "1e3" }, { "-n NaN", "NaN" }, { "-c 0", "0" }, { "-c 4294967297", "4294967297" }, { "-c 1.5", "1.5" },
        { "-N 4-2", "4-2" }, { "-N -1", "-1" }, { "-N 99999999999", "99999999999" }, { "-t NaN", "NaN" }, { "-t -5", "-5" }, { "-t 1e9", "1e9" }, { "-t 99999999999-0", "" },
        { "--gres=gpu:0.1", "0.1" }, { "--gres=gpu:-1", "-1" }, { "--gres=gpu:99999999999999999999", "" }, { "--gpus=0.1", "0.1" }, { "--gpus=NaN", "NaN" }, { "--gpus-per-node=-2", "-2" },
        { "--array=5-1", "5-1" }, { "--array=0-99999999999", "" }, { "--array=1-10:0", "" }, { "--array=-1", "-1" }, { "--nice=99999999999", "" }, { "--priority=-1", "-1" }, { "--begin=never", "never" },
        { "--tmp=-1", "-1" }, { "--time-min=10 -t 5", "" }, { "--mincpus=-1", "-1" }, { "--ntasks-per-node=-1", "-1" }, { "--signal=99@1", "99" }, { "--dependency=afterok:-1", "-1" }, { "--switches=-1", "-1" },
    };

    [Theory, MemberData(nameof(Requests))]
    public async Task A_request_out_of_bounds_is_refused_precisely(string options, string says)
    {
        var result = await Cluster.RunAsAsync(Users.Alice, "sbatch", [.. options.Split(' '), "-H", "--parsable", "--wrap", "true"]);
        if (result.ExitCode == 0) await Cluster.RunAsync("scancel", result.Output.Trim());
        Assert.True(result.ExitCode != 0, $"{options} was taken: job {result.Output}");
        // Where a time went wrong Slurm says without its name in front.
        Assert.Matches(@"^(Invalid time specification \(pos=\d+\): .*\n)?sbatch: ", result.Error);
        // Slurm's own sentences name the option and leave the value out; where it is, it is the one that was typed.
        Assert.Matches($"{Regex.Escape(says.Length > 0 ? says : "\u0001")}|{About(options)}", result.Error);
        Assert.DoesNotMatch("(?i)exception|   at |unhandled", result.Error);
        Assert.InRange(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 4);
    }

    private static string About(string options) => options.Split(' ', '=')[0] switch
    {
        "-n" => "task|processes", "-c" => "cpus", "-N" => "node", "-t" or "--time-min" => "time", "--gpus" => "gpu", var name => $"(?i){Regex.Escape(name.TrimStart('-')).Replace('-', '.')}|{Regex.Escape(name)}",
    };

    public static TheoryData<string> Names => new("../../../../etc/cron.d/evil", "cgroup.procs", "-rf", "--wrap", "a\nb", "a\tb", "a\u001b[31mred", "\u202Egnp.exe", "\u2066x", new string('n', 300), new string('\u00e9', 150), "%j%u%%", "$(touch pwned)", "; touch pwned;", "'\"`", " ");

    [Theory, MemberData(nameof(Names))]
    public async Task A_hostile_name_is_refused_or_runs_in_groups_of_numbers_and_harms_no_listing(string name)
    {
        var result = await Cluster.RunAsAsync(Users.Alice, "sbatch", ["--parsable", "--mem=64M", $"--job-name={name}", "-o", "name-%j.out", "--wrap", "cat /proc/self/cgroup"]);
        if (result.ExitCode != 0)
        {
            Assert.StartsWith("sbatch: error: ", result.Error, StringComparison.Ordinal);
            Assert.Matches("(?i)name", result.Error);
            return;
        }
        var id = uint.Parse(result.Output.Trim(), global::System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
        var groups = Cluster.ReadWork($"name-{id}.out").Split('\n').Where(l => l.Contains(Cluster.CgroupRoot, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(groups);
        Assert.All(groups, g => Assert.Matches($@"/{Cluster.CgroupRoot}/{Cluster.Node}/u\d+/j{id}/s\d+$", g));
        Assert.False(File.Exists(Cluster.Work + "/pwned"));
        // Nobody's terminal is told what to do, and no line is another's.
        foreach (var listing in (string[][])[["squeue", "-t", "all", "-h", "-j", $"{id}"], ["scontrol", "show", "job", $"{id}"], ["sacct", "-X", "-n", "-j", $"{id}"], ["stint", "explain", $"{id}"]])
        {
            var shown = await Cluster.RunAsync(listing[0], listing[1..]);
            Assert.Equal(0, shown.ExitCode);
            Assert.DoesNotMatch("[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]", Regex.Replace(shown.Output, "\u001b\\[[0-9;]*m", ""));
        }
    }

    /// <summary>Numbers instead of names in the tree: two users never share a group, whatever their names would be when cleaned.</summary>
    [Fact]
    public async Task Two_users_run_in_groups_of_their_own_uid()
    {
        var (one, two) = (await Cluster.SubmitAsync(Users.Alice, "--mem=64M", "-o", "uid-%j.out", "--wrap", "id -u; cat /proc/self/cgroup"), await Cluster.SubmitAsync(Users.Bob, "--mem=64M", "-o", "uid-%j.out", "--wrap", "id -u; cat /proc/self/cgroup"));
        var uids = new List<string>();
        foreach (var id in (uint[])[one, two])
        {
            Assert.Equal("COMPLETED", (await Cluster.EndedAsync(id)).State);
            var lines = Cluster.ReadWork($"uid-{id}.out").Trim().Split('\n');
            uids.Add(lines[0]);
            Assert.All(lines.Where(l => l.Contains(Cluster.CgroupRoot, StringComparison.Ordinal)), l => Assert.EndsWith($"/u{lines[0]}/j{id}/s{4294967291}", l, StringComparison.Ordinal));
        }
        Assert.NotEqual(uids[0], uids[1]);
    }

    /// <summary>What the user has set for every program: never in one that runs as root for the user's job.</summary>
    [NeedsFact("/usr/bin/gcc")]
    public async Task Nothing_that_a_user_preloads_runs_in_a_daemon_a_prolog_or_an_epilog()
    {
        var folder = Path.Combine(Cluster.Work, "preload");
        Directory.CreateDirectory(folder);
        var seen = folder + "/seen";
        await File.WriteAllTextAsync(folder + "/evil.c", "#include <stdio.h>\n#include <unistd.h>\n__attribute__((constructor)) static void run(void) { FILE *f = fopen(\"" + seen + "\", \"a\"); if (f) { fprintf(f, \"%d\\n\", geteuid()); fclose(f); } }\n");
        using (var gcc = global::System.Diagnostics.Process.Start("gcc", ["-shared", "-fPIC", "-o", folder + "/evil.so", folder + "/evil.c"])) await gcc.WaitForExitAsync();
        await using var cluster = await TestCluster.StartAsync(prepare: c =>
        {
            foreach (var hook in (string[])["prolog.d/p", "epilog.d/e"])
            {
                var path = Path.Combine(c.Home, hook);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, $"#!/bin/bash\nid -u >> {folder}/hooks\n");
                File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
            }
        });
        await File.WriteAllTextAsync(seen, "");
        File.SetUnixFileMode(seen, (UnixFileMode)0b110_110_110);
        var set = new[] { $"LD_PRELOAD={folder}/evil.so", $"LD_AUDIT={folder}/evil.so", $"BASH_ENV={folder}/evil.sh", $"SLURM_CONF={folder}/evil.so" };
        var batch = await cluster.RunAsAsync(Users.Alice, "env", [.. set, "sbatch", "--parsable", "--mem=64M", "-o", "/dev/null", "--wrap", "id; true"]);
        Assert.True(batch.ExitCode == 0, batch.ToString());
        Assert.Equal("COMPLETED", (await cluster.EndedAsync(uint.Parse(batch.Output.Trim(), global::System.Globalization.CultureInfo.InvariantCulture))).State);
        var run = await cluster.RunAsAsync(Users.Alice, "env", [.. set, "srun", "--mem=64M", "id", "-u"]);
        Assert.True(run.ExitCode == 0, run.ToString());
        var uids = (await File.ReadAllLinesAsync(seen)).Distinct().ToList();
        Assert.Equal([run.Output.Trim()], uids);
        await TestCluster.UntilAsync(() => Task.FromResult(File.Exists(folder + "/hooks") && File.ReadAllLines(folder + "/hooks").Length >= 4), 20, () => "prolog and epilog did not run");
    }
}
