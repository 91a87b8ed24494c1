using System.Net;

namespace Stint.Server.Hosting;

/// <summary>What the command line says. <see cref="Parse"/> never throws: a bad option is a sentence.</summary>
public sealed record ServerOptions
{
    public required string Home { get; init; }
    /// <summary>null: <c>stint.yaml</c> in <see cref="Home"/> when it exists.</summary>
    public string? ConfigFile { get; init; }
    /// <summary>null: the configuration's, else 127.0.0.1:0.</summary>
    public IPEndPoint? Listen { get; init; }
    public bool Console { get; init; }
    public bool ShowHelp { get; init; }
    public bool ShowVersion { get; init; }

    public const string Help = """
        Usage: stint-server [--home DIR] [--config FILE] [--listen ADDR:PORT] [--console]
          --home DIR          state, sockets and keys (default: $STINT_HOME, else ../var beside the programs, else /var/lib/stint)
          --config FILE       configuration (default: DIR/stint.yaml, if it exists)
          --listen ADDR:PORT  TLS port for agents (default: the configuration's, else 127.0.0.1:0; the port goes to DIR/run/port)
          --console           log to the console as well, as text
          --help  --version
        """;

    public static (ServerOptions? Options, string? Error) Parse(IReadOnlyList<string> args, string? homeVariable, string programFolder)
    {
        ArgumentNullException.ThrowIfNull(args);
        string? home = null, config = null;
        IPEndPoint? listen = null;
        bool console = false, help = false, version = false;
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = Split(args[i]);
            switch (name)
            {
                case "--help" or "-h" when value is null: help = true; continue;
                case "--version" or "-V" when value is null: version = true; continue;
                case "--console" when value is null: console = true; continue;
                case "--help" or "--version" or "--console": return (null, $"option {name} takes no value");
                case "--home" or "--config" or "--listen": break;
                default: return (null, name.StartsWith('-') ? $"unknown option {name}" : $"unexpected argument '{name}'");
            }
            if (value is null && ++i >= args.Count) return (null, $"option {name} needs a value");
            value ??= args[i];
            if (value.Length == 0) return (null, $"option {name} needs a value");
            if (name == "--home") home = value;
            else if (name == "--config") config = value;
            else if (TryParseEndPoint(value, out listen) is { } error) return (null, $"--listen {value}: {error}");
        }
        return (new ServerOptions
        {
            Home = Path.GetFullPath(home ?? homeVariable ?? DefaultHome(programFolder)), ConfigFile = config is null ? null : Path.GetFullPath(config),
            Listen = listen, Console = console, ShowHelp = help, ShowVersion = version,
        }, null);
    }

    /// <summary>Numeric address and port; null when it is one, otherwise what is wrong.</summary>
    public static string? TryParseEndPoint(string text, out IPEndPoint? endPoint)
    {
        endPoint = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0) return "expected ADDR:PORT, for example 0.0.0.0:6820 or [::]:6820";
        if (!ushort.TryParse(text.AsSpan(colon + 1), out var port)) return $"'{text[(colon + 1)..]}' is no port (0 to 65535)";
        if (!IPAddress.TryParse(text.AsSpan(0, colon), out var address)) return $"'{text[..colon]}' is no IP address";
        endPoint = new IPEndPoint(address, port);
        return null;
    }

    private static (string Name, string? Value) Split(string arg)
    {
        var equals = arg.StartsWith("--", StringComparison.Ordinal) ? arg.IndexOf('=', StringComparison.Ordinal) : -1;
        return equals < 0 ? (arg, null) : (arg[..equals], arg[(equals + 1)..]);
    }

    /// <summary>The programs live in a checkout's lib/ (state in var/ beside it) or are installed (state in /var/lib).</summary>
    private static string DefaultHome(string programFolder)
    {
        var folder = programFolder.TrimEnd('/');
        return Path.GetFileName(folder) == "lib" && Path.GetDirectoryName(folder) is { } root && File.Exists(Path.Combine(root, "Stint.slnx"))
            ? Path.Combine(root, "var")
            : "/var/lib/stint";
    }
}
