using Stint.Cli.Options;

namespace Stint.Cli.Tests.Options;

public class OptionParserTests
{
    private static readonly OptionSpec[] Table =
    [
        new("time", 't', OptionArgument.Required), new("time-min", '\0', OptionArgument.Required), new("ntasks", 'n', OptionArgument.Required),
        new("verbose", 'v', OptionArgument.None), new("hold", 'H', OptionArgument.None), new("nice", '\0', OptionArgument.Optional),
        new("ntasks-per-node", '\0', OptionArgument.Required), new("tasks-per-node", '\0', OptionArgument.Required, "ntasks-per-node"), new("partition", 'p', OptionArgument.Required),
    ];

    private static string Show(bool stop, string line)
    {
        string[] words = line.Length == 0 ? [] : line.Split(' ');
        var parsed = OptionParser.Parse(Table, words, stop);
        string options = string.Join(' ', parsed.Options.Select(o => o.Value is null ? o.Id : $"{o.Id}={o.Value}"));
        return parsed.Error ?? $"{options} | {string.Join(' ', parsed.Operands.Select(i => words[i]))}";
    }

    [Theory]
    [InlineData("-n5 script", "ntasks=5 | script")]
    [InlineData("-n 5 script -n 6", "ntasks=5 | script -n 6")]
    [InlineData("-vvn5 -Hp x", "verbose verbose ntasks=5 hold partition=x | ")]
    [InlineData("--ntasks=5 --time 7 s", "ntasks=5 time=7 | s")]
    [InlineData("--time-m=3 --verb", "time-min=3 verbose | ")]
    [InlineData("--part=gpu", "partition=gpu | ")]
    [InlineData("--nice --nice=5", "nice nice=5 | ")]
    [InlineData("-- -n 5", " | -n 5")]
    [InlineData("-v - x", "verbose | - x")]
    [InlineData("--tasks=3", "ntasks-per-node=3 | ")]
    [InlineData("", " | ")]
    [InlineData("--ntasks= x", "ntasks= | x")]
    public void Options_are_read_as_getopt_long_reads_them(string line, string expected) => Assert.Equal(expected, Show(stop: true, line));

    [Theory]
    [InlineData("x -n 5 y -v", "ntasks=5 verbose | x y")]
    [InlineData("x -- -n 5", " | x -n 5")]
    public void Options_and_operands_may_mix_where_the_command_says_so(string line, string expected) => Assert.Equal(expected, Show(stop: false, line));

    [Theory]
    [InlineData("--bogus", "unrecognized option '--bogus'")]
    [InlineData("--bogus=3", "unrecognized option '--bogus'")]
    [InlineData("--ti=5", "option '--ti=5' is ambiguous; possibilities: '--time' '--time-min'")]
    [InlineData("--hold=3", "option '--hold' doesn't allow an argument")]
    [InlineData("--ntasks", "option '--ntasks' requires an argument")]
    [InlineData("-Z", "invalid option -- 'Z'")]
    [InlineData("-vp", "option requires an argument -- 'p'")]
    public void Errors_are_getopt_s_own_sentences(string line, string expected) => Assert.Equal(expected, Show(stop: true, line));
}
