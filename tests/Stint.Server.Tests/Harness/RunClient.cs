using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.Server.Tests.Harness;

/// <summary>The client's end of /api/v1/run.</summary>
internal sealed class RunClient(ClientWebSocket socket) : IDisposable
{
    public StringBuilder Output { get; } = new();

    public static async Task<RunClient> StartAsync(TestServer server, RunRequest request, uint uid = TestServer.Alice)
    {
        var client = new RunClient(await server.WebSocketAsync("/api/v1/run", uid));
        await client.SendTextAsync(JsonSerializer.SerializeToUtf8Bytes(request, ApiJson.Default.RunRequest));
        return client;
    }

    public Task SendTextAsync(byte[] json) => socket.SendAsync(json, WebSocketMessageType.Text, true, CancellationToken.None);
    public Task ControlAsync(RunControl control) => SendTextAsync(JsonSerializer.SerializeToUtf8Bytes(control, ApiJson.Default.RunControl));
    public Task InputAsync(string text) => socket.SendAsync(new byte[] { RunFrames.StdIn }.Concat(Encoding.UTF8.GetBytes(text)).ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);

    /// <summary>The next event of this kind; output on the way is collected.</summary>
    public async Task<RunEvent> NextAsync(string kind)
    {
        while (true)
        {
            if (await ReadAsync() is not { } happened) throw new InvalidOperationException($"the run ended before '{kind}'");
            if (happened.Kind == kind) return happened;
            Assert.False(happened.Kind is "ended" or "refused", $"{happened.Kind} {happened.Message} {happened.Refusal?.Sentence} before '{kind}'");
        }
    }

    public async Task WaitForOutputAsync(int length)
    {
        while (Output.Length < length) await ReadAsync(stopAtOutput: true);
    }

    private async Task<RunEvent?> ReadAsync(bool stopAtOutput = false)
    {
        var buffer = new byte[1 << 20];
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        while (true)
        {
            var length = 0;
            WebSocketReceiveResult read;
            do
            {
                read = await socket.ReceiveAsync(new ArraySegment<byte>(buffer, length, buffer.Length - length), deadline.Token);
                length += read.Count;
            }
            while (!read.EndOfMessage);
            if (read.MessageType == WebSocketMessageType.Close) return null;
            if (read.MessageType == WebSocketMessageType.Text) return JsonSerializer.Deserialize(buffer.AsSpan(0, length), ApiJson.Default.RunEvent);
            Output.Append(Encoding.UTF8.GetString(buffer, 5, length - 5));
            if (stopAtOutput) return null;
        }
    }

    public Task CloseAsync() => socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
    public void Dispose() => socket.Dispose();
}
