using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Stint.Agent.Kernel;

namespace Stint.Agent.Cgroups.V2;

/// <summary>The real bpf(2), by its number: the C library has no function for it. Offsets are those of union bpf_attr in linux/bpf.h.</summary>
internal sealed unsafe partial class DevicePrograms : IDevicePrograms
{
    public static readonly DevicePrograms Instance = new();

    private const int ProgramLoad = 5, ProgramAttach = 8, ProgramById = 13, InfoByDescriptor = 15, ProgramQuery = 16;
    private const uint TypeCgroupDevice = 15, AttachCgroupDevice = 6, AllowMulti = 2, Replace = 4;
    private const int AttributeBytes = 120, LogBytes = 64 << 10, InfoBytes = 80, IdsMax = 64, NameBytes = 16, Again = 11, AttemptsMax = 5;
    private static readonly long Number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;

    public int Load(ReadOnlySpan<byte> instructions, string name, out int program, out string log)
    {
        log = "";
        var errno = Again;
        program = -1;
        // EAGAIN: a signal interrupted the verifier.
        for (var attempt = 0; errno == Again && attempt < AttemptsMax; attempt++) program = Load(instructions, name, null, out errno);
        if (errno is 0 or Errno.NotPermitted) return errno;
        // Only a program that was refused is worth the kernel's writing down why.
        var text = new byte[LogBytes];
        program = Load(instructions, name, text, out errno);
        log = Encoding.UTF8.GetString(text).TrimEnd('\0', '\n');
        return errno;
    }

    private static int Load(ReadOnlySpan<byte> instructions, string name, byte[]? log, out int errno)
    {
        var attribute = stackalloc byte[AttributeBytes];
        var fields = Cleared(attribute);
        fixed (byte* code = instructions)
        fixed (byte* license = "Apache-2.0\0"u8)
        fixed (byte* said = log)
        {
            Put(fields, 0, TypeCgroupDevice);
            Put(fields, 4, (uint)(instructions.Length / DeviceProgram.InstructionBytes));
            Put(fields, 8, code);
            Put(fields, 16, license);
            if (said != null)
            {
                Put(fields, 24, 1);
                Put(fields, 28, LogBytes);
                Put(fields, 32, said);
            }
            Encoding.ASCII.GetBytes(name.AsSpan(0, Math.Min(name.Length, NameBytes - 1)), fields[48..]);
            Put(fields, 68, AttachCgroupDevice);
            return Call(ProgramLoad, attribute, out errno);
        }
    }

    public int Open(uint id, out int program)
    {
        var attribute = stackalloc byte[AttributeBytes];
        Put(Cleared(attribute), 0, id);
        program = Call(ProgramById, attribute, out var errno);
        return errno;
    }

    public int Identify(int program, out ProgramIdentity identity)
    {
        var attribute = stackalloc byte[AttributeBytes];
        var info = stackalloc byte[InfoBytes];
        var fields = Cleared(attribute);
        var told = new Span<byte>(info, InfoBytes);
        told.Clear();
        Put(fields, 0, (uint)program);
        Put(fields, 4, InfoBytes);
        Put(fields, 8, info);
        Call(InfoByDescriptor, attribute, out var errno);
        identity = new ProgramIdentity(BinaryPrimitives.ReadUInt32LittleEndian(told[4..]), Convert.ToHexStringLower(told.Slice(8, 8)), Encoding.ASCII.GetString(told[64..]).TrimEnd('\0'));
        return errno;
    }

    public int OpenGroup(string directory, out int group)
    {
        const int DirectoryOnly = 0x10000;
        var path = Encoding.UTF8.GetBytes(directory + "\0");
        fixed (byte* at = path) group = Native.Open(at, Native.ReadOnly | Native.CloseOnExec | DirectoryOnly, 0);
        return group >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public int Attach(int group, int program, int? replaced)
    {
        var attribute = stackalloc byte[AttributeBytes];
        var fields = Cleared(attribute);
        Put(fields, 0, (uint)group);
        Put(fields, 4, (uint)program);
        Put(fields, 8, AttachCgroupDevice);
        Put(fields, 12, replaced is null ? AllowMulti : AllowMulti | Replace);
        if (replaced is { } old) Put(fields, 16, (uint)old);
        Call(ProgramAttach, attribute, out var errno);
        return errno;
    }

    public int Attached(int group, out IReadOnlyList<uint> ids)
    {
        var attribute = stackalloc byte[AttributeBytes];
        var found = stackalloc uint[IdsMax];
        var fields = Cleared(attribute);
        Put(fields, 0, (uint)group);
        Put(fields, 4, AttachCgroupDevice);
        Put(fields, 16, found);
        Put(fields, 24, IdsMax);
        Call(ProgramQuery, attribute, out var errno);
        var count = errno == 0 ? (int)BinaryPrimitives.ReadUInt32LittleEndian(fields[24..]) : 0;
        ids = new ReadOnlySpan<uint>(found, Math.Min(count, IdsMax)).ToArray();
        return errno;
    }

    public void Close(int descriptor) => _ = Native.Close(descriptor);

    private static Span<byte> Cleared(byte* attribute)
    {
        var fields = new Span<byte>(attribute, AttributeBytes);
        fields.Clear();
        return fields;
    }

    private static void Put(Span<byte> fields, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(fields[at..], value);

    private static void Put(Span<byte> fields, int at, void* pointer) => BinaryPrimitives.WriteUInt64LittleEndian(fields[at..], (ulong)pointer);

    private static int Call(int command, byte* attribute, out int errno)
    {
        var result = (int)SystemCall(Number, command, attribute, AttributeBytes);
        errno = result >= 0 ? 0 : Marshal.GetLastPInvokeError();
        return result;
    }

    /// <summary>syscall(2) is variadic in C; on x86-64 and arm64 its integer arguments are passed like those of a function that is not.</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long command, byte* attribute, ulong size);
}
