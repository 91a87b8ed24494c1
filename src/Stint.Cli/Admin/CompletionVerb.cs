using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;

namespace Stint.Cli.Admin;

/// <summary><c>stint completion SHELL</c>.</summary>
internal static class CompletionVerb
{
    public static Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        string shell = context.Arguments[line.Operands[0]];
        if (Completion.Script(shell) is not { } script)
        {
            context.Error.WriteLine($"stint completion: there is no script for '{Printable.Of(shell)}': bash, zsh or fish");
            return Task.FromResult(1);
        }
        context.Out.Write(script);
        return Task.FromResult(0);
    }
}
