using Stint.Cli.Host;
using Stint.Cli.Native;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Format;
using Stint.Cli.Systemd;

namespace Stint.Cli.Admin;

/// <summary><c>stint systemd install|user-slices|remove|remove-drop-ins</c>: the units of this node, and the drop-ins of its users, as systemd reads them.</summary>
internal static class SystemdVerb
{
    public static readonly VerbOption[] Options =
    [
        new("node", '\0', "NAME", "name of this node (default: the host's)"),
        new("server", '\0', "URL", "https://HOST:PORT of the server (default: the one on this machine)"),
        new("home", '\0', "DIR", "folder of all state (default: STINT_HOME, else as stint up finds it)"),
        new("with-server", '\0', "", "units of the server on this machine, too"),
        new("token", '\0', "TOKEN", "for the first start of the agent, from `stint token`; kept in a file of root's"),
        new("ca-fingerprint", '\0', "HEX", "beside --token"),
        new("units", '\0', "DIR", "where units are (default /etc/systemd/system)"),
        new("users", '\0', "NAMES", "user-slices: these, by commas (default: all of /etc/passwd who can log in)"),
        new("dry-run", '\0', "", "print what would change and change nothing"),
    ];

    public static async Task<int> RunAsync(CommandContext context, ParsedLine line)
    {
        try
        {
            if (context.Arguments[line.Operands[0]] != "user-slices") return Run(context, line);
            return await UserSlicesWork.RunAsync(context, line.Value("units") ?? UserSlices.Units, line.Value("users")?.Split(',', StringSplitOptions.RemoveEmptyEntries), line.Has("dry-run"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Error.WriteLine($"stint systemd: {Printable.Of(e.Message)}");
            return 1;
        }
    }

    private static int Run(CommandContext context, ParsedLine line)
    {
        var folder = line.Value("units") ?? UserSlices.Units;
        switch (context.Arguments[line.Operands[0]])
        {
            case "install":
                return Place(context, line) is { } place ? Install(context, line, folder, place) : 1;
            case "remove":
                var plan = UnitFiles.Plan(folder, null).Concat(new UserSlices(folder).Plan([])).ToList();
                return Change(context, line, folder, plan, before: StopOf(plan), "removed");
            case "remove-drop-ins":
                return Change(context, line, folder, [.. new UserSlices(folder).Plan([])], before: [], "removed");
            default:
                return Complain(context, $"'{context.Arguments[line.Operands[0]]}': install, user-slices, remove or remove-drop-ins");
        }
    }

    private static UnitPlace? Place(CommandContext context, ParsedLine line)
    {
        var home = Home.Find(line.Value("home"), context.Environment, context.WorkingDirectory);
        var node = line.Value("node") ?? Libc.HostName().Split('.')[0];
        // A port that is free now need not be free later; on this machine the agent looks into run/port again.
        var server = line.Value("server") ?? (File.Exists(home.Port) ? $"https://127.0.0.1:{File.ReadAllText(home.Port).Trim()}" : null);
        if (server is null && line.Has("with-server")) server = "https://127.0.0.1:1";
        string? wrong = server is null ? "--server https://HOST:PORT is missing: no server has run on this machine yet"
            : (string[])[home.Path, node, server, Home.Programs] is var words && words.Any(w => w.Any(c => !char.IsAsciiLetterOrDigit(c) && !"-_./:[]".Contains(c))) ? $"{words.First(w => w.Any(c => !char.IsAsciiLetterOrDigit(c) && !"-_./:[]".Contains(c)))}: letters, digits and -_./: only in a unit's command line"
            : line.Has("token") != line.Has("ca-fingerprint") ? "--token and --ca-fingerprint go together"
            : null;
        if (wrong is not null) Complain(context, wrong);
        return wrong is null ? new UnitPlace(Home.Programs, home.Path, node, server!, line.Has("with-server")) : null;
    }

    private static int Install(CommandContext context, ParsedLine line, string folder, UnitPlace place)
    {
        var plan = UnitFiles.Plan(folder, place);
        if (!line.Has("dry-run") && line.Value("token") is { } token) KeepToken(place.Home, token, line.Value("ca-fingerprint")!);
        var code = Change(context, line, folder, plan, before: [], "written");
        if (code == 0 && !line.Has("dry-run")) context.Out.WriteLine($"start it now and at each boot: systemctl enable --now {(place.WithServer ? UnitFiles.Server + " " : "")}{UnitFiles.Jobs} {UnitFiles.Agent}");
        return code;
    }

    /// <summary>A token is a password for one use: root's alone, and in no command line.</summary>
    private static void KeepToken(string home, string token, string fingerprint)
    {
        Directory.CreateDirectory(home);
        var path = Path.Combine(home, "agent.env");
        var kept = File.Exists(path) ? File.ReadAllLines(path).Where(l => !l.StartsWith("STINT_TOKEN=", StringComparison.Ordinal) && !l.StartsWith("STINT_CA_FINGERPRINT=", StringComparison.Ordinal)) : [];
        using (var file = new FileStream(path + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        using (var text = new StreamWriter(file))
            foreach (var entry in kept.Append($"STINT_TOKEN={token}").Append($"STINT_CA_FINGERPRINT={fingerprint}")) text.Write(entry + "\n");
        File.Move(path + ".new", path, overwrite: true);
    }

    private static int Change(CommandContext context, ParsedLine line, string folder, IReadOnlyList<PlannedFile> plan, string[] before, string done)
    {
        if (UserSlices.Refuse(plan) is { } foreign) return Complain(context, foreign);
        var changes = plan.Where(p => p.Kind != FileChangeKind.Same).ToList();
        foreach (var change in changes)
            foreach (var text in MarkedFile.Difference(change)) context.Out.WriteLine(text);
        if (line.Has("dry-run") || changes.Count == 0)
        {
            context.Out.WriteLine(changes.Count == 0 ? "nothing to change" : $"{changes.Count} files would be {done}");
            return 0;
        }
        var live = folder == UserSlices.Units && Systemctl.IsSystemdHere;
        if (live && before.Length > 0) Systemctl.Run(["stop", .. before]);
        foreach (var change in changes) MarkedFile.Apply(change);
        if (live) Systemctl.Run("daemon-reload");
        context.Out.WriteLine($"{changes.Count} file{(changes.Count == 1 ? "" : "s")} {done}{(live ? "; systemd has read them" : "; systemd has not been told (systemctl daemon-reload)")}");
        return 0;
    }

    private static string[] StopOf(IReadOnlyList<PlannedFile> plan) =>
        [.. plan.Where(p => p.Kind == FileChangeKind.Remove).Select(p => Path.GetFileName(p.Path)).Where(n => n is UnitFiles.Agent or UnitFiles.Jobs or UnitFiles.Server or UnitFiles.Resident)];

    private static int Complain(CommandContext context, string what)
    {
        context.Error.WriteLine($"stint systemd: {Printable.Of(what)}");
        return 1;
    }
}
