namespace Stint.Cli.Systemd;

internal enum FileChangeKind { Same, Add, Change, Remove, Foreign }

/// <param name="Before">What is there now; null: nothing.</param>
/// <param name="After">What shall be there; null: nothing.</param>
internal sealed record PlannedFile(string Path, FileChangeKind Kind, string? Before, string? After);

/// <summary>
/// A file of systemd's that Stint owns: its first line says so. A file without that line belongs to somebody else and is never written nor removed;
/// writing the same text again changes nothing.
/// </summary>
internal static class MarkedFile
{
    public const string Header = "# Written by Stint; changes here are lost. stint systemd remove takes it away.";
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <param name="body">What shall stand below the header; null: no such file.</param>
    public static PlannedFile Plan(string path, string? body)
    {
        var before = File.Exists(path) ? File.ReadAllText(path) : null;
        var after = body is null ? null : $"{Header}\n{body.TrimEnd('\n')}\n";
        var kind = before is not null && !IsOurs(before) ? FileChangeKind.Foreign
            : before == after ? FileChangeKind.Same
            : before is null ? FileChangeKind.Add
            : after is null ? FileChangeKind.Remove
            : FileChangeKind.Change;
        return new PlannedFile(path, kind, before, after);
    }

    public static bool IsOurs(string text) => text.StartsWith(Header + "\n", StringComparison.Ordinal);

    /// <summary>Written beside and renamed, so that systemd never reads half a file. Throws <see cref="IOException"/> and <see cref="UnauthorizedAccessException"/>.</summary>
    public static void Apply(PlannedFile planned)
    {
        switch (planned.Kind)
        {
            case FileChangeKind.Add or FileChangeKind.Change:
                Directory.CreateDirectory(Path.GetDirectoryName(planned.Path)!);
                var beside = planned.Path + ".new";
                File.WriteAllText(beside, planned.After);
                File.SetUnixFileMode(beside, Readable);
                File.Move(beside, planned.Path, overwrite: true);
                break;
            case FileChangeKind.Remove:
                File.Delete(planned.Path);
                var folder = Path.GetDirectoryName(planned.Path)!;
                if (folder.EndsWith(".d", StringComparison.Ordinal) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
                break;
        }
    }

    /// <summary>Lines that go and come, as diff -u marks them.</summary>
    public static IEnumerable<string> Difference(PlannedFile planned)
    {
        if (planned.Kind == FileChangeKind.Same) yield break;
        yield return planned.Kind switch
        {
            FileChangeKind.Add => $"+++ {planned.Path}",
            FileChangeKind.Remove => $"--- {planned.Path}",
            FileChangeKind.Foreign => $"!!! {planned.Path}: not written by Stint, left alone",
            _ => $"*** {planned.Path}",
        };
        if (planned.Kind == FileChangeKind.Foreign) yield break;
        var (before, after) = (Lines(planned.Before), Lines(planned.After));
        foreach (var line in before) if (!after.Contains(line)) yield return $"-{line}";
        foreach (var line in after) if (!before.Contains(line)) yield return $"+{line}";
    }

    private static string[] Lines(string? text) => text is null ? [] : [.. text.TrimEnd('\n').Split('\n').Where(l => l != Header)];
}
