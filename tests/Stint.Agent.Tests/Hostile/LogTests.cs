using Microsoft.Extensions.Logging;
using Stint.Agent.Logs;

namespace Stint.Agent.Tests.Hostile;

/// <summary>A log that somebody makes the agent write and write.</summary>
public sealed class LogTests
{
    [Fact]
    public void A_log_that_grows_and_grows_takes_twice_its_bound_at_most()
    {
        var folder = Directory.CreateTempSubdirectory("stint-test-log-").FullName;
        try
        {
            using (var log = new JsonLinesLog(folder + "/agent.log", null, TimeProvider.System))
            {
                var logger = log.For("x");
                var text = new string('x', 1 << 20);
                for (var i = 0; i < 220; i++) Flood(logger, text);
            }
            var bytes = Directory.GetFiles(folder).Sum(f => new FileInfo(f).Length);
            Assert.InRange(bytes, 64L << 20, 140L << 20);
            Assert.Equal(["agent.log", "agent.log.1"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static readonly Action<ILogger, string, Exception?> FloodLine = LoggerMessage.Define<string>(LogLevel.Information, new EventId(1), "{Text}");
    private static void Flood(ILogger log, string text) => FloodLine(log, text, null);

    [Fact]
    public void A_log_that_cannot_be_written_throws_at_nobody()
    {
        using var log = new JsonLinesLog("/dev/full", null, TimeProvider.System);
        for (var i = 0; i < 100; i++) Flood(log.For("x"), "lost");
    }
}
