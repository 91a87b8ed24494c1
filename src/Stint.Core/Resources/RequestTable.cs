using Google.Protobuf;
using Stint.Core.Journal;

namespace Stint.Core.Resources;

/// <summary>One <see cref="Request"/> per shape: a million jobs of a few thousand shapes share a few thousand requests and their memos.</summary>
public sealed class RequestTable
{
    private readonly Dictionary<ByteString, Request> requests = [];

    public int Count => requests.Count;

    public Request Of(JobSpec spec)
    {
        var key = RequestShape.KeyOf(spec);
        if (!requests.TryGetValue(key, out var request)) requests.Add(key, request = new Request(key, spec));
        return request;
    }

    /// <summary>Forgets the shapes that no job has any more. Costs one look at each shape.</summary>
    public void Keep(IReadOnlySet<Request> inUse)
    {
        foreach (var (key, request) in requests)
            if (!inUse.Contains(request)) requests.Remove(key);
    }
}
