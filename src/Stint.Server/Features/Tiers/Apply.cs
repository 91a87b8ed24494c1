using Google.Protobuf;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Agents;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Configuration;
using Stint.Server.Engine;

namespace Stint.Server.Features.Tiers;

/// <summary>
/// POST /api/v1/limits/apply: reads, checks, asks the nodes, and only then changes anything. All or nothing: whatever stands in the way, the old tiers hold
/// as they were. What is in force is in the journal before the nodes are told, and they are told again whenever they come back.
/// </summary>
internal sealed class Apply(Engine.Engine engine, UserLevelQueries levels, LimitsFiles files, Users users)
{
    private const int LimitsOfMax = 10_000;
    private readonly SemaphoreSlim gate = new(1);

    public static void Map(IEndpointRouteBuilder routes, Apply apply) =>
        routes.MapPost($"{Endpoints.Root}/limits/apply", apply.HandleAsync).Describe("applyLimits", "Other tiers, with checks and receipts").Takes<LimitsApplyRequest>().Gives<LimitsChangeView>();

    private async Task HandleAsync(HttpContext context)
    {
        var caller = context.User();
        if (!caller.IsOperator)
        {
            await Reply.RefuseAsync(context, 403, RefusalCodes.AccessDenied, "only operators apply limits");
            return;
        }
        if (await Body.ReadAsync(context, Wire.Strict.LimitsApplyRequest) is not { } request) return;
        if ((TextRules.Error("the file's name", request.File, 4_000) ?? WrongNames(request.LimitsOf)) is { } wrong)
        {
            await Reply.RefuseAsync(context, 400, RefusalCodes.InvalidRequest, wrong);
            return;
        }
        await gate.WaitAsync(context.RequestAborted);
        try
        {
            await AnswerAsync(context, request, caller.Actor);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task AnswerAsync(HttpContext context, LimitsApplyRequest request, Actor by)
    {
        var yaml = request.Yaml is { } bytes && !files.IsOwn(request.File) ? bytes : null;
        var name = yaml is null ? files.Source : request.File.Length > 0 ? request.File : "limits";
        var (config, error) = yaml is null ? files.Load(needsTiers: true) : ConfigFile.Parse(yaml, name, onlyTiers: true);
        if (config is null)
        {
            await Reply.RefuseAsync(context, 400, "invalid_config", error!, "Nothing was changed");
            return;
        }
        var next = config.ToRecord();
        var (ok, plan) = await context.AskOrRefuseAsync(engine, batch => Plan(batch, next, yaml is null));
        if (!ok) return;
        var view = plan!.View with { DryRun = request.DryRun, File = name, Notes = [.. plan.View.Notes, .. Strangers(next)], After = [.. Under(next, request.LimitsOf)] };
        var checks = await levels.AskAsync(plan.Questions, checkOnly: true, context.RequestAborted);
        view = view with { Objections = [.. view.Objections, .. checks.Where(c => c.Report is { WhyNot.Length: > 0 }).Select(c => $"node {c.Question.Node}, {c.Question.Of.User}: {c.Report!.WhyNot}")] };
        if (request.DryRun || view.Objections.Length > 0)
        {
            await Reply.JsonAsync(context, view, ApiJson.Default.LimitsChangeView);
            return;
        }
        if (yaml is not null && Stored(() => files.Prepare(yaml)) is { } cannot)
        {
            await Reply.RefuseAsync(context, 500, "not_kept", $"{files.LimitsPath} cannot be written: {cannot}", "Nothing was changed");
            return;
        }
        var (decided, refusal) = await context.AskOrRefuseAsync(engine, batch => batch.Decide(new ChangeTiers(next, by)).Refusal);
        if (!decided || refusal is not null)
        {
            if (yaml is not null) Stored(files.Drop);
            if (refusal is not null) await Reply.JsonAsync(context, view with { Objections = [refusal.Sentence] }, ApiJson.Default.LimitsChangeView);
            return;
        }
        if (yaml is not null && Stored(files.Keep) is { } lost) view = view with { Notes = [.. view.Notes, $"in force now, but not after a restart: {files.LimitsPath} cannot be written: {lost}"] };
        var answers = await levels.AskAsync(plan.Questions, checkOnly: false, context.RequestAborted);
        await Reply.JsonAsync(context, view with { Applied = true, Receipts = [.. answers.Select(Receipt)] }, ApiJson.Default.LimitsChangeView);
    }

    private static string? WrongNames(string[] names) =>
        names.Length > LimitsOfMax ? $"the limits of {names.Length} users are asked for; the limit is {LimitsOfMax}"
        : names.Select(static name => name is null ? "a user's name is missing" : TextRules.Error("a user's name", name, 256)).FirstOrDefault(static wrong => wrong is not null);

    private IEnumerable<LimitsView> Under(ClusterConfigured next, string[] names)
    {
        foreach (var name in names)
            if (Users.Find(name) is var (uid, gid)) yield return LimitViews.Under(next, uid, name, users.Groups(name, gid));
    }

    /// <summary>Users whom nobody knows here: a name that is mistyped, or one that is yet to come.</summary>
    private static IEnumerable<string> Strangers(ClusterConfigured next)
    {
        const int lookedAtMax = 500, saidMax = 8;
        var said = next.Tiers.SelectMany(static tier => tier.Users.Select(user => (Tier: tier.Name, User: user))).Take(lookedAtMax)
            .Where(static one => !Users.IsKnown(one.User))
            .Select(static one => $"no user '{one.User}' is known on this machine (tier {one.Tier})").Take(saidMax + 1).ToList();
        return said.Count > saidMax ? [.. said.Take(saidMax), "more users are not known on this machine"] : said;
    }

    private sealed record Planned(LimitsChangeView View, List<UserLevelQuestion> Questions);

    /// <summary>On the engine's thread: the difference, whom it meets, what stands in the way, and which nodes to ask.</summary>
    private static Planned Plan(Batch batch, ClusterConfigured next, bool isWhole)
    {
        var cluster = batch.Cluster;
        var review = cluster.ReviewTiers(next);
        var limits = next.Clone();
        limits.TiersChangedMs = Math.Max(batch.Now.Milliseconds, cluster.Config.TiersChangedMs + 1);
        var questions = new List<UserLevelQuestion>();
        foreach (var effect in review.Effects)
        {
            var spec = effect.User.Newest.Spec;
            var nodes = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var held in effect.User.Holding)
                for (var i = 0; i < held.Job.Shares.Count; i++)
                    if (!held.Job.ReleasedNodes.Contains(held.Job.Shares[i].Node)) nodes.Add(held.Job.Shares[i].Node);
            foreach (var node in nodes) questions.Add(new UserLevelQuestion(node, spec, UserLevels.Of(limits, spec)!));
        }
        var view = new LimitsChangeView
        {
            Tiers = TierDifferences.Of(cluster.Config, next), Users = [.. review.Effects.Select(TierDifferences.Of)], Objections = [.. review.Objections],
            Notes = isWhole && !SameRest(cluster.Config, next) ? ["the file also changes what is no limit: that takes effect when the server is started again"] : [],
        };
        return new Planned(view, questions);
    }

    private static bool SameRest(ClusterConfigured one, ClusterConfigured other)
    {
        return Rest(one).ToByteArray().AsSpan().SequenceEqual(Rest(other).ToByteArray());

        static ClusterConfigured Rest(ClusterConfigured config)
        {
            var rest = config.Clone();
            rest.Tiers.Clear();
            rest.UserTiers.Clear();
            (rest.DefaultTier, rest.TiersChangedMs) = ("", 0);
            return rest;
        }
    }

    private static LevelReceiptView Receipt(UserLevelAnswer answer)
    {
        var rows = new List<ReceiptRowView>();
        foreach (var row in answer.Report?.Rows ?? []) rows.Add(new ReceiptRowView(row.Resource, row.Requested, row.Allocated, row.File, row.Written, row.ReadBack, row.Enforced, row.WhyNot));
        return new LevelReceiptView(answer.Question.Node, answer.Question.Of.User, [.. rows], answer.Report is null ? "it does not answer now, and is told when it is back" : answer.Report.WhyNot);
    }

    private static string? Stored(Action write)
    {
        try
        {
            write();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
