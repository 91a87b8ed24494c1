namespace Stint.Agent.Cgroups.V2;

/// <param name="Name">What its maker called it, at most 15 characters.</param>
internal readonly record struct ProgramIdentity(uint Id, string Tag, string Name);

/// <summary>bpf(2) as far as device filters need it. Everything returns 0 or an errno; tests put another in its place to make one call fail.</summary>
internal interface IDevicePrograms
{
    /// <summary>Hands a program to the verifier; <paramref name="program"/> is a descriptor to close, <paramref name="log"/> what the verifier said.</summary>
    int Load(ReadOnlySpan<byte> instructions, string name, out int program, out string log);

    /// <summary>A descriptor of a program that exists.</summary>
    int Open(uint id, out int program);

    int Identify(int program, out ProgramIdentity identity);

    int OpenGroup(string directory, out int group);

    /// <summary>Beside what is attached (BPF_F_ALLOW_MULTI), or in one step in the place of <paramref name="replaced"/> (BPF_F_REPLACE).</summary>
    int Attach(int group, int program, int? replaced);

    /// <summary>Ids of the programs attached to the group itself.</summary>
    int Attached(int group, out IReadOnlyList<uint> ids);

    void Close(int descriptor);
}
