using System.Diagnostics;
using Google.Protobuf;
using Xunit.Abstractions;

namespace Stint.Agent.Tests.Launch;

public sealed class RateTests(ITestOutputHelper output) : IDisposable
{
    private readonly World _world = new();

    public void Dispose() => _world.Dispose();

    [System.Runtime.InteropServices.DllImport("libc")]
    private static extern int getrusage(int who, long[] usage);

    /// <summary>This process, and its children that were waited for: the shepherds and, through them, the tasks.</summary>
    private static (double UserMs, double SystemMs) Cpu(int who)
    {
        var usage = new long[18];
        Assert.Equal(0, getrusage(who, usage));
        return (usage[0] * 1e3 + usage[1] / 1e3, usage[2] * 1e3 + usage[3] / 1e3);
    }

    [RootFact]
    public void Launches_per_second_with_limits_receipt_and_durable_exit()
    {
        Run(10000, 300);      // past the compiler
        var (began, agent, children) = (Stopwatch.GetTimestamp(), Cpu(0), Cpu(-1));
        const int Steps = 600;
        Run(1000, Steps);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        var line = $"{Steps} steps of true: {Steps / seconds:0} steps/s; CPU per step: agent {Split(agent, Cpu(0))}, shepherd and task {Split(children, Cpu(-1))}";
        output.WriteLine(line);
        Console.WriteLine(line);
        Assert.True(Steps / seconds > 40, line);      // a loaded machine; the number above is what counts
    }

    private static string Split((double User, double System) a, (double User, double System) b, int steps = 600) =>
        $"{(b.User - a.User) / steps:0.00} user + {(b.System - a.System) / steps:0.00} system ms";

    private void Run(uint first, int count)
    {
        var open = new SemaphoreSlim(60);
        _world.Reports.OnMessage = m =>
        {
            if (m.ReportId != 0) _world.Host.Acknowledged(m.ReportId);
            if (m.StepExited is not null) open.Release();
        };
        for (var i = 0u; i < count; i++)
        {
            Assert.True(open.Wait(Patience.Seconds(30)));
            _world.Host.Launch(_world.Srun(first + i, "", s =>
            {
                s.Io = Protocol.Agents.IoMode.IoFiles;
                s.Payload.Arguments.Clear();
                s.Payload.Arguments.Add(ByteString.CopyFromUtf8("true"));
            }));
        }
        World.Until(() => open.CurrentCount == 60, "not all ended", 60);
    }
}
