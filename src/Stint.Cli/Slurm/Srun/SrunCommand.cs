using Stint.Cli.Client;
using Stint.Cli.Options;

namespace Stint.Cli.Slurm.Srun;

/// <summary><c>srun</c>: a program run on the cluster as if it ran here, in a job of its own or as a step of the job it is called in.</summary>
internal static class SrunCommand
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        if (HetLine.Is(context)) return await HetRun.RunAsync(context);
        var line = LaunchLine.Parse(context, LaunchCommand.Srun);
        if (line.ExitCode is { } code) return code;
        if (line.Operands.Count == 0)
        {
            context.Error.WriteLine($"{context.Name}: fatal: No command given to execute.");
            return 1;
        }
        var options = line.Options;
        if (!options.Quiet)
            foreach (string note in options.Notes) context.Error.WriteLine($"{context.Name}: warning: {note}");
        if (options.Verbose > 0) VerboseOptions.Write(context, options);
        var (request, error, warning) = SrunRequests.From(context, line);
        if (warning is not null && !options.Quiet) context.Error.WriteLine($"{context.Name}: Warning: {warning}");
        if (request is null)
        {
            context.Error.WriteLine($"{context.Name}: error: {error}");
            return LaunchLine.BadUsage;
        }
        if (options.TestOnly && request.Submit is { } submit)
            return await TestOnly.RunAsync(context, options, submit with { Script = [], Arguments = [] });
        using var terminal = request.Step.Pty && context.InIsTerminal ? Terminal.Raw() : null;
        try
        {
            using var socket = await context.Api.ConnectWebSocketAsync("/api/v1/run", context.Cancellation);
            await using var session = new SrunSession(context, options, request, new RunWire(socket));
            return await session.RunAsync();
        }
        catch (ApiUnreachableException e)
        {
            context.Error.WriteLine($"{context.Name}: error: Unable to allocate resources: {SlurmErrors.Unreachable}");
            context.Error.WriteLine($"{context.Name}: error: {e.Message}");
            return 1;
        }
    }
}
