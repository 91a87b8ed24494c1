using Stint.Agent.Hardware;

namespace Stint.Agent.Tests.Hardware;

public sealed class DeclaredHardwareTests
{
    [Fact]
    public void All_parts_are_read() => Assert.Equal(new DeclaredHardware(16, 2, 8, 1, 20_000UL << 20, 0), DeclaredHardware.Parse("cpus=16,sockets=2,cores=8,threads=1,memory=20000M,gpus=0"));

    [Fact]
    public void Cpus_follow_from_the_rest_when_left_out() => Assert.Equal(32u, DeclaredHardware.Parse("sockets=2,cores=8,threads=2").Cpus);

    [Theory]
    [InlineData("memory=1", 1UL << 20)]
    [InlineData("memory=3K", 3UL << 10)]
    [InlineData("memory=2G", 2UL << 30)]
    [InlineData("memory=1t", 1UL << 40)]
    public void Memory_without_a_unit_is_mebibytes(string text, ulong bytes) => Assert.Equal(bytes, DeclaredHardware.Parse(text).MemoryBytes);

    [Theory]
    [InlineData("cpus", "--declare: 'cpus': each part is name=value")]
    [InlineData("", "--declare: '': each part is name=value")]
    [InlineData("cpu=1", "--declare: 'cpu=1': the names are cpus, sockets, cores, threads, memory, gpus, gres")]
    [InlineData("cpus=0", "--declare: 'cpus=0': cpus is a number from 1 to 65536")]
    [InlineData("cpus=-1", "--declare: 'cpus=-1': cpus is a number from 1 to 65536")]
    [InlineData("cpus=1e3", "--declare: 'cpus=1e3': cpus is a number from 1 to 65536")]
    [InlineData("gpus=4294967296", "--declare: 'gpus=4294967296': gpus is a number from 0 to 65536")]
    [InlineData("cpus=1,cpus=2", "--declare: 'cpus=2': cpus is there twice")]
    [InlineData("memory=0", "--declare: 'memory=0': memory is a number with K, M, G or T, without a unit mebibytes, at most 1024T")]
    [InlineData("memory=2000T", "--declare: 'memory=2000T': memory is a number with K, M, G or T, without a unit mebibytes, at most 1024T")]
    [InlineData("memory=5MB", "--declare: 'memory=5MB': memory is a number with K, M, G or T, without a unit mebibytes, at most 1024T")]
    [InlineData("cpus=3,sockets=2,cores=2", "--declare: cpus=3, but sockets × cores × threads is 4")]
    [InlineData("sockets=65536,cores=65536", "--declare: sockets × cores × threads is 4294967296, the limit is 65536")]
    public void What_is_wrong_is_told_with_the_part(string text, string told) => Assert.Equal(told, Assert.Throws<FormatException>(() => DeclaredHardware.Parse(text)).Message);

    [Fact]
    public void Declared_hardware_is_reported_as_such_and_the_rest_is_the_machines()
    {
        var machine = Machine.Detect(DeclaredHardware.Parse("sockets=2,cores=8,memory=1T"));
        Assert.Equal((16u, 2u, 8u, 1u, 1UL << 40, true), (machine.Report.Cpus, machine.Report.Sockets, machine.Report.CoresPerSocket, machine.Report.ThreadsPerCore, machine.Report.MemoryBytes, machine.Report.Declared));
        Assert.Equal(16, machine.Report.NumaOfCpu.Count);
        Assert.True(machine.MachineMemoryBytes < 1UL << 40);
        Assert.Equal(16, machine.Cpus.Count);
    }
}
