using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Stint.Cli.Client;
using Stint.Cli.Native;
using Stint.Cli.Resident;
using Stint.Protocol.Api;

namespace Stint.Cli.Tests.Resident;

/// <summary>Many callers, one process: nothing of one may reach another.</summary>
public sealed class IsolationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stint-kept-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly KeptConnections _connections = new();
    private string SocketFile => Path.Combine(_folder, "s.sock");

    public IsolationTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketFile));
        _listener.Listen();
    }

    public void Dispose()
    {
        _connections.Dispose();
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void No_command_keeps_state_in_statics()
    {
        var mutable = from assembly in (Assembly[])[typeof(CommandContext).Assembly, typeof(ApiJson).Assembly]
                      from type in assembly.GetTypes()
                      where type.Namespace?.StartsWith("Stint.", StringComparison.Ordinal) == true && !type.IsDefined(typeof(CompilerGeneratedAttribute), false)
                      where !type.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute), false) && type.GetInterface("IMessage") is null && !type.Name.EndsWith("Reflection", StringComparison.Ordinal)
                      from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                      where !field.IsLiteral && !field.IsDefined(typeof(CompilerGeneratedAttribute), false)
                      where !field.IsInitOnly || typeof(System.Collections.IDictionary).IsAssignableFrom(field.FieldType) || field.FieldType.Name.StartsWith("List", StringComparison.Ordinal)
                          || field.FieldType == typeof(StringBuilder) || typeof(Stream).IsAssignableFrom(field.FieldType) || typeof(TextWriter).IsAssignableFrom(field.FieldType)
                      select $"{type.FullName}.{field.Name}";
        Assert.Empty(mutable.Where(name => !name.StartsWith("Stint.Protocol.Api.ApiJson.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Requests_for_two_callers_share_a_connection_and_each_says_for_whom_it_is()
    {
        var heard = new List<string>();
        var serving = ServeAsync(heard, "{}", "{}");
        await AskAsync(1001);
        await AskAsync(1002);
        Assert.Equal(1, await serving);
        Assert.StartsWith("GET /api/v1/ping HTTP/1.1\r\nHost: stint\r\nStint-On-Behalf: 1001:100:7\r\n", heard[0], StringComparison.Ordinal);
        Assert.Contains("\r\nStint-On-Behalf: 1002:100:7\r\n", heard[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nmore")]
    public async Task A_connection_with_anything_left_on_it_is_not_used_again(string answer)
    {
        var serving = ServeRawAsync(answer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        await AskAsync(1001);
        await AskAsync(1002);
        Assert.Equal(2, await serving);
    }

    [Fact]
    public async Task A_connection_on_which_something_arrives_late_is_not_used_again()
    {
        using var gone = new ManualResetEventSlim();
        var serving = Task.Run(() =>
        {
            using var first = _listener.Accept();
            first.Receive(new byte[4096]);
            first.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8);
            gone.Wait(TimeSpan.FromSeconds(10));
            first.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"u8);
            using var second = _listener.Accept();
            second.Receive(new byte[4096]);
            second.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8);
        });
        await AskAsync(1001);
        gone.Set();
        Assert.True(SpinWait.SpinUntil(() =>
        {
            if (_connections.Take(Environment.TickCount64 + 1000) is not { } still) return true;
            _connections.Keep(still);
            return false;
        }, 10_000));
        await AskAsync(1002);
        await serving;
    }

    [Theory]
    [InlineData("/api/v1/jobs?x=\r\nStint-On-Behalf: 0:0:1"), InlineData("/a b"), InlineData("/\n"), InlineData("/ü")]
    public async Task A_path_that_could_begin_another_request_is_not_sent(string path) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await new ApiClient(SocketFile).GetAsync(path, ApiJson.Default.JobSelection, default));

    [Fact]
    public async Task An_answer_too_long_for_the_resident_is_left_to_the_callers_process()
    {
        var serving = ServeRawAsync($"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n{{}}");
        await Assert.ThrowsAsync<LeaveToProcessException>(() => AskAsync(1001));
        await serving;
    }

    [Fact]
    public void A_user_gets_part_of_the_places_and_root_all()
    {
        var hold = new ManualResetEventSlim();
        var places = new Places(total: 6, perUser: 2, (_, _) => hold.Wait());
        bool[] taken = [.. ((uint[])[1000, 1000, 1000, 1001, 1001, 1001, 0, 0, 0]).Select(uid => places.TryTake(new FdStream(-1), new Peer(uid, uid, 1)))];
        Assert.Equal([true, true, false, true, true, false, true, true, false], taken);
        hold.Set();
        Assert.True(SpinWait.SpinUntil(() => places.Running == 0, 10_000));
        Assert.True(places.TryTake(new FdStream(-1), new Peer(1000, 1000, 1)));
    }

    private Task AskAsync(uint uid) => new ApiClient(SocketFile, behalf: new OnBehalf(uid, 100, 7, "shown", 1 << 20, _connections)).GetAsync("/api/v1/ping", ApiJson.Default.JobSelection, default);

    /// <summary>Answers on as many connections as the client makes; their number.</summary>
    private async Task<int> ServeAsync(List<string> heard, params string[] bodies)
    {
        using var connection = await _listener.AcceptAsync();
        byte[] buffer = new byte[4096];
        foreach (string body in bodies)
        {
            heard.Add(Encoding.ASCII.GetString(buffer, 0, await connection.ReceiveAsync(buffer)));
            await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        }
        return 1;
    }

    private async Task<int> ServeRawAsync(params string[] answers)
    {
        foreach (string answer in answers)
        {
            using var connection = await _listener.AcceptAsync();
            await connection.ReceiveAsync(new byte[4096]);
            await connection.SendAsync(Encoding.ASCII.GetBytes(answer));
        }
        return answers.Length;
    }
}
