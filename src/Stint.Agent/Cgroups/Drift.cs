using Stint.Protocol.Agents;

namespace Stint.Agent.Cgroups;

/// <summary>A live step, as the server signed it.</summary>
public readonly record struct LiveStep(StepKey Key, uint Uid, Limits Limits);

/// <summary>A limit that was not any more what it had been set to.</summary>
/// <param name="Sentence">File, what was found, what it is now; or why it could not be repaired.</param>
public sealed record Drift(uint JobId, uint Uid, string Sentence, bool IsRepaired);
