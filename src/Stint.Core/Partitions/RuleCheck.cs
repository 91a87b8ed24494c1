using Stint.Core.Accounts;
using Stint.Core.Jobs;

namespace Stint.Core.Partitions;

/// <summary>A rule of the configuration that a class of jobs does not meet: it waits until one of the two changes.</summary>
internal sealed record RuleCheck(PendingReason Reason, string Text) : LimitCheck(Reason, "", "")
{
    public override bool Fails(in LimitQuestion question) => true;
    public override bool FailsAlone => true;
    public override string Sentence(in LimitQuestion question) => Text;
}
