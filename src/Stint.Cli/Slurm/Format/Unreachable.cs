using Stint.Cli.Client;

namespace Stint.Cli.Slurm.Format;

/// <summary>Slurm's first line when there is no controller, because scripts look for it; the second says what was tried.</summary>
public static class Unreachable
{
    /// <param name="call">The call Slurm names: <c>slurm_load_jobs error</c>, <c>slurm_load_partitions</c>.</param>
    public static int Report(CommandContext context, string call, ApiUnreachableException failure)
    {
        context.Out.Flush();
        context.Error.WriteLine($"{call}: Unable to contact slurm controller (connect failure)");
        context.Error.WriteLine($"{context.Name}: {Printable.Of(failure.Message)}");
        return 1;
    }

    public static int Report(CommandContext context, string call, ApiRefusedException refused)
    {
        context.Out.Flush();
        context.Error.WriteLine($"{call}: {Printable.Of(refused.Refusal.Sentence)}");
        if (refused.Refusal.Remedy.Length > 0) context.Error.WriteLine($"{context.Name}: {Printable.Of(refused.Refusal.Remedy)}");
        return 1;
    }
}
