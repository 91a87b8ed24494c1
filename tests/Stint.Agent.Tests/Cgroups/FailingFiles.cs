using Stint.Agent.Kernel;

namespace Stint.Agent.Tests.Cgroups;

/// <summary>The real kernel, except that one file behaves as told.</summary>
internal sealed class FailingFiles : IGroupFiles
{
    public Func<string, string, int> OnWrite { get; set; } = (_, _) => 0;
    public Func<string, string?> OnRead { get; set; } = _ => null;
    public Func<string, int> OnMake { get; set; } = _ => 0;
    public Func<string, int> OnRemove { get; set; } = _ => 0;

    public int MakeGroup(string path) => OnMake(path) is var errno and not 0 ? errno : KernelFiles.Instance.MakeGroup(path);
    public int RemoveGroup(string path) => OnRemove(path) is var errno and not 0 ? errno : KernelFiles.Instance.RemoveGroup(path);
    public int Write(string file, string value) => OnWrite(file, value) is var errno and not 0 ? errno : KernelFiles.Instance.Write(file, value);
    public bool Exists(string path) => KernelFiles.Instance.Exists(path);
    public IReadOnlyList<string> Children(string path) => KernelFiles.Instance.Children(path);
    public int Signal(int pid, int signal) => KernelFiles.Instance.Signal(pid, signal);

    public int Read(string file, out string text)
    {
        if (OnRead(file) is not { } instead) return KernelFiles.Instance.Read(file, out text);
        text = instead;
        return 0;
    }
}
