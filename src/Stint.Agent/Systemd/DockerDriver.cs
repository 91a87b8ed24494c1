using System.Net.Sockets;
using System.Text.Json;

namespace Stint.Agent.Systemd;

/// <summary>
/// Two programs must not both own the tree: where systemd does, Docker has to ask it for groups (cgroup driver systemd). With the driver cgroupfs its
/// containers lose their limits at a daemon-reload, and user slices do not hold them.
/// </summary>
internal static class DockerDriver
{
    public const string Socket = "/run/docker.sock";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Null: nothing to object to. Otherwise one sentence that says how to change it.</summary>
    public static string? Object(string socket, bool isSystemdHere)
    {
        if (!isSystemdHere || !File.Exists(socket)) return null;
        string? driver;
        try { driver = Ask(socket); }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException or OperationCanceledException) { return null; }     // no daemon answers: nothing starts containers
        return driver is null or "systemd" ? null
            : $"Docker on this host uses the cgroup driver {driver}, but systemd owns the control groups here. Put {{\"exec-opts\": [\"native.cgroupdriver=systemd\"]}} into "
                + "/etc/docker/daemon.json and restart Docker (systemctl restart docker; its containers stop), or start this agent with --docker ignore";
    }

    private static string? Ask(string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        }) { Timeout = Patience };
        using var answer = http.Send(new HttpRequestMessage(HttpMethod.Get, "http://docker/info"));
        if (!answer.IsSuccessStatusCode) return null;
        using var json = JsonDocument.Parse(answer.Content.ReadAsStream());
        return json.RootElement.TryGetProperty("CgroupDriver", out var driver) ? driver.GetString() : null;
    }
}
