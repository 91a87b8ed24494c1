using Stint.Core;
using Stint.Core.Journal;

namespace Stint.Simulation.Faults.Plans;

// What users and admins do. Others' jobs are named by the number of their submission in the plan; one that was left out, or refused, is passed over.

internal abstract record Wish(long AtUs) : Op(AtUs)
{
    public sealed override bool IsFault => false;
}

internal sealed record Submit(long AtUs, int Number, JobSpec Spec, Payload Payload) : Wish(AtUs)
{
    public override void Do(World world) => world.Client.Submit(this);
    protected override string Text => $"submit #{Number}: {Spec} runs {Payload.RunUs / 1000} ms, exits {Payload.ExitCode}{(Payload.HeedsTerm ? "" : ", ignores TERM")}";
}

internal sealed record Interactive(long AtUs, int Number, JobSpec Spec, StepSpec Step, Payload Payload, long LeavesUs) : Wish(AtUs)
{
    public override void Do(World world) => world.Client.Run(this);
    protected override string Text => $"srun #{Number}: {Spec} step {Step} runs {Payload.RunUs / 1000} ms, exits {Payload.ExitCode}{(LeavesUs > 0 ? $", its client leaves after {LeavesUs / 1000} ms" : "")}";
}

internal sealed record Cancel(long AtUs, int Of, uint? Task) : Wish(AtUs)
{
    public override void Do(World world) => world.Client.Cancel(this);
    protected override string Text => $"cancel #{Of}{(Task is { } task ? $" task {task}" : "")}";
}

internal enum JobVerb { Hold, Release, Requeue }

internal sealed record Change(long AtUs, int Of, JobVerb Verb) : Wish(AtUs)
{
    public override void Do(World world) => world.Client.Change(this);
    protected override string Text => $"{Verb} #{Of}";
}

internal sealed record NodeWish(long AtUs, string Node, bool? Drain, bool? Down) : Wish(AtUs)
{
    public override void Do(World world) => world.Client.Tell(new UpdateNode(Node, Clients.Client.Root, Drain, Down, "by plan"));
    protected override string Text => $"node {Node}:{(Drain is { } d ? d ? " drain" : " undrain" : "")}{(Down is { } n ? n ? " down" : " up" : "")}";
}
