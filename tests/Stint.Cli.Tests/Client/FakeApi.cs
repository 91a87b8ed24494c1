using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stint.Cli.Client;

namespace Stint.Cli.Tests.Client;

/// <summary>A server that answers from a table and keeps what it was asked. Bodies go through JSON, as they would over the wire.</summary>
public sealed class FakeApi : IApiClient
{
    private readonly List<(string Path, Func<string, object> Answer)> _answers = [];

    /// <summary>Method, path with query, and body as JSON.</summary>
    public List<(string Path, string Body)> Requests { get; } = [];

    /// <summary>The server's end of the WebSocket that the command opened.</summary>
    public TaskCompletionSource<WebSocket> Run { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="answer">A response, or an exception to throw, from the body.</param>
    public FakeApi On(string pathPrefix, Func<string, object> answer)
    {
        _answers.Add((pathPrefix, answer));
        return this;
    }

    public FakeApi On(string pathPrefix, object answer) => On(pathPrefix, _ => answer);

    public TRequest Body<TRequest>(int request, JsonTypeInfo<TRequest> type) => JsonSerializer.Deserialize(Requests[request].Body, type)!;

    public Task<TResponse> GetAsync<TResponse>(string pathAndQuery, JsonTypeInfo<TResponse> type, CancellationToken cancellation) =>
        Task.FromResult((TResponse)Answer(pathAndQuery, ""));

    public Task<TResponse> PostAsync<TRequest, TResponse>(string path, TRequest body, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType, CancellationToken cancellation) =>
        Task.FromResult((TResponse)Answer(path, JsonSerializer.Serialize(body, requestType)));

    public Task<TResponse> DeleteAsync<TResponse>(string path, JsonTypeInfo<TResponse> type, CancellationToken cancellation) =>
        Task.FromResult((TResponse)Answer(path, "DELETE"));

    public Task<Stream> GetStreamAsync(string pathAndQuery, CancellationToken cancellation) =>
        Task.FromResult<Stream>(new MemoryStream(Encoding.UTF8.GetBytes((string)Answer(pathAndQuery, ""))));

    public Task<WebSocket> ConnectWebSocketAsync(string path, CancellationToken cancellation)
    {
        Pipe up = new(), down = new();
        Run.SetResult(WebSocket.CreateFromStream(new Duplex(up.Reader.AsStream(), down.Writer.AsStream()), new WebSocketCreationOptions { IsServer = true }));
        return Task.FromResult(WebSocket.CreateFromStream(new Duplex(down.Reader.AsStream(), up.Writer.AsStream()), new WebSocketCreationOptions { IsServer = false }));
    }

    private object Answer(string path, string body)
    {
        Requests.Add((path, body));
        foreach (var (prefix, answer) in _answers)
            if (path.StartsWith(prefix, StringComparison.Ordinal)) return answer(body) is Exception e ? throw e : answer(body);
        throw new InvalidOperationException($"the fake has no answer for {path}");
    }

    private sealed class Duplex(Stream read, Stream write) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() => write.Flush();
        public override Task FlushAsync(CancellationToken cancellationToken) => write.FlushAsync(cancellationToken);
        public override int Read(byte[] buffer, int offset, int count) => read.Read(buffer, offset, count);
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => read.ReadAsync(buffer, cancellationToken);
        public override void Write(byte[] buffer, int offset, int count) => write.Write(buffer, offset, count);
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => write.WriteAsync(buffer, cancellationToken);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                write.Dispose();
                read.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
