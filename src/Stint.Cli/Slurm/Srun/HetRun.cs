using Stint.Cli.Client;
using Stint.Cli.Slurm.Salloc;
using Stint.Protocol.Api;

namespace Stint.Cli.Slurm.Srun;

/// <summary>
/// A step over several components of a heterogeneous job: a step of each, begun together, tasks numbered through. Called outside a job it
/// takes an allocation of the components first, which ends with it.
/// </summary>
internal static class HetRun
{
    public static async Task<int> RunAsync(CommandContext context)
    {
        var (parts, code) = HetLine.Read(context);
        if (code is { } over) return over;
        try
        {
            if (context.Environment.ContainsKey("SLURM_JOB_ID")) return await StepsAsync(context, parts);
            if (parts.Count > 1) return await AllocateAsync(context, parts);
            context.Error.WriteLine($"{context.Name}: fatal: --het-group is for a step inside a heterogeneous job");
            return 1;
        }
        catch (ApiUnreachableException e)
        {
            context.Error.WriteLine($"{context.Name}: error: Unable to allocate resources: {SlurmErrors.Unreachable}");
            context.Error.WriteLine($"{context.Name}: error: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> AllocateAsync(CommandContext context, List<HetLine.Part> parts)
    {
        var submits = new List<SubmitRequest>();
        foreach (var part in parts)
        {
            var (request, error, _) = SrunRequests.From(part.Context, part.Line);
            if (request?.Submit is not { } submit) return Wrong(context, error ?? "--jobid is for a step inside a job");
            submits.Add(submits.Count == 0 ? submit : submit with { ClientToken = null });
        }
        var all = submits[0] with { Components = [.. submits.Skip(1)] };
        using var socket = await context.Api.ConnectWebSocketAsync("/api/v1/run", context.Cancellation);
        await using var session = new SallocSession(context, parts[0].Line.Options, new RunWire(socket), isQuiet: true);
        return await session.RunAsync(new RunRequest { Submit = all }, job =>
        {
            var environment = new Dictionary<string, string>(context.Environment, StringComparer.Ordinal);
            foreach (var (name, value) in job) environment[name] = value;
            return StepsAsync(context with { Environment = environment }, parts);
        });
    }

    private static async Task<int> StepsAsync(CommandContext context, IReadOnlyList<HetLine.Part> said)
    {
        var (parts, code) = HetLine.Inside(context, said);
        if (code is { } over) return over;
        var requests = new List<RunRequest>();
        foreach (var part in parts)
        {
            var (request, error, warning) = SrunRequests.From(part.Context, part.Line);
            if (warning is not null && !part.Line.Options.Quiet) context.Error.WriteLine($"{context.Name}: Warning: {warning}");
            if (request is null) return Wrong(context, error!);
            if (request.Step.Pty && parts.Count > 1) return Wrong(context, "--pty is for one component");
            requests.Add(request);
        }
        NumberThrough(requests);
        return await TogetherAsync(context, parts, requests);
    }

    private static void NumberThrough(List<RunRequest> requests)
    {
        var all = (uint)requests.Sum(request => Tasks(request.Step));
        uint before = 0;
        for (int i = 0; i < requests.Count; i++)
        {
            var step = requests[i].Step;
            // Input goes to the first component.
            requests[i] = requests[i] with { Step = step with { TaskOffset = before, HetTasks = all, StdIn = i == 0 ? step.StdIn : step.StdIn ?? "/dev/null" } };
            before += (uint)Tasks(step);
        }
    }

    private static long Tasks(StepRequest step) => Math.Max(1, step.Tasks ?? step.Nodes ?? 1);

    private static async Task<int> TogetherAsync(CommandContext context, IReadOnlyList<HetLine.Part> parts, List<RunRequest> requests)
    {
        // Several steps write to one terminal.
        var shared = context with { RawOut = Stream.Synchronized(context.RawOut), RawError = Stream.Synchronized(context.RawError) };
        var sessions = new List<SrunSession>();
        try
        {
            for (int i = 0; i < parts.Count; i++)
            {
                var socket = await context.Api.ConnectWebSocketAsync("/api/v1/run", context.Cancellation);
                sessions.Add(new SrunSession(shared, parts[i].Line.Options, requests[i], new RunWire(socket)));
            }
            var runs = sessions.ConvertAll(session => session.RunAsync());
            var open = new List<Task<int>>(runs);
            while (open.Count > 0)
            {
                var ended = await Task.WhenAny(open);
                open.Remove(ended);
                if (!sessions[runs.IndexOf(ended)].WasRefused) continue;
                foreach (var session in sessions) await session.StopAsync();
            }
            return (await Task.WhenAll(runs)).Max();
        }
        finally
        {
            foreach (var session in sessions) await session.DisposeAsync();
        }
    }

    private static int Wrong(CommandContext context, string error)
    {
        context.Error.WriteLine($"{context.Name}: error: {error}");
        return Options.LaunchLine.BadUsage;
    }
}
