using System.Globalization;
using Microsoft.Extensions.Primitives;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Protocol.Slurm;

namespace Stint.Server.Features.Jobs;

/// <summary>The query parameters of job lists: comma lists, combined with and.</summary>
internal sealed class JobFilter
{
    private static readonly string[] Known = ["user", "state", "partition", "job", "name", "account", "steps", "node"];
    private HashSet<string>? users, states, partitions, names, accounts, nodes;
    private List<JobIdSpec>? jobs;

    public bool Steps { get; private set; }

    public static (JobFilter? Filter, string? Error) Read(IQueryCollection query)
    {
        var filter = new JobFilter();
        foreach (var (key, values) in query)
        {
            if (Array.IndexOf(Known, key) < 0) return (null, $"unknown parameter '{(key.Length > 40 ? key[..40] : key)}'");
            var items = Items(values);
            if (TextRules.Error(key, values.ToString(), 65_536) is { } error) return (null, error);
            switch (key)
            {
                case "user": filter.users = items; break;
                case "partition": filter.partitions = items; break;
                case "name": filter.names = items; break;
                case "account": filter.accounts = items; break;
                case "node": filter.nodes = items; break;
                case "state": filter.states = States(items); break;
                case "steps": filter.Steps = values.ToString() is "true" or "1"; break;
                default:
                    if (JobIds(values.ToString(), out filter.jobs) is { } bad) return (null, bad);
                    break;
            }
        }
        return (filter, null);
    }

    /// <summary>Jobs that match, in no order, from the index by id where ids are given.</summary>
    public IEnumerable<Job> Select(Cluster cluster)
    {
        if (jobs is null)
        {
            foreach (var job in cluster.Jobs.Values)
                if (Matches(job)) yield return job;
            yield break;
        }
        var seen = new HashSet<uint>();
        foreach (var id in jobs)
            foreach (var job in JobSelectors.Find(cluster, id))
                if (seen.Add(job.Id) && Matches(job)) yield return job;
    }

    private bool Matches(Job job)
    {
        var spec = job.Spec;
        return (users is null || users.Contains(spec.User) || users.Contains(spec.Uid.ToString(CultureInfo.InvariantCulture)))
            && (partitions is null || partitions.Contains(spec.Partition))
            && (names is null || names.Contains(spec.Name))
            && (accounts is null || accounts.Contains(spec.Account))
            && (states is null ? true : states.Contains(JobStates.Name(job)) || states.Contains("ALL"))
            && (nodes is null || OnNode(job));
    }

    private bool OnNode(Job job)
    {
        foreach (var share in job.Shares)
            if (nodes!.Contains(share.Node)) return true;
        return false;
    }

    private static HashSet<string> Items(StringValues values) =>
        [.. values.ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static HashSet<string> States(HashSet<string> items)
    {
        var states = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in items) states.Add(JobStates.Long(item));
        return states;
    }

    private static string? JobIds(string text, out List<JobIdSpec>? ids)
    {
        ids = [];
        var depth = 0;
        var from = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '[') depth++;
            if (i < text.Length && text[i] == ']') depth--;
            if (i < text.Length && (text[i] != ',' || depth > 0)) continue;
            if (i > from)
            {
                if (!JobIdSpec.TryParse(text[from..i].Trim(), out var id, out var error)) return error;
                ids.Add(id!);
            }
            from = i + 1;
        }
        return null;
    }
}
