using System.Runtime.InteropServices;
using System.Text;
using Stint.Cli.Native;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Admin;

/// <summary><c>stint join SERVER TOKEN</c>: becomes the agent of this machine, with the options a first start needs.</summary>
internal static unsafe partial class JoinVerb
{
    private const string HomeDefault = "/var/lib/stint";

    [LibraryImport("libc", SetLastError = true)] private static partial int execv(byte* path, byte** arguments);

    public static Task<int> RunAsync(CommandContext context, ParsedLine line) => Task.FromResult(Run(context, line));

    private static int Run(CommandContext context, ParsedLine line)
    {
        string server = context.Arguments[line.Operands[0]], token = context.Arguments[line.Operands[1]];
        if (!server.Contains("://", StringComparison.Ordinal)) server = "https://" + server;
        if (!Uri.TryCreate(server, UriKind.Absolute, out var uri) || uri.Scheme != "https" || uri.Port <= 0)
        {
            context.Error.WriteLine($"stint join: {Printable.Of(server)} is no server: write https://HOST:PORT, as `stint token` prints it");
            return 1;
        }
        if (line.Value("ca-fingerprint") is not { Length: 64 } fingerprint || !fingerprint.All(char.IsAsciiHexDigit))
        {
            context.Error.WriteLine("stint join: --ca-fingerprint is missing or not 64 hexadecimal digits: without it this machine cannot tell the server from an impostor.\n`stint token` on the server prints it.");
            return 1;
        }
        string node = line.Value("node") ?? ShortName(Libc.HostName());
        string home = line.Value("home") ?? context.Environment.GetValueOrDefault("STINT_HOME") ?? HomeDefault;
        string agent = Path.Combine(context.BinaryFolder, "stint-agent");
        string[] command = [agent, "--home", home, "--node", node, "--server", server, "--token", token, "--ca-fingerprint", fingerprint];
        if (line.Has("print")) { context.Out.Write(string.Join(' ', command.Select(Quote)) + "\n"); return 0; }
        if (context.Uid != 0)
        {
            context.Error.WriteLine("stint join: the agent starts jobs as their users and writes kernel limits, so it must run as root");
            return 1;
        }
        context.Error.WriteLine($"stint join: node {node} joins {server}; its state and its log are in {Path.Combine(home, "agent-" + node)}. The agent runs here until it is stopped;\nstint join: start it later without the token: {agent} --home {home} --node {node} --server {server}");
        context.Out.Flush();
        return Exec(context, command);
    }

    /// <summary>Returns only when it failed.</summary>
    private static int Exec(CommandContext context, string[] command)
    {
        var pointers = stackalloc byte*[command.Length + 1];
        for (int i = 0; i < command.Length; i++) pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(command[i]);
        pointers[command.Length] = null;
        execv(pointers[0], pointers);
        context.Error.WriteLine($"stint join: {command[0]}: {Libc.Describe(Libc.LastError)}");
        return 1;
    }

    private static string ShortName(string host) => host.IndexOf('.') is var dot and > 0 ? host[..dot] : host;

    private static string Quote(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=@%+,".Contains(c)) ? word
        : new StringBuilder("'").Append(word.Replace("'", "'\\''")).Append('\'').ToString();
}
