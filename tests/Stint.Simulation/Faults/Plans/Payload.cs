using System.Globalization;
using System.Text;

namespace Stint.Simulation.Faults.Plans;

/// <summary>What a simulated program does: it runs so long and exits with that code; when told to end, it does or does not listen.</summary>
internal sealed record Payload(long RunUs, int ExitCode, bool HeedsTerm)
{
    public byte[] ToScript() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"#!/bin/sim\n{RunUs} {ExitCode} {(HeedsTerm ? 1 : 0)}\n"));
    public string[] ToArguments() => ["/bin/sim", RunUs.ToString(CultureInfo.InvariantCulture), ExitCode.ToString(CultureInfo.InvariantCulture), HeedsTerm ? "1" : "0"];

    public static Payload Parse(byte[]? script, IReadOnlyList<byte[]> arguments)
    {
        var words = script is not null ? Encoding.ASCII.GetString(script).Split('\n')[1].Split(' ') : arguments.Skip(1).Select(Encoding.ASCII.GetString).ToArray();
        return new Payload(long.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture), words[2] == "1");
    }
}
