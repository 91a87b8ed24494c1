using Stint.Core.Journal;

namespace Stint.Core;

public sealed partial class Cluster
{
    /// <summary>What a QOS says of preemption; null: no such QOS.</summary>
    private QosSpec? QosSpecOf(string name) => accounts.FindQos(name)?.Spec;
}
