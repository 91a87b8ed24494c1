using System.IO.Compression;
using Stint.Core;
using Stint.Core.Scheduling.Planning;
using Stint.Server.Simulate.Traces;

namespace Stint.Simulation.Traces;

public sealed class TraceReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-trace-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private const string Swf = """
        ; MaxProcs: 100
           2   20   0   50   4  -1 -1   8   40 -1 1 7 7 -1 -1 -1 -1 -1
           1   10   0   30   4  -1 -1  -1   -1 -1 1 9 9 -1 -1 -1 -1 -1
           3   30   0   -1   4  -1 -1   4   60 -1 0 9 9 -1 -1 -1 -1 -1
           4   30   0    1  -1  -1 -1  -1   60 -1 0 9 9 -1 -1 -1 -1 -1
        """;

    [Fact]
    public void Swf_caps_the_run_at_the_request_fills_what_is_unknown_and_leaves_out_what_never_ran() =>
        Assert.Equal(
            [
                new TraceJob(1, new Instant(10_000), 30_000, 30_000, new Amount(4), "9"),
                new TraceJob(2, new Instant(20_000), 40_000, 40_000, new Amount(8), "7"),
            ],
            Read("a.swf", Swf));

    [Fact]
    public void A_compressed_trace_reads_as_the_plain_one() => Assert.Equal(Read("a.swf", Swf), Read("b.swf.gz", Swf));

    [Fact]
    public void A_bad_line_is_named()
    {
        var e = Assert.Throws<FormatException>(() => Read("a.swf", "; x\n1 2 3\n"));
        Assert.Contains("line 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sacct_reads_jobs_without_steps_and_without_what_never_started() =>
        Assert.Equal(
            [
                new TraceJob(1, Time(18, 20), 82_000, 3_600_000, new Amount(12, 4L << 30, 4, 2), "ann"),
                new TraceJob(2, Time(18, 21), 90_061_000, 90_061_000, new Amount(3), "bob"),
            ],
            Read("jobs.txt", """
                JobID|User|Submit|Start|End|Elapsed|Timelimit|AllocCPUS|AllocTRES|State
                1|ann|2026-11-22T01:18:20|2026-11-22T01:18:20|2026-11-22T01:19:42|00:01:22|01:00:00|12|billing=45,cpu=12,gres/gpu:a100=4,gres/gpu=4,mem=4G,node=2|COMPLETED
                1.batch||2026-11-22T01:18:20|2026-11-22T01:18:20|2026-11-22T01:19:42|00:01:22||6|cpu=6|COMPLETED
                6|ann|2026-11-22T01:18:20|Unknown|Unknown|00:00:00|UNLIMITED|0||PENDING
                2_0|bob|2026-11-22T01:18:21|2026-11-22T01:18:22|Unknown|1-01:01:01|UNLIMITED|3||RUNNING
                """));

    [Fact]
    public void A_raw_time_limit_is_in_minutes()
    {
        var job = Assert.Single(Read("jobs.txt", "JobIDRaw|JobID|Submit|Start|End|TimelimitRaw|NCPUS\n"
            + "1|1|2026-11-22T01:00:00|2026-11-22T01:00:00|2026-11-22T01:00:05|90|2\n"));
        Assert.Equal((5_000, 90 * 60_000, new Amount(2)), (job.RunMs, job.EstimateMs, job.Amount));
    }

    [Fact]
    public void Philly_counts_gpus() =>
        Assert.Equal(
            [new TraceJob(1, new Instant(1_507_532_515_000), 66_500, 66_500, new Amount(0, Gpus: 8), "11cb48")],
            Read("p.csv", "timestamp,duration,num_gpus,gpu_time,cluster\n"
                + "2017-10-09 07:01:55,66.5,8,66.0,11cb48\n2017-10-09 07:01:55,66.5,0,0,11cb48\n"));

    [Fact]
    public void Gpu_jobs_may_have_seconds_other_columns_and_any_order() =>
        Assert.Equal(
            [
                new TraceJob(1, new Instant(0), 50_500, 60_000, new Amount(4, Gpus: 2), "ann"),
                new TraceJob(3, new Instant(7_000), 9_000, 9_000, new Amount(8), "bob"),
            ],
            Read("h.csv", "job_id,user,gpu_num,cpu_num,submit_time,duration,requested_time\n17,ann,2,4,0,50.5,60\n18,ann,0,0,3,9,\n19,bob,0,8,7,9,\n"));

    [Theory]
    [InlineData("g.csv", "timestamp,duration,num_gpus\n0,1,1\n5,x,1\n", "g.csv: line 3: 'x' is no number of seconds")]
    [InlineData("g.csv", "timestamp,duration,num_gpus\nnoon-ish,1,1\n", "g.csv: line 2: 'noon-ish' is neither a date nor a number of seconds")]
    [InlineData("g.csv", "timestamp,duration,num_gpus\n0,1\n", "g.csv: line 2: 2 columns, 3 expected: '0,1'")]
    [InlineData("s.swf", ";\n\n1 2 3\n", "s.swf: line 3: 3 fields, 18 expected")]
    [InlineData("s.swf", "1 0 0 NaN 4 -1 -1 4 60 -1 0 9 9 -1 -1 -1 -1 -1", "s.swf: line 1: 'NaN' is not a number")]
    [InlineData("pods.csv", "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time\na,1e3,1,1,1,,0,1\n", "pods.csv: line 2: '1e3' is no whole number")]
    public void A_mistake_is_said_with_file_and_line(string name, string text, string said) =>
        Assert.EndsWith(said, Assert.Throws<FormatException>(() => Read(name, text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Types_of_gpus_without_their_sum_are_added_up_and_only_the_elapsed_time_is_needed() =>
        Assert.Equal(
            [new TraceJob(1, Time(18, 20), 60_000, 120_000, new Amount(8, 0, 3, 1), "")],
            Read("jobs.txt", "JobIDRaw|Submit|Elapsed|Timelimit|ReqTRES\n1|2026-11-22T01:18:20|00:01:00|00:02:00|cpu=8,gres/gpu:a100=2,gres/gpu:h100=1,node=1\n2|2026-11-22T01:18:20|00:00:00|00:02:00|cpu=8\n"));

    [Fact]
    public void Pods_count_thousandths_of_processors_and_of_one_gpu() =>
        Assert.Equal(
            [
                new TraceJob(1, new Instant(0), 12_000, 12_000, new Amount(12, 16L << 30, 1, 1), "LS") { CpuMilli = 12_000, IsOnOneNode = true },
                new TraceJob(2, new Instant(5_000), 7_000, 7_000, new Amount(4, 1L << 30, 1, 1), "BE")
                {
                    CpuMilli = 3_152, MilliPerGpu = 590, GpuModels = "T4|P100", IsOnOneNode = true,
                },
            ],
            Read("pods.csv", "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time\n"
                + "a,12000,16384,1,1000,,LS,Running,0,12,0\nb,3152,1024,1,590,T4|P100,BE,Failed,5,13,6\nc,1000,1024,0,0,,BE,Pending,9,,\n"));

    [Fact]
    public void An_unknown_format_says_what_was_expected()
    {
        var e = Assert.Throws<FormatException>(() => Read("x.csv", "a,b,c\n1,2,3\n"));
        Assert.Contains("sacct -P", e.Message, StringComparison.Ordinal);
    }

    private static Instant Time(int minute, int second) =>
        new(new DateTimeOffset(2026, 11, 22, 1, minute, second, TimeSpan.Zero).ToUnixTimeMilliseconds());

    private IReadOnlyList<TraceJob> Read(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        if (!name.EndsWith(".gz", StringComparison.Ordinal))
        {
            File.WriteAllText(path, text);
            return TraceFile.Read(path);
        }
        using (var writer = new StreamWriter(new GZipStream(File.Create(path), CompressionMode.Compress))) writer.Write(text);
        return TraceFile.Read(path);
    }
}
