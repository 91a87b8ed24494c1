using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Srun;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Salloc;

/// <summary><c>salloc</c>: an allocation, and in it a command here (a shell, if none is named), which ends with it and whose end ends it.</summary>
internal static class SallocCommand
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        var line = LaunchLine.Parse(context, LaunchCommand.Salloc);
        if (line.ExitCode is { } code) return code;
        var options = line.Options;
        if (options.NoShell && line.Operands.Count > 0)
        {
            context.Error.WriteLine($"{context.Name}: error: --no-shell and a command exclude each other");
            return LaunchLine.BadUsage;
        }
        if (!options.Quiet)
            foreach (string note in options.Notes) context.Error.WriteLine($"{context.Name}: warning: {note}");
        if (options.Verbose > 0) VerboseOptions.Write(context, options);
        string[] command = options.NoShell ? [] : line.Operands.Count > 0 ? [.. line.Operands.Select(at => context.Arguments[at])] : [Shell(context)];
        string? program = command.Length == 0 ? null : ChildCommand.Find(context, command[0]);
        var submit = SubmitRequests.From(context, options, "interactive", command.Length > 0 ? command[0] : "") with
        {
            IsBatch = false, StdIn = null, StdOut = null, StdErr = null, Environment = [], Components = Components(context, line, command.Length > 0 ? command[0] : ""),
        };
        try
        {
            using var socket = await context.Api.ConnectWebSocketAsync("/api/v1/run", context.Cancellation);
            await using var session = new SallocSession(context, options, new RunWire(socket));
            return await session.RunAsync(new RunRequest { Submit = submit, Detach = options.NoShell }, command, program);
        }
        catch (ApiUnreachableException e)
        {
            context.Error.WriteLine($"{context.Name}: error: Failed to allocate resources: {SlurmErrors.Unreachable}");
            context.Error.WriteLine($"{context.Name}: error: {e.Message}");
            return 1;
        }
    }

    private static SubmitRequest[]? Components(CommandContext context, LaunchLine line, string command) => line.Components.Count == 0 ? null
        : [.. line.Components.Select(options => SubmitRequests.From(context, options, line.Options.JobName ?? "interactive", command) with
        {
            IsBatch = false, StdIn = null, StdOut = null, StdErr = null, Environment = [], ClientToken = null,
        })];

    private static string Shell(CommandContext context) => context.Environment.TryGetValue("SHELL", out string? shell) && shell.StartsWith('/') ? shell : "/bin/sh";
}
