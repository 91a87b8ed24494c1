namespace Stint.Core.Scheduling.Placing;

/// <summary>The demands of recent jobs.</summary>
internal sealed class DemandSample
{
}
