using System.Reflection;

namespace Stint.Server.Hosting;

/// <summary>What the server says of itself. <see cref="Port"/> is known once it listens.</summary>
public sealed class ServerIdentity(string cluster, long startMs)
{
    public string Cluster { get; } = cluster;
    public string Host { get; } = Environment.MachineName;
    public string Version { get; } = CurrentVersion;
    public long StartMs { get; } = startMs;
    public int Port { get; set; }

    public static string CurrentVersion { get; } = typeof(ServerIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
