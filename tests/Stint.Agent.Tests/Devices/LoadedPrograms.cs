using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Stint.Agent.Cgroups.V2;

namespace Stint.Agent.Tests.Devices;

/// <summary>All device programs of Stint's that the kernel holds, attached or not, whoever loaded them: bpf(2), BPF_PROG_GET_NEXT_ID.</summary>
internal static unsafe partial class LoadedPrograms
{
    private const int NextId = 11, AttributeBytes = 120;

    public static IReadOnlyList<uint> Ours()
    {
        var ours = new List<uint>();
        for (uint id = 0; Next(id) is { } next; id = next)
        {
            if (DevicePrograms.Instance.Open(next, out var program) != 0) continue;      // gone meanwhile
            if (DevicePrograms.Instance.Identify(program, out var identity) == 0 && identity.Name == DeviceFilter.Name) ours.Add(next);
            DevicePrograms.Instance.Close(program);
        }
        return ours;
    }

    private static uint? Next(uint id)
    {
        var attribute = stackalloc byte[AttributeBytes];
        new Span<byte>(attribute, AttributeBytes).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(attribute, 4), id);
        return SystemCall(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321, NextId, attribute, AttributeBytes) == 0
            ? BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(attribute + 4, 4)) : null;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, long command, byte* attribute, ulong size);
}
