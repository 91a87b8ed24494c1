using Stint.Cli.Client;
using Stint.Cli.Options;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Cli.Slurm.Sbatch;

/// <summary><c>sbatch</c>: script and options in, a job id out.</summary>
internal static class SbatchCommand
{
    private const string Failed = "Batch job submission failed";

    public static async Task<int> RunAsync(CommandContext context)
    {
        BatchScript? script = null;
        var line = LaunchLine.Parse(context, LaunchCommand.Sbatch, (options, operands) => ReadScript(context, options, operands, out script));
        if (line.ExitCode is { } code) return code;
        var request = SubmitRequests.From(context, line.Options, script!.JobName, script.Path) with
        {
            Script = script.Text,
            Arguments = ScriptArguments(context, line.Operands),
        };
        if (line.Components.Count > 0)
            request.Components = [.. line.Components.Select(options => SubmitRequests.From(context, options, line.Options.JobName ?? script.JobName, script.Path) with { Environment = [], ClientToken = null })];
        Tell(context, line.Options);
        if (line.Options.TestOnly) return await TestOnly.RunAsync(context, line.Options, request);
        try
        {
            var answer = await context.Api.SubmitAsync(request, context.Cancellation);
            return await AnswerAsync(context, line.Options, answer);
        }
        catch (ApiRefusedException e)
        {
            return Fail(context, SlurmErrors.Lines(Failed, e.Refusal, line.Options.Partition));
        }
        catch (ApiUnreachableException e)
        {
            return Fail(context, [$"{Failed}: {SlurmErrors.Unreachable}", e.Message]);
        }
    }

    private static (List<ScriptDirective>?, int?) ReadScript(CommandContext context, LaunchOptions options, List<int> operands, out BatchScript? script)
    {
        (script, string? error) = BatchScript.Read(context, options, operands);
        List<ScriptDirective>? directives = null;
        if (script is not null && !ScriptDirectives.TryParse(script.Text, out directives, out string wrong)) error = wrong;
        return error is null ? (directives, null) : (null, Fail(context, error.Split('\n')));
    }

    private static byte[][] ScriptArguments(CommandContext context, List<int> operands)
    {
        var arguments = new byte[Math.Max(0, operands.Count - 1)][];
        for (int i = 0; i < arguments.Length; i++) arguments[i] = context.ArgumentBytes(operands[i + 1]);
        return arguments;
    }

    private static int Fail(CommandContext context, IEnumerable<string> lines)
    {
        foreach (string text in lines) context.Error.WriteLine($"{context.Name}: error: {text}");
        return 1;
    }

    private static void Tell(CommandContext context, LaunchOptions options)
    {
        if (!options.Quiet)
            foreach (string note in options.Notes) context.Error.WriteLine($"{context.Name}: warning: {note}");
        if (options.Verbose > 0) VerboseOptions.Write(context, options);
    }

    private static async Task<int> AnswerAsync(CommandContext context, LaunchOptions options, SubmitResponse answer)
    {
        if (answer.Message.Length > 0 && !options.Quiet) context.Error.WriteLine($"{context.Name}: {answer.Message}");
        if (options.Parsable) context.Out.WriteLine(answer.JobId);
        else if (!options.Quiet) context.Out.WriteLine($"Submitted batch job {answer.JobId}");
        context.Out.Flush();
        return options.Wait ? await JobWait.RunAsync(context, answer.JobId) : 0;
    }
}
