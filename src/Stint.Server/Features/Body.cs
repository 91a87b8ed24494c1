using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stint.Core;

namespace Stint.Server.Features;

/// <summary>Reads a JSON body, bounded, and says what is wrong with it in one sentence.</summary>
internal static class Body
{
    public const int SizeMaxBytes = 16 << 20;

    /// <summary>The value, or null after a refusal was sent.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) where T : class
    {
        if (context.Request.ContentLength > SizeMaxBytes)
        {
            await TooLarge(context);
            return null;
        }
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await ReadOrNullAsync(context, reader);
            if (read is not { } result) return null;
            if (result.Buffer.Length > SizeMaxBytes)
            {
                reader.AdvanceTo(result.Buffer.End);
                await TooLarge(context);
                return null;
            }
            if (!result.IsCompleted)
            {
                reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }
            var (value, refusal) = Parse(result.Buffer, type);
            reader.AdvanceTo(result.Buffer.End);
            if (refusal is not null) await Reply.RefuseAsync(context, refusal);
            return value;
        }
    }

    public static (T? Value, Refusal? Refusal) Parse<T>(ReadOnlySequence<byte> body, JsonTypeInfo<T> type) where T : class
    {
        if (body.IsEmpty) return (null, new Refusal("invalid_json", "the request has no body", "Send the request as JSON"));
        try
        {
            var json = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 16 });
            var value = JsonSerializer.Deserialize(ref json, type);
            if (json.Read()) return (null, new Refusal("invalid_json", "there is something after the JSON value"));
            return value is null ? (null, new Refusal("invalid_json", "the body is null")) : (value, null);
        }
        catch (JsonException e)
        {
            return (null, new Refusal("invalid_json", Sentence(e)));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or DecoderFallbackException)
        {
            return (null, new Refusal("invalid_json", "the body is no valid UTF-8 JSON"));
        }
    }

    private static async ValueTask<ReadResult?> ReadOrNullAsync(HttpContext context, PipeReader reader)
    {
        try
        {
            return await reader.ReadAsync(context.RequestAborted);
        }
        catch (BadHttpRequestException e)
        {
            await Reply.RefuseAsync(context, e.StatusCode == 413 ? 413 : 400, e.StatusCode == 413 ? "too_large" : "invalid_request",
                e.StatusCode == 413 ? $"the request has more than {SizeMaxBytes} bytes" : "the request's body is broken");
            return null;
        }
    }

    private static Task TooLarge(HttpContext context) =>
        Reply.RefuseAsync(context, 413, "too_large", $"the request has more than {SizeMaxBytes} bytes", "Make the script, its arguments or the environment smaller");

    /// <summary>The serializer's messages name .NET types; ours name the place.</summary>
    private static string Sentence(JsonException e)
    {
        var at = e.LineNumber is { } line ? $" (line {line + 1}, byte {e.BytePositionInLine})" : "";
        var path = e.Path is { Length: > 2 } p ? p[(p.StartsWith("$.", StringComparison.Ordinal) ? 2 : 1)..] : "";
        if (path.Length > 100) path = path[..100];
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal)) return $"unknown property {Quoted(e.Message)}{at}";
        if (e.Message.Contains("uplicate", StringComparison.Ordinal) && Quoted(e.Message) is { Length: > 2 } twice) return $"property {twice} is there twice{at}";
        if (e.Message.Contains("maximum configured depth", StringComparison.Ordinal)) return $"the JSON is nested deeper than 16 levels{at}";
        return path.Length == 0 ? $"the JSON is malformed{at}" : $"'{path}' has a value of the wrong kind or out of range{at}";
    }

    private static string Quoted(string message)
    {
        var from = message.IndexOf('\'', StringComparison.Ordinal);
        var to = from < 0 ? -1 : message.IndexOf('\'', from + 1);
        return to <= from ? "" : message[from..Math.Min(to + 1, from + 80)];
    }
}
