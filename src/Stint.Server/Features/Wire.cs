using System.Text.Json;
using Stint.Protocol.Api;

namespace Stint.Server.Features;

/// <summary>
/// The API's JSON as the server reads it: the contract's own serializer, stricter. A null where a value belongs, a key that is there
/// twice, or one that is unknown is a refusal.
/// </summary>
internal static class Wire
{
    public static ApiJson Strict { get; } = new(new JsonSerializerOptions(ApiJson.Default.Options)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    });
}
