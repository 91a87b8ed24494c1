using Stint.Cli.Client;
using Stint.Cli.Files;

namespace Stint.Cli.Resident;

/// <summary>
/// Runs the common commands once for nobody, so that the first caller does not wait for code to be compiled. Nothing changes in the cluster
/// (sbatch only tests), and nothing is wrong when the server does not answer.
/// </summary>
internal static class WarmUp
{
    private static readonly string[][] Lines =
    [
        ["squeue", "-h"], ["sinfo"], ["sbatch", "--test-only", "--array=0-9", "--wrap", "true"], ["scontrol", "show", "partition"], ["sacct", "-n"],
    ];

    public static void Run(Cluster cluster)
    {
        foreach (string[] line in Lines)
        {
            var behalf = new OnBehalf(0, 0, Environment.ProcessId, cluster.Socket, cluster.AnswerBytesMax, cluster.Connections);
            var context = new CommandContext
            {
                Name = line[0], Arguments = line[1..], EnvironmentBlock = "PATH=/usr/bin\0HOME=/\0"u8.ToArray(), Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PATH"] = "/usr/bin" },
                WorkingDirectory = "/", Uid = 0, Gid = 0, Umask = 0x12, Out = new StreamWriter(Stream.Null), Error = new StreamWriter(Stream.Null), RawIn = Stream.Null, RawOut = Stream.Null, RawError = Stream.Null,
                OutIsTerminal = false, InIsTerminal = false, Columns = 80, Time = TimeProvider.System, Files = new OwnFiles("/"), Limits = Native.ResourceLimits.OfThisProcess,
                Api = new ApiClient(cluster.Socket, retryForMs: 0, answerWithinMs: 2_000, behalf), Cancellation = CancellationToken.None, BinaryFolder = cluster.Programs,
            };
            try { Dispatch.RunAsync(context).GetAwaiter().GetResult(); }
            catch (LeaveToProcessException) { /* a large cluster: warm enough */ }
        }
    }
}
