using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

public sealed class StepMachineTests
{
    private static readonly ExitRecord Exit = new(ExitFlags.None, 1, 2, "", 0, "", [new TaskRecord(0, 77, 0, 0, 0, 0, 0)]);

    private static readonly Func<Random, StepEvent>[] Events =
    [
        _ => new StepEvent.Prepared(), _ => new StepEvent.Refused("no"), _ => new StepEvent.TasksStarted(), _ => new StepEvent.ShepherdGone(),
        r => new StepEvent.TasksEnded(r.Next(2) == 0 ? Exit : Exit with { Flags = ExitFlags.NotStarted }), _ => new StepEvent.OutputDrained(), _ => new StepEvent.DrainExpired(),
        r => new StepEvent.EndOrdered(new EndJob { GraceMs = r.Next(100) }), _ => new StepEvent.Finished(), _ => new StepEvent.Acknowledged(),
    ];

    private static (StepState State, List<StepAction> Actions) Play(params StepEvent[] events)
    {
        var (state, all) = (StepState.Initial, new List<StepAction>());
        foreach (var e in events)
        {
            (state, var actions) = StepMachine.Next(state, e);
            all.AddRange(actions);
        }
        return (state, all);
    }

    [Fact]
    public void Whatever_happens_in_whatever_order_the_phase_never_goes_back_and_each_end_happens_once()
    {
        var random = new Random(7);
        for (var run = 0; run < 20_000; run++)
        {
            var (state, done) = (StepState.Initial, new List<string>());
            for (var i = 0; i < 25; i++)
            {
                var before = state.Phase;
                (state, var actions) = StepMachine.Next(state, Events[random.Next(Events.Length)](random));
                Assert.True(state.Phase >= before);
                done.AddRange(actions.Select(a => a.GetType().Name));
            }
            foreach (var once in (string[])["ReportStarted", "Drain", "Finish", "ReportExited", "RemoveDirectory"]) Assert.InRange(done.Count(d => d == once), 0, 1);
            var order = done.Where(d => d is "Finish" or "ReportExited" or "RemoveDirectory").ToArray();
            Assert.Equal(new[] { "Finish", "ReportExited", "RemoveDirectory" }[..order.Length], order);
            Assert.Equal(state.Started, done.Contains("ReportStarted"));
        }
    }

    [Fact]
    public void An_order_to_end_waits_for_the_shepherd_and_the_shortest_grace_counts()
    {
        var (state, actions) = Play(new StepEvent.EndOrdered(new EndJob { GraceMs = 50 }), new StepEvent.EndOrdered(new EndJob { GraceMs = 90 }), new StepEvent.Prepared());
        Assert.Equal((StepPhase.Starting, 50L), (state.Phase, Assert.IsType<StepAction.Terminate>(Assert.Single(actions)).Order.GraceMs));
    }

    [Fact]
    public void A_lost_shepherd_goes_straight_to_the_end_of_its_group()
    {
        var (state, actions) = Play(new StepEvent.Prepared(), new StepEvent.TasksStarted(), new StepEvent.ShepherdGone());
        Assert.True(state is { Phase: StepPhase.Finishing, ShepherdLost: true });
        Assert.IsType<StepAction.Finish>(actions[^1]);
        Assert.Equal(Outcome.NodeFailure, StepOutcome.Judge(new StepId(1, 0, 1), state, null, null, 5).Outcome);
    }

    [Fact]
    public void A_torn_record_counts_as_none()
    {
        var bytes = new ShepherdWire.Writer().U32(ShepherdWire.RecordMagic).U32(1).U32(0).U64(1).U64(2).Text("").U32(0).Text("").U32(1)
            .U32(3).U32(77).U32(0x0300).U32(0).U64(1).U64(2).U64(3).Done();
        Assert.Equal(3, ShepherdWire.DecodeRecord(bytes)!.Tasks[0].ExitCode);
        for (var length = 0; length < bytes.Length; length++) Assert.Null(ShepherdWire.DecodeRecord(bytes.AsSpan(0, length)));
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var broken = (byte[])bytes.Clone();
            broken[random.Next(broken.Length)] = (byte)random.Next(256);
            ShepherdWire.DecodeRecord(broken);
        }
    }
}
