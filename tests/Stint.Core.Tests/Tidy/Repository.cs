using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Stint.Core.Tests.Tidy;

/// <summary>The rules of the repository as pure checks over (path, text) pairs, so that a test can show each of them failing.</summary>
public static partial class Repository
{
    public const int LinesMax = 500;

    /// <summary>Who may refer to whom. An arrow that is not here is a violation.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Stint.Core"] = [],
        ["Stint.Protocol"] = [],
        ["Stint.Storage"] = ["Stint.Core"],
        ["Stint.Server"] = ["Stint.Core", "Stint.Storage", "Stint.Protocol"],
        ["Stint.Agent"] = ["Stint.Protocol"],
        ["Stint.Cli"] = ["Stint.Protocol"],
    };

    private static readonly string[] BannedInCore =
    [
        "DateTime.", "DateTimeOffset", "Stopwatch", "TimeProvider", "new Random", "Random.Shared", "Guid.NewGuid", "File.", "Directory.",
        "System.IO", "System.Net", "System.Threading", "Thread.", "Task.", "async ", "Console.", "Environment.",
    ];

    public sealed record SourceFile(string Path, string Text);

    public static IEnumerable<string> WrongArrows(string project, string projectFileText)
    {
        var allowed = Arrows.GetValueOrDefault(project, []);
        foreach (var reference in XDocument.Parse(projectFileText).Descendants("ProjectReference"))
        {
            var target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'));
            if (!allowed.Contains(target)) yield return $"{project} → {target}: not an arrow of the design";
        }
    }

    public static IEnumerable<string> TooLong(IEnumerable<SourceFile> files) =>
        from file in files
        let lines = file.Text.AsSpan().Count('\n')
        where lines > LinesMax
        select $"{file.Path}: {lines} lines, at most {LinesMax}";

    /// <summary>Text match on code without comments: it also finds what the compiler's banned-symbol list does not name.</summary>
    public static IEnumerable<string> BannedApis(IEnumerable<SourceFile> coreFiles) =>
        from file in coreFiles
        let code = Comments().Replace(file.Text, "")
        from banned in BannedInCore
        where Regex.IsMatch(code, $@"(?<![\w.]){Regex.Escape(banned)}")
        select $"{file.Path}: {banned.Trim()} is banned in Core";

    public static IEnumerable<string> Markers(IEnumerable<SourceFile> files) =>
        from file in files
        where StubMarkers().IsMatch(file.Text)
        select $"{file.Path}: a stub marker";

    public static IEnumerable<string> VagueNames(IEnumerable<SourceFile> files) =>
        from file in files
        let name = Path.GetFileNameWithoutExtension(file.Path)
        where Vague().IsMatch(name)
        select $"{file.Path}: names say what a thing is; not Manager, Helper, Service, Util, Common, Base";

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/", RegexOptions.Singleline)] private static partial Regex Comments();
    [GeneratedRegex("NotImplementedException|TO" + "DO|FIX" + "ME|HA" + "CK")] private static partial Regex StubMarkers();
    [GeneratedRegex("(Manager|Helper|Helpers|Service|Util|Utils|Common|Base)$")] private static partial Regex Vague();

    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Stint.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Stint.slnx above the tests");
        return folder;
    }

    public static IReadOnlyList<SourceFile> Sources(params string[] folders) =>
    [
        .. from folder in folders
           let path = Path.Combine(Root, folder)
           where Directory.Exists(path)
           from file in Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
           where file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".c", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal)
           let relative = Path.GetRelativePath(Root, file)
           where !relative.Contains("/obj/", StringComparison.Ordinal) && !relative.Contains("/bin/", StringComparison.Ordinal)
           select new SourceFile(relative, File.ReadAllText(file)),
    ];
}
