using Stint.Agent.Gpus;
using Stint.Agent.Hardware;

namespace Stint.Agent.Tests.Gpus;

public sealed class GresFileTests
{
    private static GresFile Parse(string text, string node = "n1") => GresFile.Parse("gres.conf", text, node);

    [Fact]
    public void The_lines_of_this_node_are_read()
    {
        var file = Parse("""
            # two nodes
            AutoDetect=off
            NodeName=n[1-2] Name=gpu Type=a100 File=/dev/nvidia[0-1] Cores=0-3,8 # the first two
            NodeName=n2 Name=gpu Type=h100 File=/dev/nvidia2
            Name=gpu Type=gaudi MultipleFiles=/dev/accel/accel0,/dev/accel/accel_controlD0 Flags=nvidia_gpu_env,opencl_env \
              Shared=/dev/hl-ctl
            Name=bandwidth Count=4G
            """);
        Assert.False(file.Detects);
        Assert.Equal(
        [
            "gpu:a100 2 /dev/nvidia0 /dev/nvidia1 | 0 1 2 3 8 | ", "gpu:gaudi 1 /dev/accel/accel0 /dev/accel/accel_controlD0 |  | /dev/hl-ctl", "bandwidth: 4294967296  |  | ",
        ], file.Lines.Select(l => $"{l.Name}:{l.Type} {l.Count} {string.Join(' ', l.Files)} | {string.Join(' ', l.Cores ?? [])} | {string.Join(' ', l.Shared)}"));
        Assert.True(file.Lines[1].IsOneUnit);
        Assert.Equal(["nvidia_gpu_env", "opencl_env"], file.Lines[1].Flags!);
        Assert.Equal(3, Parse("NodeName=n2 Name=a\nName=b\nName=c\nAutoDetect=nvml\nName=d").Lines.Count);
    }

    [Theory]
    [InlineData("Name=gpu\nNmae=gpu", "gres.conf line 2: 'Nmae=gpu': the keys are name, type, file, count, cores, cpus, flags, multiplefiles, nodename, autodetect, links, shared")]
    [InlineData("Name=gpu File=dev/nvidia0", "gres.conf line 1: 'Name=gpu File=dev/nvidia0': the file 'dev/nvidia0' is no absolute path")]
    [InlineData("Name=gpu Count=3 File=/dev/nvidia[0-1]", "gres.conf line 1: 'Name=gpu Count=3 File=/dev/nvidia[0-1]': the count is 3, but 2 files are named")]
    [InlineData("Name=gpu Count=-1", "gres.conf line 1: 'Name=gpu Count=-1': '-1' is no count from 1 to 1099511627776")]
    [InlineData("Name=gpu Name=gpu", "gres.conf line 1: 'Name=gpu': name is there twice")]
    [InlineData("Type=a100", "gres.conf line 1: 'Type=a100': a name of letters, digits, '-', '_' and '.' is needed")]
    [InlineData("Name=gpu Cores=a", "gres.conf line 1: 'Name=gpu Cores=a': cores: 'a' is no cpu number")]
    [InlineData("Name=gpu File=/dev/x[3-1]", "gres.conf line 1: 'Name=gpu File=/dev/x[3-1]': Invalid range: `3-1'")]
    [InlineData("Name=gpu File=/dev/x,/dev/x", "gres.conf line 1: 'Name=gpu File=/dev/x,/dev/x': a file is named twice")]
    [InlineData("Name=gpu Flags=fast", "gres.conf line 1: 'Name=gpu Flags=fast': the flag 'fast' is not known; there are nvidia_gpu_env, amd_gpu_env, intel_gpu_env, opencl_env, no_gpu_env, countonly")]
    [InlineData("AutoDetect=magic", "gres.conf line 1: AutoDetect=magic: there are off, nvml, nvidia, rsmi, oneapi, nrt, full")]
    [InlineData("Name=gpu File=", "gres.conf line 1: 'File=': each part is Key=value")]
    [InlineData("Name=gpu File=/dev/x MultipleFiles=/dev/y", "gres.conf line 1: 'Name=gpu File=/dev/x MultipleFiles=/dev/y': File and MultipleFiles exclude each other")]
    public void What_is_wrong_is_told_with_its_line(string text, string told) => Assert.Equal(told, Assert.Throws<FormatException>(() => Parse(text)).Message);

    [Theory]
    [InlineData("gpu", "gpu  1  ")]
    [InlineData("gpu:2", "gpu  2  ")]
    [InlineData("gpu:test:4", "gpu test 4  ")]
    [InlineData("gpu:a100:2:/dev/x[0-1]:cores=0-1", "gpu a100 2 /dev/x0,/dev/x1 0,1")]
    [InlineData("gpu:1g.10gb:/dev/x0", "gpu 1g.10gb 1 /dev/x0 ")]
    public void The_short_form_is_name_type_count_files_cores(string text, string shown)
    {
        var line = GresLine.ParseShort("--gres", text);
        Assert.Equal(shown, $"{line.Name} {line.Type} {line.Count} {string.Join(',', line.Files)} {string.Join(',', line.Cores ?? [])}");
    }

    [Theory]
    [InlineData(""), InlineData("gpu:a:b"), InlineData("gpu::2"), InlineData("gpu:2:2"), InlineData("gpu:a100:0"), InlineData("gpu:../x:1"), InlineData("gpu:2:/a:/b")]
    public void A_short_form_that_is_none_is_refused(string text) => Assert.StartsWith("--gres: ", Assert.Throws<FormatException>(() => GresLine.ParseShort("--gres", text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Declared_gpus_without_files_have_indices_and_declared_cpus_are_their_neighbours()
    {
        var machine = Machine.Detect(DeclaredHardware.Parse("cpus=16,sockets=2,cores=8,gres=gpu:test:2:cores=0-7,gres=gpu:test:2:cores=8-15,gres=tape:3"));
        Assert.Equal(["gpu:test 4 True", "tape: 3 True"], machine.Report.Gres.Select(g => $"{g.Name}:{g.Type} {g.Count} {g.Declared}"));
        Assert.Equal([0u, 1u, 2u, 3u], machine.Report.Gres[0].Units.Select(u => u.Index));
        Assert.Equal([0x00, 0xFF], machine.Report.Gres[0].Units[3].NearCpus.ToByteArray());
        Assert.Equal(4u, machine.Report.Gpus);
    }

    [Fact]
    public void A_bare_number_of_gpus_is_counted_as_it_always_was()
    {
        var report = Machine.Detect(DeclaredHardware.Parse("cpus=2,gpus=3")).Report;
        Assert.Equal((3u, "gpu", 3u, 0), (report.Gpus, report.Gres[0].Name, report.Gres[0].Count, report.Gres[0].Units.Count));
        Assert.Empty(Machine.Detect(DeclaredHardware.Parse("cpus=2,gpus=0")).Report.Gres);
    }
}
