namespace Stint.Core.Journal;

public sealed partial class PartitionSpec
{
    /// <summary>PriorityTier (slurm.conf(5)): 1 where nothing is said, so that 0 is below all others.</summary>
    public uint Tier => HasPriorityTier ? PriorityTier : 1;
}
