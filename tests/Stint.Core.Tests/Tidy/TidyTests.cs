using static Stint.Core.Tests.Tidy.Repository;

namespace Stint.Core.Tests.Tidy;

public sealed class TidyTests
{
    private static readonly IReadOnlyList<SourceFile> All = Sources("src", "tests", "native");

    [Theory]
    [InlineData("Stint.Core"), InlineData("Stint.Protocol"), InlineData("Stint.Storage"), InlineData("Stint.Server"), InlineData("Stint.Agent"), InlineData("Stint.Cli")]
    public void References_point_one_way(string project) =>
        Assert.Empty(WrongArrows(project, File.ReadAllText(Path.Combine(Root, "src", project, project + ".csproj"))));

    [Fact]
    public void There_are_six_assemblies() =>
        Assert.Equal(6, Directory.EnumerateDirectories(Path.Combine(Root, "src")).Count(d => Directory.EnumerateFiles(d, "*.csproj").Any()));

    [Fact]
    public void No_source_file_is_longer_than_the_cap() => Assert.Empty(TooLong(All));

    [Fact]
    public void Nine_of_ten_files_are_at_most_300_lines()
    {
        var longer = All.Count(f => f.Text.AsSpan().Count('\n') > 300);
        Assert.True(longer * 10 <= All.Count, $"{longer} of {All.Count} files are longer than 300 lines");
    }

    [Fact]
    public void Core_uses_no_clock_randomness_file_or_thread() => Assert.Empty(BannedApis(Sources("src/Stint.Core")));

    [Fact]
    public void No_stub_is_left() => Assert.Empty(Markers(Sources("src", "native")));

    [Fact]
    public void No_file_has_a_vague_name() => Assert.Empty(VagueNames(All));

    [Fact]
    public void Files_that_the_architecture_page_names_exist()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs/architecture.md"));
        var named = System.Text.RegularExpressions.Regex.Matches(page, @"`((?:src|native|tests|eng|docs)/[\w./{},-]+)`").Select(m => m.Groups[1].Value.TrimEnd('/'));
        Assert.All(named.Where(n => !n.Contains('{', StringComparison.Ordinal)), n => Assert.True(Path.Exists(Path.Combine(Root, n)), $"docs/architecture.md names {n}, which does not exist"));
    }

    // The test of the test: each rule finds its violation.

    [Fact]
    public void A_wrong_arrow_is_found() =>
        Assert.Single(WrongArrows("Stint.Agent", """<Project><ItemGroup><ProjectReference Include="../Stint.Core/Stint.Core.csproj" /></ItemGroup></Project>"""));

    [Fact]
    public void A_file_over_the_cap_is_found()
    {
        Assert.Single(TooLong([new("a.cs", new string('\n', LinesMax + 1))]));
        Assert.Empty(TooLong([new("a.cs", new string('\n', LinesMax))]));
    }

    [Theory]
    [InlineData("var now = DateTime.UtcNow;"), InlineData("var r = new Random(1);"), InlineData("var t = File.ReadAllText(path);"), InlineData("Thread.Sleep(1);"),
     InlineData("using System.Net.Sockets;"), InlineData("async Task F() {}")]
    public void A_banned_api_is_found(string code) => Assert.NotEmpty(BannedApis([new("a.cs", code)]));

    [Fact]
    public void A_banned_name_in_a_comment_is_no_violation() => Assert.Empty(BannedApis([new("a.cs", "// not DateTime.Now, but the Instant handed in\n")]));

    [Fact]
    public void A_stub_is_found() => Assert.Single(Markers([new("a.cs", "throw new NotImplemented" + "Exception();")]));

    [Fact]
    public void A_vague_name_is_found() => Assert.Single(VagueNames([new("src/JobManager.cs", "")]));
}
