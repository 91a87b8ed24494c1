using System.Globalization;
using System.Text;
using Stint.Agent.Launch;

namespace Stint.Agent.Watch;

/// <param name="Group">Of the process that was killed.</param>
/// <param name="LimitGroup">The group whose limit was hit; empty: the machine's own memory.</param>
internal readonly record struct OomKill(string Group, string LimitGroup, string Command, int Pid);

/// <summary>
/// What the kernel says that its OOM killer did, from /dev/kmsg from now on. Where that cannot be read, counters still tell how many were killed and
/// by whose limit, but not which. Any thread.
/// </summary>
internal sealed unsafe class OomLog : IDisposable
{
    private const int KeptMax = 512, RecordBytesMax = 8192, NonBlocking = 0x800;
    private readonly Lock _gate = new();
    private readonly Queue<OomKill> _kept = new();
    private int _fd;

    public OomLog(string path = "/dev/kmsg")
    {
        const int SeekEnd = 2;
        _fd = Posix.Open(path, Posix.O_RDONLY | Posix.O_CLOEXEC | NonBlocking, 0);
        if (_fd >= 0 && Posix.Seek(_fd, 0, SeekEnd) < 0 && Posix.LastErrno == 1) Close();
    }

    public bool IsReadable => _fd >= 0;

    /// <summary>Those of a group or below it, the newest last; "command, pid" each.</summary>
    public IReadOnlyList<string> Victims(string group)
    {
        lock (_gate)
        {
            Drain();
            return [.. _kept.Where(k => IsWithin(k.Group, group)).Select(k => $"{k.Command}, pid {k.Pid.ToString(CultureInfo.InvariantCulture)}")];
        }
    }

    /// <summary>Null: another line. The kernel's form since Linux 5.0 (mm/oom_kill.c, dump_oom_summary); a command can contain anything, so the pid is the last.</summary>
    internal static OomKill? Parse(string record)
    {
        const string Head = ";oom-kill:constraint=", Task = ",task=", Pid = ",pid=", TaskGroup = ",task_memcg=", LimitGroup = ",oom_memcg=";
        var head = record.IndexOf(Head, StringComparison.Ordinal);
        if (head < 0) return null;
        var task = record.IndexOf(Task, head, StringComparison.Ordinal);
        var pid = record.LastIndexOf(Pid, StringComparison.Ordinal);
        var group = record.IndexOf(TaskGroup, head, StringComparison.Ordinal);
        if (task < 0 || pid < task || group < 0 || group > task) return null;
        var digits = record[(pid + Pid.Length)..].Split(',', '\n')[0];
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        var limit = record.IndexOf(LimitGroup, head, StringComparison.Ordinal);
        var limitGroup = limit >= 0 && limit < group ? record[(limit + LimitGroup.Length)..group] : "";
        return new OomKill(record[(group + TaskGroup.Length)..task], limitGroup, record[(task + Task.Length)..pid], number);
    }

    public void Dispose()
    {
        lock (_gate) Close();
    }

    private void Drain()
    {
        var buffer = stackalloc byte[RecordBytesMax];
        while (_fd >= 0)
        {
            var read = Posix.Read(_fd, buffer, RecordBytesMax);
            // EPIPE: the ring went over what was not read yet; the next read goes on with what is there.
            if (read < 0 && Posix.LastErrno is Posix.EPIPE or Posix.EINTR) continue;
            if (read <= 0) return;
            if (Parse(Encoding.UTF8.GetString(buffer, (int)read)) is not { } kill) continue;
            _kept.Enqueue(kill);
            if (_kept.Count > KeptMax) _kept.Dequeue();
        }
    }

    /// <summary>The log has the whole path from the hierarchy's root; ours may begin below it (in a container).</summary>
    private static bool IsWithin(string logged, string group)
    {
        var at = logged.IndexOf("/" + group.TrimStart('/'), StringComparison.Ordinal);
        if (at < 0) return false;
        var end = at + 1 + group.TrimStart('/').Length;
        return end == logged.Length || logged[end] == '/';
    }

    private void Close()
    {
        if (_fd >= 0) _ = Posix.Close(_fd);
        _fd = -1;
    }
}
