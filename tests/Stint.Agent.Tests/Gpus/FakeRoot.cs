namespace Stint.Agent.Tests.Gpus;

/// <summary>A folder that stands for / in detection: plain files where a machine has device nodes.</summary>
internal sealed class FakeRoot : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("stint-test-root-").FullName;

    public FakeRoot Put(string file, string text = "")
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName($"{Path}/{file}")!);
        File.WriteAllText($"{Path}/{file}", text);
        return this;
    }

    public FakeRoot Link(string file, string target)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName($"{Path}/{file}")!);
        File.CreateSymbolicLink($"{Path}/{file}", target);
        return this;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
