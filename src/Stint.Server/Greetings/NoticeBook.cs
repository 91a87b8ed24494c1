using System.Text.Json;
using System.Text.Json.Serialization;
using Stint.Core;
using Stint.Core.Jobs;
using Stint.Core.Journal;
using Stint.Protocol.Api;
using Stint.Server.Features.Jobs;

namespace Stint.Server.Greetings;

/// <summary>
/// What users should know of jobs that ended while they were away, until they have seen it (<c>stint limits</c>) or for a week. A copy in a file survives
/// restarts; accounting has all of it anyway. Thread-safe.
/// </summary>
internal sealed partial class NoticeBook(string path, TimeProvider time)
{
    private const int KeptPerUserMax = 10, SentenceCharsMax = 500;
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);
    private readonly Lock gate = new();
    private readonly Dictionary<uint, List<LimitNoticeView>> byUser = [];
    private bool isChanged;

    public IReadOnlyList<LimitNoticeView> Of(uint uid)
    {
        var since = time.GetUtcNow().Subtract(KeptFor).ToUnixTimeMilliseconds();
        lock (gate) return byUser.TryGetValue(uid, out var notices) ? [.. notices.Where(notice => notice.AtMs >= since)] : [];
    }

    public List<uint> Users()
    {
        lock (gate) return [.. byUser.Keys];
    }

    /// <summary>A job's end, if somebody should hear of it.</summary>
    public void Ended(Job job, JobEnded record, long atMs)
    {
        if (record.Kind is not (EndKind.EndOutOfMemory or EndKind.EndTimeout or EndKind.EndNodeFail or EndKind.EndLaunchFailed or EndKind.EndDeadline)) return;
        var cause = job.Cause.Length > 0 ? $": {job.Cause}" : "";
        var state = JobStates.Name(job);
        var sentence = $"job {job.Id} ({job.Spec.Name}) ended {state}{cause}";
        if (sentence.Length > SentenceCharsMax) sentence = sentence[..(SentenceCharsMax - 1)] + "…";
        lock (gate)
        {
            if (!byUser.TryGetValue(job.Spec.Uid, out var notices)) byUser.Add(job.Spec.Uid, notices = []);
            notices.Add(new LimitNoticeView(atMs, job.Id, state, sentence));
            if (notices.Count > KeptPerUserMax) notices.RemoveAt(0);
            isChanged = true;
        }
    }

    /// <summary>False: there was none to forget.</summary>
    public bool Seen(uint uid, long upToMs)
    {
        lock (gate)
        {
            if (!byUser.TryGetValue(uid, out var notices) || notices.RemoveAll(notice => notice.AtMs <= upToMs) == 0) return false;
            if (notices.Count == 0) byUser.Remove(uid);
            return isChanged = true;
        }
    }

    /// <exception cref="IOException">It cannot be written; the next call tries again.</exception>
    public void Save()
    {
        byte[] json;
        lock (gate)
        {
            if (!isChanged) return;
            json = JsonSerializer.SerializeToUtf8Bytes(byUser, FileJson.Default.DictionaryUInt32ListLimitNoticeView);
            isChanged = false;
        }
        try
        {
            File.WriteAllBytes(path + ".new", json);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch
        {
            lock (gate) isChanged = true;
            throw;
        }
    }

    /// <summary>A copy that cannot be read is as none: it is not worth a server that does not start.</summary>
    public void Load()
    {
        try
        {
            if (!File.Exists(path)) return;
            var read = JsonSerializer.Deserialize(File.ReadAllBytes(path), FileJson.Default.DictionaryUInt32ListLimitNoticeView);
            lock (gate)
                foreach (var (uid, notices) in read ?? []) byUser[uid] = notices;
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
        }
    }

    [JsonSerializable(typeof(Dictionary<uint, List<LimitNoticeView>>))]
    private sealed partial class FileJson : JsonSerializerContext;
}
