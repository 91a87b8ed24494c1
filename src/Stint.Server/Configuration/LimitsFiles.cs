using Stint.Server.Hosting;

namespace Stint.Server.Configuration;

/// <summary>
/// Where tiers are read from: <c>limits.yaml</c> in the home folder where it is, else the configuration itself. What <c>stint limits apply FILE</c> puts in
/// force is kept as <c>limits.yaml</c>, so that a restart finds it.
/// </summary>
internal sealed class LimitsFiles(string configPath, bool mustExist, string home)
{
    public const string Name = "limits.yaml";
    public string LimitsPath { get; } = Path.Combine(home, Name);

    /// <summary>Of the tiers that hold, or would after a restart.</summary>
    public string Source => IsThere(LimitsPath) ? LimitsPath : configPath;

    public bool IsOwn(string path) => path == configPath || path == LimitsPath;

    /// <summary>The whole configuration; the error is <c>file:line: sentence</c>.</summary>
    /// <param name="needsTiers">An empty configuration is an error: it is not what somebody who applies limits means.</param>
    public (ServerConfig? Config, string? Error) Load(bool needsTiers = false)
    {
        var config = new ServerConfig();
        var hasLimits = IsThere(LimitsPath);
        // A file that is gone is no order to let everybody do everything.
        if (mustExist || needsTiers && !hasLimits || IsThere(configPath))
        {
            var (bytes, unreadable) = ConfigFile.Bytes(configPath);
            if (bytes is null) return (null, unreadable);
            var (read, error) = ConfigFile.Parse(bytes, configPath, mustHave: needsTiers && !hasLimits);
            if (read is null) return (null, error);
            config = read;
        }
        if (!hasLimits) return (config, null);
        var (own, why) = ConfigFile.Bytes(LimitsPath);
        if (own is null) return (null, why);
        var (tiers, wrong) = ConfigFile.Parse(own, LimitsPath, onlyTiers: true);
        return tiers is null ? (null, wrong) : (config with { Tiers = tiers.Tiers, DefaultTier = tiers.DefaultTier, UserTiers = tiers.UserTiers }, null);
    }

    /// <summary>Beside the file that it will replace, durable, before anything is in force.</summary>
    public void Prepare(byte[] yaml)
    {
        using var stream = new FileStream(LimitsPath + ".new", new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        });
        stream.Write(yaml);
        stream.Flush(flushToDisk: true);
    }

    public void Keep() => File.Move(LimitsPath + ".new", LimitsPath, overwrite: true);
    public void Drop() => File.Delete(LimitsPath + ".new");

    /// <summary>A link to nothing is there too: somebody meant a file.</summary>
    private static bool IsThere(string path) => Path.Exists(path) || new FileInfo(path).LinkTarget is not null;

    public static LimitsFiles Of(ServerOptions options) => new(options.ConfigFile ?? Path.Combine(options.Home, "stint.yaml"), options.ConfigFile is not null, options.Home);
}
