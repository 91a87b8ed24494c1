using System.Globalization;

namespace Stint.Cli.Client;

/// <summary>For whom the resident asks: the server believes this of root alone, and only downwards (Stint.Server/Auth/OnBehalf.cs).</summary>
/// <param name="ShownSocket">The socket's path as the caller said it, for messages.</param>
/// <param name="AnswerBytesMax">Longer answers are the full program's business: memory here is everybody's.</param>
public sealed record OnBehalf(uint Uid, uint Gid, int Pid, string ShownSocket, int AnswerBytesMax, KeptConnections Connections)
{
    internal string HeaderLine { get; } = string.Create(CultureInfo.InvariantCulture, $"Stint-On-Behalf: {Uid}:{Gid}:{Pid}\r\n");
}

/// <summary>The command is one that the resident leaves to a process of its own, and nothing was done yet.</summary>
public sealed class LeaveToProcessException(string message) : Exception(message);
