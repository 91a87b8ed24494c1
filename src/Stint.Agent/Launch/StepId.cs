using System.Globalization;
using Stint.Protocol.Agents;

namespace Stint.Agent.Launch;

/// <summary>The identity of a step on this node, as a value. Steps at and above <see cref="Batch"/> are Slurm's special ones.</summary>
internal readonly record struct StepId(uint Job, uint Step, uint Attempt)
{
    public const uint Batch = 0xFFFF_FFFB;

    public bool IsBatch => Step == Batch;

    public static StepId Of(StepKey key) => new(key.JobId, key.StepId, key.Attempt);

    public StepKey ToKey() => new() { JobId = Job, StepId = Step, Attempt = Attempt };

    /// <summary>As Slurm prints it: <c>12.batch</c>, <c>12.0</c>.</summary>
    public override string ToString() => IsBatch ? $"{Job}.batch" : $"{Job}.{Step}";

    public string DirectoryName => string.Create(CultureInfo.InvariantCulture, $"{Job}.{Step}.{Attempt}");

    public static bool TryParse(string name, out StepId id)
    {
        id = default;
        var parts = name.Split('.');
        if (parts.Length != 3 || !uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var job)
            || !uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            || !uint.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt))
            return false;
        id = new StepId(job, step, attempt);
        return id.DirectoryName == name;
    }
}
