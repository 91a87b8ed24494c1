using Stint.Cli.Host;

namespace Stint.Cli.Tests.Host;

public sealed class AgentEnvironmentTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("STINT_TOKEN=x\n", "")]
    [InlineData("STINT_AGENT_OPTIONS=\n", "")]
    [InlineData("# of this machine\nSTINT_AGENT_OPTIONS=--scratch /s  --outside adopt\n", "--scratch|/s|--outside|adopt")]
    [InlineData("STINT_AGENT_OPTIONS=\"--scratch /s\"\n", "--scratch|/s")]
    [InlineData("STINT_AGENT_OPTIONS=--docker ignore\nSTINT_AGENT_OPTIONS='--stall 60:end'\n", "--stall|60:end")]
    [InlineData("#STINT_AGENT_OPTIONS=--outside adopt\n", "")]
    public void Options_of_agents_are_the_words_of_the_last_line_that_sets_them(string? file, string words)
    {
        var home = Directory.CreateTempSubdirectory("stint-test-env-").FullName;
        try
        {
            if (file is not null) File.WriteAllText($"{home}/agent.env", file);
            Assert.Equal(words, string.Join('|', AgentEnvironment.Read(new Home(home))));
        }
        finally { Directory.Delete(home, recursive: true); }
    }
}
