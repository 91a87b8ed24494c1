using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Stint.SystemTests;

/// <summary>The Slurm commands through the front and the resident: the same answers as the full program, as the caller and nobody else.</summary>
[Collection("cluster")]
public sealed partial class FrontTests : IDisposable
{
    private readonly TestCluster _cluster;
    private readonly string _folder, _front, _full;

    public FrontTests(SharedCluster shared)
    {
        _cluster = shared.Cluster;
        _folder = Path.Combine(_cluster.Work, $"front-{Guid.NewGuid():N}");
        _front = Path.Combine(_folder, "lib");
        _full = Path.Combine(_folder, "full");
        var lib = Path.Combine(Path.GetDirectoryName(TestCluster.Bin)!, "lib");
        foreach (var folder in (string[])[_folder, _front, _full]) Directory.CreateDirectory(folder);
        // A front with nothing to fall back on: what it answers, the resident has answered.
        foreach (var file in (string[])["stint-front", "stint.dll", "Stint.Protocol.dll"]) Shell($"cp -p {lib}/{file} {_front}/");
        foreach (var name in (string[])["sbatch", "squeue", "sinfo", "scancel", "sacct", "scontrol", "check-limits"])
        {
            File.CreateSymbolicLink(Path.Combine(_front, name), "stint-front");
            File.CreateSymbolicLink(Path.Combine(_full, name), Path.Combine(lib, "stint"));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Shell(string command)
    {
        using var process = Process.Start("bash", ["-c", command]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private Task<TestCluster.Result> FrontAsync(string? user, string name, params string[] arguments) => _cluster.RunAsAsync(user, Path.Combine(_front, name), arguments);

    [GeneratedRegex("[0-9]+")] private static partial Regex Digits();

    /// <summary>Command lines for a shell; # at the end: numbers differ (job ids, times).</summary>
    public static TheoryData<string> Lines => new(
        "sbatch --help", "sbatch --usage", "sbatch --version", "sbatch --bogus", "sbatch -n", "sbatch --mem=lots --wrap true", "sbatch no-such-script", "sbatch /etc", "sbatch /etc/hostname",
        "sbatch -p nosuch --wrap true", "sbatch --mem=900T --wrap true", "sbatch --test-only --wrap true #", "sbatch -H --wrap true #", "sbatch -H --parsable --array=1-10%2 --wrap true #",
        "sbatch -vv -H --wrap true #", "sbatch -H script a b #", "PATH=$PWD:$PATH sbatch -H script #", "sbatch -H <(printf '#!/bin/sh\\ntrue\\n') #", "printf '#!/bin/sh\\ntrue\\n' | sbatch -H #", "sbatch </dev/null", "echo no-script | sbatch",
        "sbatch bad-directive", "SBATCH_PARTITION=nosuch sbatch --wrap true", "SBATCH_BOGUS=1 sbatch -H -q --wrap true", "sbatch --array=9-1 --wrap true", "sbatch -W --wrap 'exit 3' #",
        "squeue -u nobody", "squeue -h -j 999999", "squeue --help", "squeue --helpFormat", "squeue --bogus", "squeue -S '?'", "squeue --json #", "squeue -o '%i|%j|%Z' #", "SQUEUE_FORMAT=%i squeue #", "squeue -t all #", "squeue --start #",
        "sinfo", "sinfo -N -l #", "sinfo --json #", "sinfo -o %n", "COLUMNS=40 sinfo", "sinfo -p nosuch",
        "scontrol ping #", "scontrol show partition", "scontrol show node #", "scontrol show config #", "scontrol show job 999999", "TZ=Asia/Tokyo scontrol show job #", "scontrol bogus",
        "printf 'show partition\\nbogus\\nversion\\nexit\\n' | scontrol", "scontrol hold 999999", "scontrol update node=n1 state=drain reason=x", "scontrol write batch_script 999999",
        "sacct -S 2020-01-01 #", "sacct -j 999999", "sacct --bogus", "sacct -S nonsense", "TZ=America/New_York sacct -S 2020-01-01 #",
        "check-limits --json #", "check-limits --help", "check-limits --user root", "check-limits --bogus", "scancel 999999", "scancel -v 999999", "scancel", "scancel --me -n no-such-job", "scancel -s NOPE 1", "echo n | scancel -i -u $(id -un) #", "squeue --version >/dev/full", "squeue --version >&-");

    [Theory, MemberData(nameof(Lines))]
    public async Task Front_and_full_program_answer_the_same(string line)
    {
        await File.WriteAllTextAsync(Path.Combine(_cluster.Work, "script"), "#!/bin/sh\n#SBATCH --job-name=directed\ntrue\n");
        await File.WriteAllTextAsync(Path.Combine(_cluster.Work, "bad-directive"), "#!/bin/sh\n#SBATCH --bogus\ntrue\n");
        var numbersDiffer = line.EndsWith('#');
        // Without a standard output the front leaves the command to the full program: there it needs one.
        var front = line.Contains(">&-", StringComparison.Ordinal) ? TestCluster.Bin : _front;
        var results = new List<(int, string, string)>();
        foreach (var folder in (string[])[front, _full])
        {
            var result = await _cluster.RunAsAsync(Users.Alice, "bash", ["-c", $"PATH={folder}:$PATH; {line.TrimEnd('#')}"]);
            string Same(string text) => numbersDiffer ? Digits().Replace(text, "N") : text;
            results.Add((result.ExitCode, Same(result.Output), Same(result.Error)));
        }
        Assert.DoesNotContain("cannot start", results[0].Item3, StringComparison.Ordinal);
        Assert.Equal(results[1], results[0]);
    }

    [Fact]
    public async Task Jobs_submitted_through_the_front_are_the_callers()
    {
        var result = await FrontAsync(Users.Alice, "sbatch", "--parsable", "--mem=64M", "-o", "front-%j.out", "--wrap", "id -un; umask; ulimit -n");
        Assert.True(result.ExitCode == 0, result.ToString());
        var id = uint.Parse(result.Output.Trim(), CultureInfo.InvariantCulture);
        var job = await _cluster.EndedAsync(id);
        Assert.Equal(Users.Alice, job.User);
        Assert.StartsWith(Users.Alice + "\n", _cluster.ReadWork($"front-{id}.out"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_touches_the_jobs_and_nodes_of_others_through_the_front()
    {
        var id = await _cluster.SubmitAsync(Users.Alice, "-H", "--wrap", "true");
        foreach (var arguments in (string[][])[["hold", $"{id}"], ["release", $"{id}"], ["write", "batch_script", $"{id}", "-"], ["update", "nodename=n1", "state=drain", "reason=x"]])
            Assert.NotEqual(0, (await FrontAsync(Users.Bob, "scontrol", arguments)).ExitCode);
        Assert.NotEqual(0, (await FrontAsync(Users.Bob, "scancel", $"{id}")).ExitCode);
        Assert.Equal("PENDING", (await _cluster.JobAsync(id)).State);
        Assert.Equal(0, (await FrontAsync(Users.Alice, "scancel", $"{id}")).ExitCode);
        Assert.Equal("CANCELLED", (await _cluster.JobAsync(id)).State);
    }

    [Fact]
    public async Task A_user_cannot_speak_for_another_by_the_header()
    {
        const string ask = "import socket,sys\ns=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1])\ns.sendall(b'GET /api/v1/jobs HTTP/1.1\\r\\nHost: s\\r\\nConnection: close\\r\\nStint-On-Behalf: 0:0:1\\r\\n\\r\\n')\nprint(s.recv(99).split()[1].decode())";
        Assert.Equal("403", (await _cluster.RunAsAsync(Users.Alice, "python3", ["-c", ask, Path.Combine(_cluster.Home, "run/stint.sock")])).Output.Trim());
        Assert.Equal("200", (await _cluster.RunAsync("python3", "-c", ask, Path.Combine(_cluster.Home, "run/stint.sock"))).Output.Trim());
    }

    [Fact]
    public async Task Files_are_opened_with_the_callers_rights()
    {
        var secret = Path.Combine(_cluster.Work, $"secret-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(secret, "#!/bin/sh\ntrue\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal($"exit 1\nsbatch: error: Unable to open file {secret}\n", (await FrontAsync(Users.Alice, "sbatch", secret)).ToString());
        Assert.Equal(0, (await FrontAsync(null, "sbatch", "-H", secret)).ExitCode);

        var id = await _cluster.SubmitAsync(Users.Alice, "-H", "--wrap", "echo mine");
        var denied = await FrontAsync(Users.Alice, "scontrol", "write", "batch_script", $"{id}", Path.Combine(_cluster.Home, "stint.yaml"));
        Assert.Equal((1, true), (denied.ExitCode, denied.Error.Contains("Permission denied", StringComparison.Ordinal)));
        Assert.StartsWith("kill_wait", await File.ReadAllTextAsync(Path.Combine(_cluster.Home, "stint.yaml")), StringComparison.Ordinal);
        Assert.Equal(0, (await FrontAsync(Users.Alice, "scontrol", "write", "batch_script", $"{id}", $"written-{id}")).ExitCode);
        Assert.Contains("echo mine", _cluster.ReadWork($"written-{id}"), StringComparison.Ordinal);
        Assert.Equal(Users.Alice, (await _cluster.RunAsync("stat", "-c", "%U", $"written-{id}")).Output.Trim());
        Assert.Equal(0, (await FrontAsync(Users.Alice, "scancel", $"{id}")).ExitCode);
    }

    [Fact]
    public async Task A_front_trusts_only_a_resident_of_root_or_of_its_own_user()
    {
        // Alice's home, with her own process listening where the resident would.
        const string listen = "import os,socket,sys\nos.makedirs(sys.argv[1])\ns=socket.socket(socket.AF_UNIX);s.bind(sys.argv[1]+'/front.sock');os.chmod(sys.argv[1]+'/front.sock',0o777);s.listen();print('ready',flush=True)\ns.settimeout(60)\nwhile True:\n  c,_=s.accept();print(len(c.recv(100)),flush=True);c.close()";
        var run = Path.Combine(_cluster.Work, $"evil-{Guid.NewGuid():N}", "run");
        using var evil = _cluster.Start(Users.Alice, "python3", ["-c", listen, run]);
        try
        {
            Assert.Equal("ready", await evil.StandardOutput.ReadLineAsync());
            var result = await _cluster.RunAsAsync(Users.Bob, "env", [$"STINT_SOCKET={run}/stint.sock", "squeue"]);
            Assert.Contains("Unable to contact slurm controller", result.Error, StringComparison.Ordinal);
            Assert.Equal("0", await evil.StandardOutput.ReadLineAsync());
        }
        finally
        {
            evil.Kill(entireProcessTree: true);
        }
    }

    [Theory]
    [InlineData("/etc/localtime"), InlineData(""), InlineData("EST5EDT,M3.2.0,M11.1.0")]
    public async Task What_the_resident_does_not_do_the_full_program_does(string zone)
    {
        var result = await _cluster.RunAsAsync(Users.Alice, "env", [$"TZ={zone}", "squeue", "--version"]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task Callers_that_hold_all_their_places_still_get_answers_and_so_do_others()
    {
        var waiting = Enumerable.Range(0, 20).Select(_ => _cluster.Start(Users.Alice, "squeue", ["--iterate=1000"])).ToList();
        try
        {
            foreach (var process in waiting) Assert.NotNull(await process.StandardOutput.ReadLineAsync());
            Assert.Equal(16, waiting.Count(p => Program(p.Id).EndsWith("/stint-front", StringComparison.Ordinal)));
            Assert.Equal(0, (await _cluster.RunAsAsync(Users.Alice, "sinfo", ["-h"])).ExitCode);
            Assert.Equal(0, (await FrontAsync(Users.Bob, "sinfo", "-h")).ExitCode);
        }
        finally
        {
            foreach (var process in waiting) { process.Kill(entireProcessTree: true); process.Dispose(); }
        }
        await TestCluster.UntilAsync(async () => (await FrontAsync(Users.Alice, "sinfo", "-h")).ExitCode == 0, 20, () => "the places of killed callers are not free again");
    }

    private static string Program(int pid) => File.ResolveLinkTarget($"/proc/{pid}/exe", false)?.FullName ?? "";

    [Fact]
    public async Task A_killed_resident_ends_its_commands_once_and_the_next_ones_work_without_it()
    {
        await using var cluster = await TestCluster.StartAsync("f1", "cpus=2,memory=2000M");
        using var waiting = cluster.Start(null, "sbatch", ["--wait", "-o", "/dev/null", "--wrap", "sleep 3"]);
        Assert.StartsWith("Submitted batch job", await waiting.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        Assert.EndsWith("/stint-front", Program(waiting.Id), StringComparison.Ordinal);
        var pid = cluster.Pid("resident");
        TestCluster.KillNow(pid);
        await waiting.WaitForExitAsync().WaitAsync(Patience.Seconds(20));
        Assert.Equal(1, waiting.ExitCode);
        Assert.StartsWith("sbatch: error: Zero Bytes were transmitted or received\n", await waiting.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal("1\n", (await cluster.RunAsync("bash", "-c", "squeue -h | wc -l")).Output);
        Assert.Equal(0, (await cluster.RunAsync("sbatch", "-H", "--wrap", "true")).ExitCode);
        await cluster.UpAsync();
        Assert.NotEqual(pid, cluster.Pid("resident"));
        pid = cluster.Pid("resident");
        Assert.Equal(0, (await cluster.RunAsync("stint", "down", "--cgroup-root", cluster.CgroupRoot)).ExitCode);
        // Ended; its entry stays until its new parent has looked.
        await TestCluster.UntilAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal)), 1, () => "the resident is still there after stint down");
        Assert.False(File.Exists(Path.Combine(cluster.Home, "run/front.sock")));
        Assert.Contains("Unable to contact slurm controller", (await cluster.RunAsync("squeue")).Error, StringComparison.Ordinal);
        await cluster.UpAsync();
    }
}
