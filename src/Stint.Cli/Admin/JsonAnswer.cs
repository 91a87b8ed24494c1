using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stint.Protocol.Api;

namespace Stint.Cli.Admin;

/// <summary><c>--json</c> of the stint verbs: the API's own shape, indented.</summary>
internal static class JsonAnswer
{
    private static readonly ApiJson Indented = new(new JsonSerializerOptions(ApiJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static int Write<T>(CommandContext context, T value)
    {
        var type = (JsonTypeInfo<T>)Indented.GetTypeInfo(typeof(T))!;
        context.Out.Write(JsonSerializer.Serialize(value, type) + "\n");
        return 0;
    }
}
