namespace Stint.Core.Tests.Storage;

/// <summary>A folder of one test, gone at its end.</summary>
internal sealed class Folder : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("stint-core-test-");
    public string this[string name] => Path.Combine(directory.FullName, name);
    public void Dispose() => directory.Delete(recursive: true);
}
