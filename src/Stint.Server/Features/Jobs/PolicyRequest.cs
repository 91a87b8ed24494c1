using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Auth;
using Stint.Server.Configuration;

namespace Stint.Server.Features.Jobs;

/// <summary>The part of a submission that speaks of the policy: partitions, QOS, priority, and who the user is to it.</summary>
internal static class PolicyRequest
{
    private const int PartitionsMax = 64;

    /// <summary>One partition or several with commas, each once. Which there are, and which is the default, the core knows: they change while it runs.</summary>
    public static (string Names, Refusal? Refusal) Partitions(string? asked)
    {
        if (string.IsNullOrEmpty(asked)) return ("", null);
        var names = asked.Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length is 0 or > PartitionsMax) return ("", new Refusal(RefusalCodes.InvalidPartition, $"{names.Length} partitions are named; it can be 1 to {PartitionsMax}"));
        return (string.Join(',', names.Distinct(StringComparer.Ordinal)), null);
    }

    public static Refusal? Fill(JobSpec spec, SubmitRequest request, Caller.Local caller, Users users)
    {
        if (request.Priority is not null && !caller.Actor.IsOperator) return new Refusal(RefusalCodes.AccessDenied, "only operators set the priority of a job");
        // As slurmctld does: who may not raise a job's priority gets none raised.
        if (spec.Nice < 0 && !caller.Actor.IsOperator) spec.Nice = 0;
        if (request.Reboot && !caller.Actor.IsOperator) return new Refusal(RefusalCodes.AccessDenied, "only operators have nodes rebooted");
        (spec.Qos, spec.Reservation, spec.Wckey) = (request.Qos ?? "", request.Reservation ?? "", request.Wckey ?? "");
        (spec.DeadlineMs, spec.TimeMinMs, spec.NoKill, spec.Reboot) = (request.DeadlineMs, request.TimeMinMs, request.NoKill, request.Reboot);
        (spec.MailType, spec.MailUser) = (request.MailType ?? "", request.MailUser ?? "");
        if (request.Priority is { } priority) spec.Priority = priority;
        if (request.KillOnInvalidDependency is { } kill) spec.KillOnInvalidDependency = kill;
        foreach (var group in users.Groups(caller.User, caller.Peer.Gid)) spec.Groups.Add(group);
        return null;
    }
}
