using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Jobs;

/// <summary>POST /api/v1/jobs/update: changes jobs that are there already. What may be changed, and by whom, is the core's.</summary>
internal static class Update
{
    private const int TextMax = 4_096, JobsMax = 10_000;

    public static void Map(IEndpointRouteBuilder routes, Engine.Engine engine) =>
        routes.MapPost($"{Endpoints.Root}/jobs/update", context => HandleAsync(context, engine))
            .Describe("updateJobs", "Changes jobs").Takes<JobUpdateRequest>().Gives<SelectionResult>();

    private static async Task HandleAsync(HttpContext context, Engine.Engine engine)
    {
        if (await Body.ReadAsync(context, Wire.Strict.JobUpdateRequest) is not { } request) return;
        var (change, refusal) = Change(request);
        var ids = new List<(string Text, JobIdSpec Id)>();
        if (request.Jobs.Length is 0 or > JobsMax) refusal ??= Invalid($"{request.Jobs.Length} jobs are named; it can be 1 to {JobsMax}");
        foreach (var text in request.Jobs)
        {
            if (text is not null && JobIdSpec.TryParse(text, out var id, out _) && id!.Step is null) ids.Add((text, id));
            else refusal ??= new Refusal(RefusalCodes.InvalidJobId, "Invalid job id specified");
        }
        if (refusal is not null)
        {
            await Reply.RefuseAsync(context, refusal);
            return;
        }
        var actor = context.User().Actor;
        var (ok, result) = await context.AskOrRefuseAsync(engine, batch =>
        {
            var outcomes = new List<SelectionOutcome>();
            foreach (var (text, id) in ids)
            {
                var tasks = id.Tasks is { } ranges ? Cancel.Ranges(ranges) : null;
                var no = batch.Decide(new UpdateJob(id.JobId, change!, actor, tasks)).Refusal;
                outcomes.Add(new SelectionOutcome(text, no?.Code, no?.ToString() ?? ""));
            }
            return new SelectionResult([.. outcomes]);
        });
        if (ok) await Reply.JsonAsync(context, result!, ApiJson.Default.SelectionResult);
    }

    private static (JobChange? Change, Refusal? Refusal) Change(JobUpdateRequest r)
    {
        foreach (var (what, text) in Texts(r))
            if (TextRules.Error(what, text, TextMax) is { } error) return (null, Invalid(error));
        if (r.Partition is { Length: > 0 } && PolicyRequest.Partitions(r.Partition).Refusal is { } unknown) return (null, unknown);
        var change = new JobChange
        {
            Name = r.Name, Partition = r.Partition, Account = r.Account, Qos = r.Qos, TimeLimitMs = r.TimeLimitMs, TimeLimitAddMs = r.TimeLimitAddMs, TimeMinMs = r.TimeMinMs,
            Priority = r.Priority, Nice = r.Nice, Constraint = r.Constraint, Prefer = r.Prefer, NodesMin = r.NodesMin, NodesMax = r.NodesMax, Tasks = r.Tasks,
            CpusPerTask = r.CpusPerTask, TasksPerNode = r.TasksPerNode, MemoryPerNodeBytes = r.MemoryPerNodeBytes, MemoryPerCpuBytes = r.MemoryPerCpuBytes,
            NodeList = r.NodeList, ExcludeList = r.ExcludeList, Reservation = r.Reservation, BeginMs = r.BeginMs, DeadlineMs = r.DeadlineMs, Comment = r.Comment,
            AdminComment = r.AdminComment, Requeue = r.Requeue, Exclusive = r.Exclusive, Contiguous = r.Contiguous, ArrayThrottle = r.ArrayThrottle, WorkDir = r.WorkDir,
            StdOut = r.StdOut, StdErr = r.StdErr, StdIn = r.StdIn, MailType = r.MailType, MailUser = r.MailUser, Wckey = r.Wckey, SiteFactor = r.SiteFactor,
        };
        return Parsed(change, r);
    }

    private static (JobChange? Change, Refusal? Refusal) Parsed(JobChange change, JobUpdateRequest r)
    {
        if (r.Dependency is { } text)
        {
            if (text.Length == 0) change = change with { Dependencies = [] };
            else if (!DependencySpec.TryParse(text, out var dependency, out var error)) return (null, new Refusal(RefusalCodes.InvalidDependency, error));
            else change = change with { Dependencies = dependency!.Terms.Select(t => Submission.Term(t, dependency.AnySuffices)).ToList(), DependencyAny = dependency.AnySuffices };
        }
        if (r.Gres is { } gres)
        {
            List<GresTerm> terms = [];
            if (gres.Length > 0 && !GresSpec.TryParse(gres, out terms, out var error)) return (null, new Refusal("invalid_gres", error));
            change = change with { Gres = terms.ConvertAll(t => new GresRequest { Name = t.Name, Type = t.Type, Count = t.Count, Per = GresPer.PerNode }) };
        }
        if (r.Licenses is { } licenses)
        {
            if (licenses.Length == 0) change = change with { Licenses = "" };
            else if (!LicenseSpec.TryParse(licenses, out var spec, out var error)) return (null, new Refusal("invalid_license", error));
            else change = change with { Licenses = spec!.ToString() };
        }
        return (change, null);
    }

    private static IEnumerable<(string What, string? Text)> Texts(JobUpdateRequest r) =>
    [
        ("the job name", r.Name), ("the partition", r.Partition), ("the account", r.Account), ("the QOS", r.Qos), ("the dependency", r.Dependency), ("the features", r.Constraint),
        ("the preferred features", r.Prefer), ("the node list", r.NodeList), ("the list of excluded nodes", r.ExcludeList), ("the generic resources", r.Gres), ("the licenses", r.Licenses),
        ("the reservation", r.Reservation), ("the comment", r.Comment), ("the admin comment", r.AdminComment), ("the work directory", r.WorkDir), ("the output file", r.StdOut),
        ("the error file", r.StdErr), ("the input file", r.StdIn), ("the mail types", r.MailType), ("the mail user", r.MailUser), ("the wckey", r.Wckey),
    ];

    private static Refusal Invalid(string sentence) => new(RefusalCodes.InvalidRequest, sentence);
}
