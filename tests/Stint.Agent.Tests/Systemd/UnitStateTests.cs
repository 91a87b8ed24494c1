using System.Net.Sockets;
using System.Text;
using Stint.Agent.Systemd;

namespace Stint.Agent.Tests.Systemd;

public sealed class UnitStateTests
{
    [Theory]
    [InlineData("LoadState=loaded\nActiveState=active\nDelegate=yes\nControlGroup=/stint.slice/stint-jobs.service\n", null)]
    [InlineData("LoadState=not-found\nActiveState=inactive\nDelegate=no\nControlGroup=\n", "systemd has no unit x.service (not-found); stint systemd install writes it")]
    [InlineData("LoadState=loaded\nActiveState=failed\nDelegate=yes\nControlGroup=\n", "unit x.service is failed; systemctl start x.service")]
    [InlineData("LoadState=loaded\nActiveState=active\nDelegate=no\nControlGroup=/system.slice/x.service\n", "unit x.service does not say Delegate=yes: systemd would change the groups of jobs at its next reload")]
    [InlineData("", "systemd has no unit x.service (); stint systemd install writes it")]
    public void A_unit_is_good_for_jobs_or_says_why_not(string said, string? why) => Assert.Equal(why, UnitState.Parse("x.service", said).WhyNotForJobs());

    [Theory]
    [InlineData("{\"CgroupDriver\":\"cgroupfs\"}", "native.cgroupdriver=systemd")]
    [InlineData("{\"CgroupDriver\":\"systemd\"}", null)]
    [InlineData("{}", null)]
    [InlineData("no json", null)]
    public async Task A_docker_daemon_with_another_driver_is_objected_to_with_the_remedy_where_systemd_runs_the_host(string info, string? remedy)
    {
        var path = $"/tmp/stint-test-docker-{Guid.NewGuid():N}";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        try
        {
            Assert.Null(DockerDriver.Object(path, isSystemdHere: false));
            var answered = AnswerAsync(listener, info);
            var why = DockerDriver.Object(path, isSystemdHere: true);
            await answered;
            if (remedy is null) Assert.Null(why);
            else Assert.Contains(remedy, why, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Null(DockerDriver.Object(path, isSystemdHere: true));
    }

    private static async Task AnswerAsync(Socket listener, string body)
    {
        using var client = await listener.AcceptAsync();
        var request = new byte[4096];
        _ = await client.ReceiveAsync(request);
        Assert.StartsWith("GET /info ", Encoding.ASCII.GetString(request), StringComparison.Ordinal);
        await client.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"));
    }
}
