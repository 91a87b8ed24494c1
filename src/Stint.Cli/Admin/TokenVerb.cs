using Stint.Cli.Options;
using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <summary><c>stint token</c>: prints the command that lets a machine join, with a token that works once.</summary>
internal static class TokenVerb
{
    private const long ValidSecondsDefault = 3600;

    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        long seconds = ValidSecondsDefault;
        if (line.Value("for") is { } text && !Quantity.TryParseSpan(text, out seconds))
        {
            context.Error.WriteLine($"stint token: --for {Slurm.Format.Printable.Of(text)} is no time: write 90s, 45m, 1h or 7d");
            return 1;
        }
        string? node = line.Value("node");
        var token = await context.Api.PostAsync("/api/v1/tokens", new TokenRequest(node, (int)Math.Min(seconds, int.MaxValue)), ApiJson.Default.TokenRequest, ApiJson.Default.TokenResponse, context.Cancellation);
        if (line.Has("json")) return JsonAnswer.Write(context, token);
        var palette = Palette.Of(context);
        string until = Slurm.Format.Printable.Of(Stint.Protocol.Slurm.SlurmDate.Format(token.ExpiresMs, context.Time.LocalTimeZone));
        string who = string.IsNullOrEmpty(node) ? "the machine that shall join" : $"node {node}";
        context.Out.Write($"On {Slurm.Format.Printable.Of(who)}, as root:\n\n  {palette.Paint($"stint join {token.Server} {token.Token} --ca-fingerprint {token.CaFingerprint}{(string.IsNullOrEmpty(node) ? "" : $" --node {node}")}", Tone.Strong)}\n\n");
        context.Out.Write($"The token works once, until {until}. Who has it can join as a node: treat it as a password.\n");
        return 0;
    }
}
