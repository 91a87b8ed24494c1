namespace Stint.Agent.Kernel;

/// <summary>
/// The file operations that cgroups are made of. Everything returns 0 or an errno, because each refusal of the kernel has to be told with its
/// number. The only implementation that runs is <see cref="KernelFiles"/>; tests put others in its place to make a single write fail.
/// </summary>
internal interface IGroupFiles
{
    int MakeGroup(string path);
    int RemoveGroup(string path);
    /// <summary>One unbuffered write(2) of the whole value: the kernel takes a cgroup value in one piece or not at all.</summary>
    int Write(string file, string value);
    int Read(string file, out string text);
    bool Exists(string path);
    /// <summary>Names of the groups below; empty when there is no such group.</summary>
    IReadOnlyList<string> Children(string path);
    int Signal(int pid, int signal);
}
