using System.Globalization;
using Stint.Core;
using Stint.Core.Journal;
using Stint.Protocol.Wording;
using Stint.Server.Agents;
using Stint.Server.Auth;
using Stint.Server.Engine;
using Stint.Server.Features.Tiers;

namespace Stint.Server.Greetings;

/// <summary>
/// One text file per user below <c>greetings/</c>, readable by that user only, that a login prints as it is (examples/profile.d). Written when something of
/// the user's changed, in batches, away from the engine's thread; the engine is asked once per batch.
/// </summary>
internal sealed partial class GreetingFiles(string folder, Func<Engine.Engine> engine, AgentDirectory agents, Users users, NoticeBook notices, TimeProvider time, ILogger<GreetingFiles> log) : ICommitObserver
{
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200);
    /// <summary>A long queue makes a look at it long: it then comes as much more seldom.</summary>
    private const int RestPerLook = 20;
    private readonly Lock gate = new();
    private readonly HashSet<uint> touched = [];
    private readonly Dictionary<uint, string> written = [];
    private readonly SemaphoreSlim wake = new(0, 1);
    private bool everybody = true;

    public void Committed(long sequence, Record record, Cluster cluster, Instant now)
    {
        if (record.BodyCase == Record.BodyOneofCase.ClusterConfigured)
        {
            lock (gate) everybody = true;
            Wake();
            return;
        }
        var id = record.BodyCase switch
        {
            Record.BodyOneofCase.JobSubmitted => record.JobSubmitted.JobId,
            Record.BodyOneofCase.JobAllocated => record.JobAllocated.JobId,
            Record.BodyOneofCase.JobEnded => record.JobEnded.JobId,
            Record.BodyOneofCase.JobRequeued => record.JobRequeued.JobId,
            Record.BodyOneofCase.JobUpdated => record.JobUpdated.JobId,
            _ => 0u,
        };
        if (id == 0 || cluster.FindJob(id) is not { } job) return;
        if (record.BodyCase == Record.BodyOneofCase.JobEnded) notices.Ended(job, record.JobEnded, record.AtMs);
        Touch(job.Spec.Uid);
    }

    public void Touch(uint uid)
    {
        lock (gate)
            if (!touched.Add(uid)) return;
        Wake();
    }

    private void Wake()
    {
        lock (gate)
            if (wake.CurrentCount == 0) wake.Release();
    }

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            Directory.CreateDirectory(folder, Passable);
            while (true)
            {
                await wake.WaitAsync(cancellation);
                await Task.Delay(Quiet, time, cancellation);
                var from = time.GetTimestamp();
                await WriteAsync();
                await Task.Delay(time.GetElapsedTime(from) * RestPerLook, time, cancellation);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or EngineStoppedException)
        {
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NoFolder(log, folder, e.Message);
        }
    }

    /// <summary>Those who changed. What fails is said in the log and tried again at the next change.</summary>
    private async Task WriteAsync()
    {
        try
        {
            HashSet<uint> uids;
            bool all;
            lock (gate)
            {
                (uids, all, everybody) = ([.. touched], everybody, false);
                touched.Clear();
            }
            if (all) uids = await EverybodyAsync(uids);
            var known = new List<(uint Uid, string Name, uint Gid, IReadOnlyList<string> Groups)>();
            foreach (var uid in uids)
                if (users.User(uid) is var name && Users.Find(name) is { } found && found.Uid == uid) known.Add((uid, name, found.Gid, users.Groups(name, found.Gid)));
            var texts = await engine().AskAsync(batch => Texts(batch, known));
            foreach (var (uid, gid, text) in texts) Write(uid, gid, text);
            notices.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or EngineBusyException)
        {
            Log.NotWritten(log, e.Message);
        }
    }

    private async Task<HashSet<uint>> EverybodyAsync(HashSet<uint> uids)
    {
        uids.UnionWith(notices.Users());
        foreach (var file in Directory.EnumerateFiles(folder))
            if (uint.TryParse(Path.GetFileName(file), NumberStyles.None, CultureInfo.InvariantCulture, out var uid)) uids.Add(uid);
        uids.UnionWith(await engine().AskAsync(static batch => batch.Cluster.HoldingsOf(null).Keys.ToList()));
        return uids;
    }

    private List<(uint Uid, uint Gid, string Text)> Texts(Batch batch, IReadOnlyList<(uint Uid, string Name, uint Gid, IReadOnlyList<string> Groups)> known)
    {
        var holdings = batch.Cluster.HoldingsOf(known.Select(static user => user.Uid).ToHashSet());
        var texts = new List<(uint, uint, string)>();
        foreach (var (uid, name, gid, groups) in known)
            texts.Add((uid, gid, LimitsText.Greeting(LimitViews.Of(batch.Cluster, uid, name, groups, holdings.GetValueOrDefault(uid), agents.UseOf(uid), notices.Of(uid), batch.Now), TimeZoneInfo.Local)));
        return texts;
    }

    /// <summary>A new file in the place of the old one: who reads it reads one or the other. It is the user's and cannot be read by others.</summary>
    private void Write(uint uid, uint gid, string text)
    {
        var path = Path.Combine(folder, uid.ToString(CultureInfo.InvariantCulture));
        if (written.GetValueOrDefault(uid) == text && (text.Length == 0 || File.Exists(path))) return;
        if (text.Length == 0) File.Delete(path);
        else
        {
            var beside = path + ".new";
            File.Delete(beside);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            using (var stream = new FileStream(beside, options)) stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            if (Libc.EffectiveUid == 0) _ = Libc.chown(beside, uid, gid);
            File.SetUnixFileMode(beside, UnixFileMode.UserRead);
            File.Move(beside, path, overwrite: true);
        }
        written[uid] = text;
    }

    private static partial class Log
    {
        [LoggerMessage(1301, LogLevel.Warning, "No greetings: {Folder}: {Why}")]
        public static partial void NoFolder(ILogger logger, string folder, string why);
        [LoggerMessage(1302, LogLevel.Warning, "A greeting could not be written: {Why}")]
        public static partial void NotWritten(ILogger logger, string why);
    }
}
