using System.Text;
using Stint.Protocol.Slurm;

namespace Stint.Protocol.Tests.Slurm;

public class ScriptDirectivesTests
{
    private static List<ScriptDirective> Parse(string script)
    {
        Assert.True(ScriptDirectives.TryParse(Encoding.UTF8.GetBytes(script), out var directives, out string error), error);
        return directives;
    }

    private static string Error(string script)
    {
        Assert.False(ScriptDirectives.TryParse(Encoding.UTF8.GetBytes(script), out _, out string error));
        return error;
    }

    [Fact]
    public void Directives_count_until_the_first_command()
    {
        var found = Parse("#!/bin/sh\n# a comment\n#SBATCH -n 4\n\n  \n#SBATCH --mem=1G -t 5\necho hi\n#SBATCH -n 9\n");
        Assert.Equal(["3: -n|4", "6: --mem=1G|-t|5"], found.Select(d => $"{d.Line}: {string.Join('|', d.Words)}"));
    }

    [Fact]
    public void Quotes_keep_blanks_and_a_hash_ends_the_line()
    {
        var found = Parse("#!/bin/sh\n#SBATCH -J \"two words\" --comment='a \"b\"' # the rest\n#SBATCH -D /a\\ b --name=x#y\n");
        Assert.Equal(["-J|two words|--comment=a \"b\"", "-D|/a b|--name=x#y"], found.Select(d => string.Join('|', d.Words)));
    }

    [Theory]
    [InlineData("#!/bin/sh\n #SBATCH -n 4\n")]
    [InlineData("#!/bin/sh\n##SBATCH -n 4\n")]
    [InlineData("#!/bin/sh\n#SBATCHES -n 4\n")]
    [InlineData("#!/bin/sh\n#sbatch -n 4\n")]
    [InlineData("#!/bin/sh\n# SBATCH -n 4\n")]
    public void Only_lines_that_begin_exactly_so_are_directives(string script) => Assert.Empty(Parse(script));

    [Fact]
    public void A_script_begins_with_its_interpreter() =>
        Assert.Equal("This does not look like a batch script.  The first\nline must start with #! followed by the path to an interpreter.\nFor instance: #!/bin/sh", Error("echo hi\n"));

    [Theory]
    [InlineData("", "Batch script is empty!")]
    [InlineData("  \n\t\n", "Batch script contains only whitespace!")]
    [InlineData("#!/bin/sh\r\necho\r\n", "Batch script contains DOS line breaks (\\r\\n)\ninstead of expected UNIX line breaks (\\n).")]
    [InlineData("#!/bin/sh\n#SBATCH -J 'open\n", "line 2: unmatched ' in #SBATCH line")]
    public void What_cannot_be_a_script_is_refused(string script, string expected) => Assert.Equal(expected, Error(script));

    [Fact]
    public void Components_of_a_heterogeneous_job_are_separated()
    {
        Assert.True(ScriptDirectives.TryParse("#!/bin/sh\n#SBATCH -n1\n#SBATCH hetjob\n#SBATCH -n2\n"u8, out var directives, out _));
        Assert.Equal([false, true, false], directives.Select(one => one.BeginsComponent));
    }

    [Fact]
    public void A_script_over_four_mebibytes_is_refused_with_both_sizes()
    {
        string error = Error("#!/bin/sh\n" + new string('#', ScriptDirectives.MaxScriptBytes));
        Assert.Contains("4194304", error, StringComparison.Ordinal);
        Assert.Contains("4194314", error, StringComparison.Ordinal);
    }
}
