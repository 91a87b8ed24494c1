using Stint.Cli.Admin;
using Stint.Cli.Client;
using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol reconfigure</c>: the server reads the tiers of its configuration again, with all checks of <c>stint limits apply</c>. Silent when it went well.</summary>
internal static class Reconfigure
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        LimitsChangeView view;
        try
        {
            view = await LimitsApply.SendAsync(context, new LimitsApplyRequest());
        }
        catch (ApiRefusedException e) when (e.Refusal.Code == "invalid_config")
        {
            return Complain(context, [e.Refusal.Sentence, e.Refusal.Remedy]);
        }
        if (view.Objections.Length > 0) return Complain(context, [.. view.Objections, "Nothing was changed"]);
        foreach (string note in view.Notes) context.Error.WriteLine($"{context.Name}: {Printable.Of(note)}");
        return 0;
    }

    private static int Complain(CommandContext context, IEnumerable<string> lines)
    {
        foreach (string one in lines) context.Error.WriteLine($"{context.Name}: error: {Printable.Of(one)}");
        return 1;
    }
}
