using System.Text;
using Stint.Protocol.Api;

namespace Stint.Server.Tests.Harness;

/// <summary>Requests with what a test does not care about filled in.</summary>
internal static class Requests
{
    public static SubmitRequest Batch(string name = "job") => new()
    {
        Name = name, WorkDir = "/tmp", Command = "/tmp/job.sh", Script = Encoding.UTF8.GetBytes("#!/bin/sh\ntrue\n"),
        Environment = Encoding.UTF8.GetBytes("HOME=/tmp\0SECRET=tell-nobody"), CpusPerTask = 1, MemoryPerNodeBytes = 64 << 20, Tasks = 1, SubmitHost = "here",
    };

    public static RunRequest Run(params string[] arguments) => new()
    {
        Submit = new SubmitRequest { Name = "run", WorkDir = "/tmp", Tasks = 1, CpusPerTask = 1, MemoryPerNodeBytes = 64 << 20, IsBatch = false },
        Step = new StepRequest { Arguments = [.. arguments.Select(Encoding.UTF8.GetBytes)], WorkDir = "/tmp" },
    };
}
