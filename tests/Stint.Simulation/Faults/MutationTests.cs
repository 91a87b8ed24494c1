using System.Globalization;
using Stint.Simulation.Faults.Mutants;
using Stint.Simulation.Faults.Plans;
using Xunit.Abstractions;

namespace Stint.Simulation.Faults;

/// <summary>Are the promises worth something? Bugs are planted, one at a time, and each must be caught by some seed within the bound, where the program itself passes.</summary>
[Collection(nameof(AllCores))]
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int SeedsMax = 1_500, ShrinkRunsMax = 60;

    private static readonly Dictionary<string, Func<Mutant>> Mutants = new Func<Mutant>[]
    {
        static () => new AnswersBeforeCommit(), static () => new LaunchesBeforeCommit(), static () => new ForgetsTheLastRecord(), static () => new SnapshotIsAheadOfItself(),
        static () => new AcknowledgesExitsBeforeCommit(), static () => new LosesExitReports(), static () => new LetsStraysRun(), static () => new DoesNotRepeatEnds(),
        static () => new DoesNotRepeatLaunches(), static () => new RequeueKeepsTheAttempt(), static () => new DoesNotRepeatReports(), static () => new RunsEveryLaunch(),
        static () => new ForgetsBeforeTheAcknowledgement(), static () => new ReleasesTooEarly(), static () => new IgnoresTheWallLimit(), static () => new LosesTheExitRecord(),
        static () => new DoesNotKillTheGroup(), static () => new ForgetsTheNodeTimeout(), static () => new IgnoresTheClientToken(), static () => new GivesBackTwice(),
    }.ToDictionary(static make => make().GetType().Name, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Mutants.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_planted_bug_is_caught(string name)
    {
        var mutant = Mutants[name];
        var campaign = Campaign.Run(1, SeedsMax, PlanMaker.Short, mutant, static c => c.Failures.Count > 0);
        Assert.True(campaign.Failures.Count > 0, $"{name} got away with {campaign.Seeds} seeds");
        var caught = campaign.Failures[0];
        var shrunk = Shrinker.Shrink(caught, mutant, ShrinkRunsMax);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: caught by seed {caught.Plan.Seed} after {campaign.Seeds} seeds"));
        output.WriteLine(Failure.Report(caught, shrunk));
        Figures.Say(output, string.Create(CultureInfo.InvariantCulture,
            $"measured: mutant {name} caught after {campaign.Seeds} seeds ({caught.Broken!.Promise}), shrunk from {caught.Plan.Ops.Count} to {shrunk.Plan.Ops.Count} ops"));
        Assert.Equal(caught.Broken!.Promise, shrunk.Broken?.Promise);
        Assert.Null(FaultRun.Of(caught.Plan).Broken);
        Assert.Null(FaultRun.Of(shrunk.Plan).Broken);
    }
}
