using Stint.Core.Journal;

namespace Stint.Core.Jobs;

/// <summary>One object for all equal requests of jobs that are known, whatever client token they came with. They are never written to.</summary>
internal sealed class SpecTable
{
    private sealed class Shared(JobSpec spec)
    {
        public JobSpec Spec => spec;
        public int Users;
    }

    private readonly Dictionary<JobSpec, Shared> known = [];
    private readonly Dictionary<JobSpec, Shared> byObject = new(ReferenceEqualityComparer.Instance);

    public IReadOnlyCollection<JobSpec> All => known.Keys;
    public int Users { get; private set; }

    /// <summary>The one that is equal to this but for the client token; the caller's jobs hold it until they give it back.</summary>
    public JobSpec Take(JobSpec spec)
    {
        if (!byObject.TryGetValue(spec, out var shared)) shared = Find(spec);
        shared.Users++;
        Users++;
        return shared.Spec;
    }

    /// <summary>Of a snapshot, before its jobs take it: without a client token, and nobody else's to write to.</summary>
    public void Adopt(JobSpec spec)
    {
        var shared = new Shared(spec);
        known.Add(spec, shared);
        byObject.Add(spec, shared);
    }

    /// <summary>A job goes: with the last of them its request is forgotten.</summary>
    /// <returns>True: it was the last.</returns>
    public bool GiveBack(JobSpec spec)
    {
        Users--;
        if (--byObject[spec].Users > 0) return false;
        byObject.Remove(spec);
        return known.Remove(spec);
    }

    private Shared Find(JobSpec spec)
    {
        // The key is made on the spot and undone: a copy of each request that comes would cost more than all the rest.
        var token = spec.ClientToken;
        spec.ClientToken = "";
        try
        {
            if (known.TryGetValue(spec, out var shared)) return shared;
            shared = new Shared(spec.Clone());
            known.Add(shared.Spec, shared);
            byObject.Add(shared.Spec, shared);
            return shared;
        }
        finally
        {
            spec.ClientToken = token;
        }
    }

    /// <summary>A 64-bit hash of a user's token; never 0 for a token. Equal ones have equal hashes in every process and version.</summary>
    public static ulong HashOf(uint uid, string token)
    {
        if (token.Length == 0) return 0;
        var hash = 14_695_981_039_346_656_037UL ^ uid;
        foreach (var c in token) hash = unchecked((hash ^ c) * 1_099_511_628_211UL);
        hash ^= hash >> 32;
        hash = unchecked(hash * 0xd6e8_feb8_6659_fd93UL);
        hash ^= hash >> 32;
        return hash == 0 ? 1 : hash;
    }
}
