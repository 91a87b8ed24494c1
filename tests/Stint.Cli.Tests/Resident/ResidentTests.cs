using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Stint.Cli.Native;
using Stint.Cli.Options;
using Stint.Cli.Resident;

namespace Stint.Cli.Tests.Resident;

/// <summary>The resident against fronts that are right, wrong and hostile. After each of them it must serve the next.</summary>
public sealed class ResidentTests : IDisposable
{
    private readonly TestResident _resident = new();

    public void Dispose()
    {
        Assert.Equal((SlurmVersion.Line + "\n", 0), _resident.Run("squeue", "--version"));
        _resident.Dispose();
    }

    private static void Until(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), "it did not come true in time");
            Thread.Sleep(5);
        }
    }

    [Fact]
    public void Output_error_and_exit_code_are_the_commands()
    {
        var (text, code) = _resident.Run("sbatch", "--no-such-option");
        Assert.Contains("sbatch: unrecognized option '--no-such-option'", text, StringComparison.Ordinal);
        Assert.Equal(255, code);
    }

    [Fact]
    public void Messages_name_the_socket_as_the_caller_said_it()
    {
        var (text, code) = _resident.Run("squeue");
        Assert.Contains("no server answers on the socket /said/stint.sock", text, StringComparison.Ordinal);
        Assert.Equal(1, code);
    }

    [Fact]
    public void Standard_input_is_asked_for_when_the_command_reads_it()
    {
        using var front = _resident.Connect();
        Assert.True(front.Ask(TestFront.Compose("scontrol")));
        var read = front.Next()!.Value;
        Assert.Equal((FrontWire.What.Read, FrontWire.StandardInput), (read.What, read.Handle));
        front.Answer(8, "version\n"u8);
        var shown = front.Next()!.Value;
        Assert.Equal(FrontWire.What.Write, shown.What);
        Assert.Equal(SlurmVersion.Line + "\n", Encoding.UTF8.GetString(front.Receive((int)shown.Length)!));
        Assert.Equal(FrontWire.What.Read, front.Next()!.Value.What);
        front.Answer(0);
        Assert.Equal(("", 0), front.Finish());
    }

    [Fact]
    public void A_script_is_opened_by_the_front_never_by_the_resident()
    {
        using var front = _resident.Connect();
        Assert.True(front.Ask(TestFront.Compose("sbatch", "/etc/shadow")));
        var look = front.Next()!.Value;
        Assert.Equal(FrontWire.What.IsFile, look.What);
        Assert.Equal("/etc/shadow", Encoding.UTF8.GetString(front.Receive((int)look.Length)!));
        front.Answer(0);
        var open = front.Next()!.Value;
        Assert.Equal(FrontWire.What.OpenRead, open.What);
        front.Receive((int)open.Length);
        front.Answer(-Libc.EACCES);
        Assert.Equal(("sbatch: error: Unable to open file /etc/shadow\n", 1), front.Finish());
    }

    [Theory]
    [InlineData("srun"), InlineData("stint"), InlineData("stint-resident"), InlineData("")]
    public void Other_commands_are_left_to_their_own_process(string name)
    {
        using var front = _resident.Connect();
        Assert.True(front.Ask(TestFront.Compose(name, "down")));
        Assert.Equal(FrontWire.What.NotHere, front.Next()!.Value.What);
    }

    [Theory]
    [InlineData("/etc/localtime"), InlineData(":/etc/localtime"), InlineData("../../../etc/localtime"), InlineData("EST5EDT,M3.2.0,M11.1.0"), InlineData(""), InlineData("No/Such"),
     InlineData("Europe/./Paris"), InlineData("/")]
    public void A_time_zone_that_may_be_a_path_is_left_to_the_callers_process(string zone)
    {
        using var front = _resident.Connect();
        Assert.True(front.Ask(TestFront.Compose(["squeue", "--version"], new(StringComparer.Ordinal) { ["TZ"] = zone })));
        Assert.Equal(FrontWire.What.NotHere, front.Next()!.Value.What);
    }

    [Fact]
    public void The_callers_time_zone_counts_unless_the_callers_files_define_it()
    {
        Assert.Equal(TimeSpan.FromHours(9), CallerTime.For(new Dictionary<string, string>(StringComparer.Ordinal) { ["TZ"] = "Asia/Tokyo" })!.LocalTimeZone.BaseUtcOffset);
        Assert.Null(CallerTime.For(new Dictionary<string, string>(StringComparer.Ordinal) { ["TZ"] = "Asia/Tokyo", ["TZDIR"] = "/tmp" }));
        Assert.Same(TimeZoneInfo.Local, CallerTime.For(new Dictionary<string, string>(StringComparer.Ordinal))!.LocalTimeZone);
    }

    [Fact]
    public void Another_build_version_or_language_is_not_accepted()
    {
        var fine = TestFront.Hello(100);
        foreach (var hello in (FrontWire.Hello[])[fine with { Magic = 0 }, fine with { Version = 2 }, fine with { Programs = default }, fine with { Length = FrontWire.RequestMax + 1 }, fine with { Length = 100_000_000 }])
        {
            using var front = _resident.Connect();
            Assert.False(front.Ask([], hello));
        }
    }

    [Fact]
    public void Garbage_half_requests_and_early_ends_cost_nobody_else()
    {
        var random = new Random(7);
        byte[] request = TestFront.Compose("squeue", "--version");
        for (int round = 0; round < 100; round++)
        {
            using var front = _resident.Connect();
            byte[] junk = new byte[random.Next(1, 200)];
            random.NextBytes(junk);
            switch (random.Next(5))
            {
                case 0: front.Socket.Send(junk); break;
                case 1: front.Socket.Send(TestFront.Bytes(TestFront.Hello(request.Length))[..random.Next(1, 40)]); break;
                case 2: front.Ask(request[..random.Next(request.Length)], TestFront.Hello(request.Length)); break;
                case 3: front.Ask([.. request[..30], .. junk, .. request], TestFront.Hello(30 + junk.Length + request.Length)); break;
                default: break;
            }
        }
        Until(() => _resident.Running == 0);
    }

    [Fact]
    public void Any_bytes_are_a_request_or_none()
    {
        var random = new Random(11);
        byte[] good = TestFront.Compose("sbatch", "--wrap", "true");
        Assert.Equal(["--wrap", "true"], FrontRequest.TryParse(good)!.Arguments);
        Assert.Equal(1024ul, FrontRequest.TryParse(good)!.Limits["NOFILE"]);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = good[..random.Next(good.Length + 1)];
            for (int edits = random.Next(6); edits > 0 && bytes.Length > 0; edits--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            _ = FrontRequest.TryParse(bytes);
        }
    }

    [Fact]
    public void Fronts_that_never_speak_or_never_read_hold_only_their_own_places()
    {
        var stuck = new List<TestFront>();
        for (int i = 0; i < 12; i++)
        {
            var front = _resident.Connect();
            stuck.Add(front);
            if (i % 3 == 0) continue;
            front.Socket.ReceiveBufferSize = 1024;
            Assert.True(front.Ask(TestFront.Compose(i % 3 == 1 ? ["sbatch"] : ["squeue", "--iterate=1"])));
        }
        Until(() => _resident.Running >= 8);
        Assert.Equal(0, _resident.Run("sinfo", "--version").Code);
        stuck.ForEach(front => front.Dispose());
        Until(() => _resident.Running == 0);
    }

    [Fact]
    public void A_command_that_waits_ends_with_its_caller()
    {
        var front = _resident.Connect();
        Assert.True(front.Ask(TestFront.Compose("squeue", "--iterate=1000")));
        Until(() => front.Socket.Available > 0);
        Assert.Equal(1, _resident.Running);
        front.Dispose();
        Until(() => _resident.Running == 0);
    }

    [Fact]
    public void An_answer_longer_than_asked_for_ends_the_command()
    {
        using var front = _resident.Connect();
        Assert.True(front.Ask(TestFront.Compose("sbatch")));
        Assert.Equal(FrontWire.What.Read, front.Next()!.Value.What);
        front.Answer(int.MaxValue);
        front.Finish();
        Until(() => _resident.Running == 0);
    }

    [Fact]
    public void More_fronts_than_places_are_sent_to_their_own_process()
    {
        var all = new List<TestFront>();
        for (int i = 0; i < FrontServer.PlacesMax; i++) all.Add(_resident.Connect());
        Until(() => _resident.Running == FrontServer.PlacesMax);
        using (var late = _resident.Connect()) Assert.Null(late.Next());
        all.ForEach(front => front.Dispose());
        Until(() => _resident.Running == 0);
    }
}
