using Stint.Core.Accounts;
using Stint.Core.Journal;

namespace Stint.Core.Jobs;

/// <summary>A request as all jobs that asked for the very same share it, with what follows from it alone.</summary>
internal sealed class SharedSpec(JobSpec spec)
{
    public JobSpec Spec { get; } = spec;
    // What a plan asks of each of its jobs, so that it need not follow the request.
    public bool IsArray { get; } = spec.Array.Count > 0;
    /// <summary>Something besides a hold and a begin time can keep one of its jobs, unlike others of its class, from starting.</summary>
    public bool IsBound { get; } = spec.Dependencies.Count > 0 || spec.ArrayThrottle > 0;
    public bool NamesReservation { get; } = spec.Reservation.Length > 0;
    public bool NamesLicenses { get; } = spec.Licenses.Length > 0;
    /// <summary>Jobs that have it.</summary>
    public int Users { get; set; }
    /// <summary>Where its waiting jobs are; a memo, good as long as the class is in the queue.</summary>
    public JobClass? Class { get; set; }
    /// <summary>How its jobs stand before limits and priority; a memo, good as long as the class has members.</summary>
    public PolicyClass? Policy { get; set; }
}

/// <summary>One object for all equal requests of jobs that are known, whatever client token they came with. They are never written to.</summary>
internal sealed class SpecTable
{
    private readonly Dictionary<JobSpec, SharedSpec> known = new(SpecEquality.Instance);

    public IReadOnlyCollection<JobSpec> All => known.Keys;
    public int Users { get; private set; }

    /// <summary>The one that is equal to this but for the client token; the caller's job holds it until it gives it back.</summary>
    public SharedSpec Take(JobSpec spec) => Take(Find(spec));

    /// <summary>For one more job.</summary>
    public SharedSpec Take(SharedSpec shared)
    {
        shared.Users++;
        Users++;
        return shared;
    }

    /// <summary>Of a snapshot, before its jobs take it: without a client token, and nobody else's to write to.</summary>
    public SharedSpec Adopt(JobSpec spec)
    {
        var shared = new SharedSpec(spec);
        known.Add(spec, shared);
        return shared;
    }

    /// <summary>A job goes: with the last of them its request is forgotten.</summary>
    public void GiveBack(SharedSpec shared)
    {
        Users--;
        if (--shared.Users == 0) known.Remove(shared.Spec);
    }

    private SharedSpec Find(JobSpec spec)
    {
        // The key is made on the spot and undone: a copy of each request that comes would cost more than all the rest.
        var token = spec.ClientToken;
        spec.ClientToken = "";
        try
        {
            if (known.TryGetValue(spec, out var shared)) return shared;
            shared = new SharedSpec(spec.Clone());
            known.Add(shared.Spec, shared);
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
