using FsCheck;
using FsCheck.Fluent;
using Stint.Core.Nodes;
using Stint.Core.Resources;
using Stint.Core.Scheduling.Cycle;

namespace Stint.Core.Tests.Scheduling;

/// <summary>The timeline of a node and the list of freeings against an array with one cell per millisecond.</summary>
public sealed class NodeTimelineProperties
{
    private const int Horizon = 60, Now = 10, Cores = 16;

    private static readonly Node Node = new Lab().Node("n1", cpus: Cores).Cluster.Nodes["n1"];

    [Fact]
    public void It_answers_as_an_array_of_milliseconds_would()
    {
        var change = from at in Gen.Choose(0, Horizon - 2) from length in Gen.Choose(1, 30) from cores in Gen.Choose(1, 4) from kind in Gen.Choose(0, 2) select (at, length, cores, kind);
        Prop.ForAll(Gen.ArrayOf(change, 12).ToArbitrary(), changes =>
        {
            var line = new NodeTimeline(Node, 0);
            var cells = new int[Horizon];
            var free = Cores;
            foreach (var (at, _, cores, kind) in changes)
                if (kind == 0)
                {
                    free -= cores;
                    line.Holds.Add(new Hold((uint)line.Holds.Count, new(), Amount(cores), at));
                    // What is overdue comes back in the next millisecond.
                    for (var t = Math.Max(at, Now + 1); t < Horizon; t++) cells[t] += cores;
                }
            for (var t = 0; t < Horizon; t++) cells[t] += free;
            line.Build(Amount(free));
            foreach (var (at, length, cores, kind) in changes)
            {
                if (kind == 0) continue;
                var from = kind == 1 ? at : 0;
                var to = Math.Min(at + length, Horizon);
                line.Take(kind == 1 ? from : long.MinValue, to, Amount(cores));
                for (var t = Begins(from, kind); t < Begins(to, 1); t++) cells[t] -= cores;
            }
            for (var from = Now; from < Horizon; from++)
                for (var to = from + 1; to <= Horizon; to += 7)
                    Assert.Equal(cells[from..to].Min(), line.MinFree(Now, from, to).Cores);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithQuietOnSuccess(true));
    }

    /// <summary>A moment that has passed counts as the next one.</summary>
    private static int Begins(int at, int kind) => kind == 2 ? 0 : Math.Max(at, Now + 1);

    private static ResourceAmount Amount(int cores) => new() { Cores = cores };

    [Fact]
    public void Freeings_stay_sorted_whatever_is_added_and_removed()
    {
        var operation = from add in Gen.Choose(0, 2) from time in Gen.Choose(0, 400) from node in Gen.Choose(0, 9) select (add, time, node);
        Prop.ForAll(Gen.ArrayOf(operation, 3_000).ToArbitrary(), operations =>
        {
            var list = new FreeingList();
            var model = new SortedDictionary<(long, int), int>();
            foreach (var (add, time, node) in operations)
            {
                if (add > 0 && model.TryAdd((time, node), time + node)) list.Add(new Freeing(time, node, time + node));
                else if (add > 0) { model[(time, node)] = 1; list.Set(new Freeing(time, node, 1)); }
                else if (model.Remove((time, node))) list.Remove(time, node);
            }
            foreach (var from in (long[])[long.MinValue, 0, 17, 200, 401])
            {
                var walk = list.From(from);
                foreach (var ((time, node), cpus) in model.Where(entry => entry.Key.Item1 >= from))
                {
                    Assert.Equal(time, walk.PeekTime());
                    Assert.True(walk.TryNext(out var freeing));
                    Assert.Equal(new Freeing(time, node, cpus), freeing);
                }
                Assert.False(walk.TryNext(out _));
            }
            Assert.Equal(model.Count, list.Count);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithQuietOnSuccess(true));
    }
}
