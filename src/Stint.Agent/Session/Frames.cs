using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Stint.Protocol.Agents;

namespace Stint.Agent.Session;

/// <summary>What the server's frames say. A pure function over bytes: whatever they are, the answer is a message or a reason, never an exception.</summary>
internal static class Frames
{
    public const int BytesMax = 8 << 20;

    public static bool TryRead(ReadOnlySpan<byte> frame, [NotNullWhen(true)] out ToAgent? message, [NotNullWhen(false)] out string? why)
    {
        (message, why) = (null, null);
        if (frame.Length > BytesMax)
        {
            why = $"a frame of {frame.Length} bytes; the limit is {BytesMax}";
            return false;
        }
        try
        {
            message = ToAgent.Parser.ParseFrom(frame);
            return true;
        }
        catch (InvalidProtocolBufferException e)
        {
            why = $"a frame of {frame.Length} bytes that is no message: {e.Message}";
            return false;
        }
    }
}
