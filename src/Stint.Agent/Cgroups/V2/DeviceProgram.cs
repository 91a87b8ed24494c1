using System.Buffers.Binary;
using System.Security.Cryptography;
using Stint.Agent.Devices;

namespace Stint.Agent.Cgroups.V2;

/// <summary>
/// Generates the program that the kernel runs at each open and mknod of a device node in a group (BPF_PROG_TYPE_CGROUP_DEVICE). It gets a struct
/// bpf_cgroup_dev_ctx { u32 access_type (access in the upper, type in the lower half); u32 major; u32 minor } and returns 1 to allow, 0 to
/// deny. One block for each rule, in their canonical order; whatever no block allows is denied. Only eBPF that Linux 4.15 has.
/// </summary>
internal static class DeviceProgram
{
    /// <summary>BPF_MAXINSNS; kernels from 5.2 on take a million of a privileged process, but no node needs them.</summary>
    public const int InstructionsMax = 4096;
    public const int InstructionBytes = 8;

    // linux/bpf.h and linux/bpf_common.h
    private const byte Load32 = 0x61, Move32 = 0xBC, MoveValue32 = 0xB4, And32 = 0x54, ShiftRight32 = 0x74, JumpNotEqualValue = 0x55, JumpNotEqual = 0x5D, Exit = 0x95;
    private const byte Result = 0, Context = 1, Type = 2, Access = 3, Major = 4, Minor = 5;
    private const int BlockType = 1, CharacterType = 2;

    public static byte[] Generate(IReadOnlyList<DeviceRule> rules)
    {
        var code = new List<byte>(InstructionBytes * (8 + (rules.Count * 8)));
        Add(code, Load32, Type, Context, 0, 0);
        Add(code, Move32, Access, Type);
        Add(code, And32, Type, value: 0xFFFF);
        Add(code, ShiftRight32, Access, value: 16);
        Add(code, Load32, Major, Context, 4, 0);
        Add(code, Load32, Minor, Context, 8, 0);
        foreach (var rule in rules) Block(code, rule);
        Return(code, 0);
        return code.Count <= InstructionsMax * InstructionBytes ? [.. code]
            : throw new CgroupException($"{rules.Count} device rules make a program of {code.Count / InstructionBytes} instructions, at most {InstructionsMax} are possible", "bpf", Kernel.Errno.NoSpace);
    }

    /// <summary>
    /// The kernel's tag of a program: the first 8 bytes of its SHA-1, from Linux 6.18 on of its SHA-256 (kernel/bpf/core.c, bpf_prog_calc_tag).
    /// It is how a program that reads back is known to be the one that was generated.
    /// </summary>
#pragma warning disable CA5350 // the kernel's choice; what it protects against is a mistake and not an attacker
    public static IReadOnlyList<string> Tags(byte[] program) => [Hex(SHA1.HashData(program)), Hex(SHA256.HashData(program))];
#pragma warning restore CA5350

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, 8));

    /// <summary>Each comparison that fails jumps behind the block's exit.</summary>
    private static void Block(List<byte> code, DeviceRule rule)
    {
        var asksAccess = rule.Access != DeviceAccess.All;
        var left = 1 + (asksAccess ? 3 : 0) + 1 + (rule.Minor is null ? 0 : 1) + 2;
        void Unless(byte register, int value) => Add(code, JumpNotEqualValue, register, offset: --left, value: value);
        Unless(Type, rule.Type == 'b' ? BlockType : CharacterType);
        if (asksAccess)
        {
            // Everything that is asked for must be allowed: (access & allowed) == access.
            Add(code, Move32, Context, Access);
            Add(code, And32, Context, value: (int)rule.Access);
            left -= 3;
            Add(code, JumpNotEqual, Context, Access, left);
        }
        Unless(Major, unchecked((int)rule.Major));
        if (rule.Minor is { } minor) Unless(Minor, unchecked((int)minor));
        Return(code, 1);
    }

    private static void Return(List<byte> code, int value)
    {
        Add(code, MoveValue32, Result, value: value);
        Add(code, Exit, 0);
    }

    private static void Add(List<byte> code, byte operation, byte to, byte from = 0, int offset = 0, int value = 0)
    {
        Span<byte> instruction = stackalloc byte[InstructionBytes];
        instruction[0] = operation;
        instruction[1] = (byte)(to | (from << 4));
        BinaryPrimitives.WriteInt16LittleEndian(instruction[2..], (short)offset);
        BinaryPrimitives.WriteInt32LittleEndian(instruction[4..], value);
        code.AddRange(instruction);
    }
}
