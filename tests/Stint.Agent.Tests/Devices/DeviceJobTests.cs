using System.Diagnostics;
using Google.Protobuf;
using Stint.Agent.Tests.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Devices;

/// <summary>Devices through the whole of an agent: order, group, shepherd, user, exit.</summary>
public sealed class DeviceJobTests : IDisposable
{
    private readonly DeviceLab _lab = new();
    private readonly World _world;

    public DeviceJobTests() => _world = new World(devices: _lab.Devices);

    public void Dispose()
    {
        _world.Dispose();
        _lab.Dispose();
    }

    private static void Grant(LaunchSpec spec, params uint[] indices)
    {
        spec.Limits.Gres.AddRange(DeviceLab.Of("gpu", indices));
        spec.Limits.GresRequested = $"gpu:{indices.Length}";
    }

    private const string Escapes = """
        P="/usr/bin/python3 {0}/probe.py {1} mknod:c:195:201 mknod:c:195:200"
        $P; (exec $P); env -u CUDA_VISIBLE_DEVICES $P; unshare -U -r -m $P; setsid -w $P
        """;

    [RootTheory, InlineData(World.Nobody), InlineData(0u)]
    public void A_job_with_one_of_the_units_opens_that_one_however_it_tries(uint uid)
    {
        var exit = _world.Run(_world.Batch(41, string.Format(Escapes, _lab.Folder, _lab.All), s => { Grant(s, 1); (s.Uid, s.Gid) = (uid, uid); }));
        Assert.Equal((Outcome.Exited, 0), (exit.Outcome, exit.ExitCode));
        Assert.Equal(string.Concat(Enumerable.Repeat("EPERM ENXIO EPERM EPERM ENXIO EPERM EPERM EPERM EPERM EPERM\n", 5)), _world.Read("out-41.txt"));
        Assert.Contains(exit.Receipt.Rows, r => r.Resource == "gpu" && r.Enforced && r.Allocated == $"gpu:alpha 1 ({_lab.Node("alpha1")})");
        Assert.Equal("", exit.DrainReason);
    }

    [RootFact]
    public void The_variables_name_the_granted_units_and_a_job_without_units_has_none()
    {
        const string show = "echo $CUDA_VISIBLE_DEVICES/$SLURM_JOB_GPUS/$SLURM_STEP_GPUS/$SLURM_GPUS_ON_NODE/$KEPT";
        void Inherit(LaunchSpec spec) => spec.Payload.Environment.Add([.. new[] { "CUDA_VISIBLE_DEVICES=0,1,2,3", "SLURM_JOB_GPUS=7", "KEPT=1" }.Select(ByteString.CopyFromUtf8)]);
        _world.Run(_world.Batch(42, show, s => { Inherit(s); Grant(s, 1, 3); }));
        Assert.Equal("0,1/1,3//2/1\n", _world.Read("out-42.txt"));
        _world.Run(_world.Batch(43, show, Inherit));
        Assert.Equal("////1\n", _world.Read("out-43.txt"));
        _world.Run(_world.Srun(44, show, s => { Inherit(s); Grant(s, 2); s.Io = IoMode.IoFiles; s.StdOut = "step.txt"; }));
        Assert.Equal("0/7/2/1/1\n", _world.Read("step.txt"));
        _world.Run(_world.Srun(45, show, s => { Grant(s, 2); s.Io = IoMode.IoFiles; s.StdOut = "direct.txt"; }));
        Assert.Equal("0/2/2/1/\n", _world.Read("direct.txt"));
    }

    [RootTheory, InlineData("alpha0", "No such device or address"), InlineData("beta0", "Operation not permitted")]
    public void A_device_does_not_come_in_as_output_or_input_file(string node, string why)
    {
        var output = _world.Run(_world.Batch(46, "true", s => s.StdOut = _lab.Node(node)));
        Assert.Equal((Outcome.LaunchFailed, $"output file {_lab.Node(node)}: {(node == "alpha0" ? "no process reads this FIFO" : why)}"), (output.Outcome, output.Cause));
        var input = _world.Run(_world.Batch(47, "true", s => s.StdIn = _lab.Node(node)));
        Assert.Equal((Outcome.LaunchFailed, $"input file {_lab.Node(node)}: {why}"), (input.Outcome, input.Cause));
    }

    [RootFact]
    public void A_process_that_still_holds_a_unit_after_its_job_is_reported_with_the_node()
    {
        using var holder = Process.Start(new ProcessStartInfo("setpriv", ["--reuid=65534", "--clear-groups", "sh", "-c", $"exec 7<>{_lab.Node("beta0")}; echo up; exec sleep 60"]) { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("up", holder.StandardOutput.ReadLine());
            var exit = _world.Run(_world.Batch(48, "true", s => Grant(s, 4)));
            Assert.True(exit.JobReleased);
            Assert.Equal($"gpu 4 ({_lab.Node("beta0")}) is still open in process {holder.Id} (sleep) of uid 65534 after job 48 ended", exit.DrainReason);
            Assert.Equal("", _world.Run(_world.Batch(49, "true", s => Grant(s, 5))).DrainReason);
        }
        finally
        {
            holder.Kill();
            holder.WaitForExit();
        }
    }

    [RootFact]
    public void A_unit_that_this_node_does_not_have_fails_the_launch_with_the_numbers()
    {
        var exit = _world.Run(_world.Batch(50, "true", s => Grant(s, 12)));
        Assert.Equal((Outcome.LaunchFailed, "gpu 12 was granted, but this node has 6 of that name"), (exit.Outcome, exit.Cause));
    }
}
