using Stint.Core.Journal;

namespace Stint.Server.Engine;

/// <summary>The facts after which a pending job might start: demand came, or room did.</summary>
internal static class SchedulingTriggers
{
    public static bool Includes(Record record) => record.BodyCase switch
    {
        Record.BodyOneofCase.ClusterConfigured or Record.BodyOneofCase.NodeRegistered or Record.BodyOneofCase.NodeStateChanged => true,
        Record.BodyOneofCase.JobSubmitted or Record.BodyOneofCase.JobReleased or Record.BodyOneofCase.JobRequeued => true,
        Record.BodyOneofCase.NodeReleased or Record.BodyOneofCase.JobEnded or Record.BodyOneofCase.ArrayTasksCancelled => true,
        Record.BodyOneofCase.StepExited => record.StepExited.Released,
        _ => false,
    };
}
