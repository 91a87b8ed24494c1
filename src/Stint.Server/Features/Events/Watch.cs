using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Stint.Core;
using Stint.Protocol.Api;
using Stint.Server.Watch;

namespace Stint.Server.Features.Events;

/// <summary>
/// GET /api/v1/events: server-sent events. <c>id</c> is the journal's sequence; with Last-Event-ID a watcher goes on where it was,
/// or gets <c>event: reset</c> when that is too long ago, and then looks at the lists again.
/// </summary>
internal static class Watch
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static void Map(IEndpointRouteBuilder routes, ChangeFeed feed, CancellationToken stopping) =>
        routes.MapGet($"{Endpoints.Root}/events", context => HandleAsync(context, feed, stopping)).Describe("watchEvents", "Changes of jobs and nodes (server-sent events)");

    private static async Task HandleAsync(HttpContext context, ChangeFeed feed, CancellationToken stopping)
    {
        long? lastSeen = null;
        var header = context.Request.Headers["Last-Event-ID"].ToString();
        if (header.Length > 0)
        {
            if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            {
                await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, "Last-Event-ID is no number");
                return;
            }
            lastSeen = sequence;
        }
        if (feed.Subscribe(lastSeen) is not { } watcher)
        {
            await Reply.RefuseAsync(context, 503, "busy", $"there are {ChangeFeed.WatchersMax} watchers already");
            return;
        }
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await PumpAsync(context.Response.BodyWriter, watcher, over.Token);
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            feed.Unsubscribe(watcher);
        }
    }

    private static async Task PumpAsync(PipeWriter writer, Watcher watcher, CancellationToken cancellation)
    {
        await WriteAsync(writer, ": stint\n\n", cancellation);
        while (true)
        {
            bool more;
            using (var quiet = CancellationTokenSource.CreateLinkedTokenSource(cancellation))
            {
                quiet.CancelAfter(KeepAlive);
                try
                {
                    more = await watcher.Changes.WaitToReadAsync(quiet.Token);
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    await WriteAsync(writer, ": \n\n", cancellation);
                    continue;
                }
            }
            if (!more) break;
            while (watcher.Changes.TryRead(out var change)) Append(writer, change);
            await writer.FlushAsync(cancellation);
        }
        if (watcher.WasReset) await WriteAsync(writer, "event: reset\ndata: {}\n\n", cancellation);
    }

    private static void Append(PipeWriter writer, ChangeEvent change) =>
        Encoding.UTF8.GetBytes($"id: {change.Sequence}\nevent: {change.Kind}\ndata: {JsonSerializer.Serialize(change, ApiJson.Default.ChangeEvent)}\n\n", writer);

    private static async Task WriteAsync(PipeWriter writer, string text, CancellationToken cancellation)
    {
        Encoding.UTF8.GetBytes(text, writer);
        await writer.FlushAsync(cancellation);
    }
}
