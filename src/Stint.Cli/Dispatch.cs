using Stint.Cli.Client;

namespace Stint.Cli;

/// <summary>From a context to an exit code: which command it is, and what its failures mean. The same for a process of its own and the resident.</summary>
internal static class Dispatch
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        var main = CommandTable.Slurm(context.Name);
        if (main is null && context.Arguments.Count > 0)
        {
            string verb = context.Arguments[0];
            main = CommandTable.Slurm(verb) ?? CommandTable.Verb(verb);
            if (main is not null) context = context.Shift();
        }
        main ??= CommandTable.NoSuchVerb;
        int code;
        try
        {
            code = await main(context);
            context.Out.Flush();
        }
        catch (ApiUnreachableException e)
        {
            context.Out.Flush();
            context.Error.WriteLine($"{context.Name}: error: Unable to contact slurm controller (connect failure)");
            context.Error.WriteLine($"{context.Name}: error: {e.Message}");
            code = 1;
        }
        catch (ApiRefusedException e)
        {
            context.Out.Flush();
            context.Error.WriteLine($"{context.Name}: error: {e.Refusal.Sentence}");
            if (e.Refusal.Remedy.Length > 0) context.Error.WriteLine($"{context.Name}: error: {e.Refusal.Remedy}");
            code = 1;
        }
        catch (OperationCanceledException)
        {
            code = 130;
        }
        catch (IOException)
        {
            // Standard output or standard error is closed: there is nobody to tell.
            code = 1;
        }
        return code;
    }
}
