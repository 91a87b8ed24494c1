using Stint.Cli.Slurm.Format;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Scontrol;

/// <summary><c>scontrol show licenses [name]</c>.</summary>
internal static class ShowLicenses
{
    public static async Task<int> RunAsync(CommandContext context, ShowStyle style, string? name)
    {
        var list = await context.Api.GetAsync("/api/v1/licenses", ApiJson.Default.LicenseList, context.Cancellation);
        if (list.Licenses.Length == 0)
        {
            context.Out.Write("No licenses configured in Slurm.\n");
            return 0;
        }
        int shown = 0;
        foreach (var one in list.Licenses.Where(one => name is null || one.Name == name))
        {
            string numbers = $"Total={one.Total} Used={one.Used} Free={(one.Total > one.Used ? one.Total - one.Used : 0)} Reserved={one.Reserved} Remote=no";
            context.Out.Write($"LicenseName={one.Name}{(style.OneLine ? " " : "\n    ")}{numbers}\n");
            shown++;
        }
        if (shown > 0) return 0;
        context.Out.Write($"License name {Printable.Of(name!)} not found.\n");
        return 1;
    }
}
