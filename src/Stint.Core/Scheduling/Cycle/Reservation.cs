using Stint.Core.Jobs;
using Stint.Core.Resources;

namespace Stint.Core.Scheduling.Cycle;

/// <summary>A start that is planned: these amounts on these nodes, all the time from start to end. It holds until the next plan.</summary>
/// <param name="Nodes">Places in <see cref="TimelineBook.Nodes"/>, ascending or not, each once.</param>
internal sealed record Reservation(Job Job, Contender Contender, long StartMs, long EndMs, int[] Nodes, ResourceAmount[] Amounts);
