using Microsoft.AspNetCore.Connections.Features;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Features.Jobs;
using Stint.Server.Runs;

namespace Stint.Server.Features.Run;

/// <summary>GET /api/v1/run: the WebSocket that carries the whole life of one srun or salloc.</summary>
internal static class Open
{
    private const int PathMax = 4_000, RunsMax = 4_000;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);
    private static int runs;

    public static void Map(IEndpointRouteBuilder routes, RunParts parts, Submission submission, CancellationToken stopping) =>
        routes.MapGet($"{Endpoints.Root}/run", context => HandleAsync(context, parts, submission, stopping))
            .Describe("run", "Runs a program in a new or an existing allocation (WebSocket)");

    private static async Task HandleAsync(HttpContext context, RunParts parts, Submission submission, CancellationToken stopping)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Reply.RefuseAsync(context, 400, "websocket_required", "this path takes WebSocket connections only");
            return;
        }
        if (Interlocked.Increment(ref runs) > RunsMax)
        {
            Interlocked.Decrement(ref runs);
            await Reply.RefuseAsync(context, 503, "busy", $"there are {RunsMax} interactive runs already");
            return;
        }
        try
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { KeepAliveInterval = TimeSpan.FromSeconds(30) });
            using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await ServeAsync(context, new RunWire(socket), parts, submission, over.Token);
        }
        finally
        {
            Interlocked.Decrement(ref runs);
        }
    }

    private static async Task ServeAsync(HttpContext context, RunWire wire, RunParts parts, Submission submission, CancellationToken over)
    {
        wire.StartWriting(over);
        try
        {
            using var first = CancellationTokenSource.CreateLinkedTokenSource(over);
            first.CancelAfter(RequestTimeout);
            var (request, refusal) = await wire.ReadRequestAsync(first.Token);
            var caller = context.User();
            RunPlan? plan = null;
            if (request is not null) (plan, refusal) = Plan(request, caller, submission, GoneCheck(context));
            if (refusal is not null) wire.Send(new RunEvent { Kind = "refused", Refusal = new RefusalView(refusal.Code, refusal.Sentence, refusal.Remedy), ExitStatus = 1 });
            else if (plan is not null) await new RunSession(wire, plan, caller, parts).RunAsync(over);
        }
        finally
        {
            wire.Finish();
            await wire.Written;
        }
    }

    private static (RunPlan? Plan, Refusal? Refusal) Plan(RunRequest request, Caller.Local caller, Submission submission, Func<bool> gone)
    {
        if ((request.Submit is null) == (request.JobId is null)) return (null, Invalid("either submit or jobId must be there"));
        var plan = new RunPlan { ClientIsGone = gone, JobId = request.JobId ?? 0, Tasks = request.Step.Tasks ?? request.Submit?.Tasks, CpusPerTask = request.Step.CpusPerTask };
        if (request.Submit is { } submit)
        {
            submit = submit with { IsBatch = false, Script = [], Arguments = [], Environment = [] };
            var (spec, _, refusal) = submission.Map(submit, caller);
            if (spec is null) return (null, refusal);
            var (components, wrong) = HetSubmission.Map(submit, spec, submission, caller);
            if (wrong is not null) return (null, wrong);
            if (components.Count > 1 && request.Step.Arguments.Length > 0) return (null, Invalid("the allocation of several components has no program: its steps come with runs of their own"));
            if (request.Detach && request.Step.Arguments.Length > 0) return (null, Invalid("an allocation that outlives its connection has no program"));
            foreach (var component in components) component.NoShell = request.Detach;
            plan = plan with { Submit = spec, Others = components.GetRange(1, components.Count - 1), Detach = request.Detach };
        }
        return AddStep(plan, request);
    }

    private static (RunPlan? Plan, Refusal? Refusal) AddStep(RunPlan plan, RunRequest request)
    {
        var step = request.Step;
        if (step.Arguments.Length == 0) return plan.MadeJob ? (plan, null) : (null, Invalid("there is no program to run"));
        if (CheckStep(step) is { } error) return (null, Invalid(error));
        var (payload, refusal) = Submission.Payload([], step.Arguments, step.Environment, step.Umask, step.Rlimits);
        if (payload is null) return (null, refusal);
        var blob = Payloads.ToBlob(payload);
        var spec = new StepSpec
        {
            Name = step.Name.Length > 0 ? step.Name : Path.GetFileName(System.Text.Encoding.UTF8.GetString(step.Arguments[0])), Nodes = step.Nodes ?? 0, PayloadHash = blob.Hash,
            WorkDir = step.WorkDir, StdOut = step.StdOut ?? "", StdErr = step.StdErr ?? "", StdIn = step.StdIn ?? "", Pty = step.Pty, Overlap = step.Overlap,
            AppendOutput = step.AppendOutput, PtyRows = Math.Min(step.PtyRows, 65_535), PtyColumns = Math.Min(step.PtyColumns, 65_535),
        };
        if (StepResources.Fill(spec, step, insideJob: !plan.MadeJob) is { } wrong) return (null, wrong);
        return (plan with { Step = spec, StepPayload = payload, StepBlob = blob }, null);
    }

    private static string? CheckStep(StepRequest step) =>
        TextRules.Error("the step's name", step.Name, 1_024)
        ?? TextRules.Error("the work directory", step.WorkDir, PathMax)
        ?? (step.WorkDir.StartsWith('/') ? null : "the work directory must be an absolute path")
        ?? TextRules.Error("the output file", step.StdOut, PathMax)
        ?? TextRules.Error("the error file", step.StdErr, PathMax)
        ?? TextRules.Error("the input file", step.StdIn, PathMax)
        ?? (step.Tasks is 0 or > 10_000_000 ? $"the number of tasks is {step.Tasks}; it can be 1 to 10000000" : null)
        ?? (step.CpusPerTask is 0 or > 65_535 ? $"CPUs per task is {step.CpusPerTask}; it can be 1 to 65535" : null)
        ?? (step.Nodes is 0 or > 100_000 ? $"the number of nodes is {step.Nodes}; it can be 1 to 100000" : null);

    private static Refusal Invalid(string sentence) => new(RefusalCodes.InvalidRequest, sentence);

    private static Func<bool> GoneCheck(HttpContext context)
    {
        var socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
        return () => socket is not null && Libc.PeerIsGone(socket.SafeHandle);
    }
}
