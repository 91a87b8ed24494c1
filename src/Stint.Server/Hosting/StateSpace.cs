using Stint.Core;

namespace Stint.Server.Hosting;

/// <summary>
/// Space for the ends of what runs. A reserve lies beside the journal; when a commit finds the file system full the reserve is given up, and from then
/// on, or when little is left, submissions are refused. When there is space again the reserve is laid by anew and submissions are taken. Any thread.
/// </summary>
internal sealed partial class StateSpace : IDisposable
{
    internal const long ReserveBytes = 8 << 20, LowBytes = 4 << 20;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly string folder, path;
    private readonly ILogger log;
    private readonly ITimer timer;
    private volatile bool isLow;
    private bool holds;

    public StateSpace(string folder, TimeProvider time, ILogger log)
    {
        (this.folder, this.log) = (folder, log);
        path = Path.Combine(folder, "reserve");
        Look();
        timer = time.CreateTimer(_ => Look(), null, LookEvery, LookEvery);
    }

    public bool IsLow => isLow;

    /// <summary>For submissions; null: there is space.</summary>
    public Refusal? Refusal => !isLow ? null : new Refusal(RefusalCodes.NoSpace,
        $"the file system of {folder} is full: what runs is looked after, but nothing new is taken until there is space", "free space there; it is looked at every second");

    /// <summary>Gives the reserve up. False: it was given up before.</summary>
    public bool Release()
    {
        lock (gate)
        {
            if (!holds) return false;
            Drop();
            Change(true);
            return true;
        }
    }

    private void Look()
    {
        lock (gate)
        {
            try
            {
                var free = new DriveInfo(folder).AvailableFreeSpace;
                if (!holds && free > ReserveBytes + LowBytes) Reserve();
                Change(free < LowBytes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException) { Log.Unknown(log, folder, e.Message); }
        }
    }

    private void Reserve()
    {
        try
        {
            using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, PreallocationSize = ReserveBytes });
            holds = true;
        }
        catch (IOException) { File.Delete(path); }       // somebody else was quicker
    }

    private void Drop()
    {
        holds = false;
        try { File.Delete(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { Log.Unknown(log, path, e.Message); }
    }

    private void Change(bool low)
    {
        if (isLow == low) return;
        isLow = low;
        if (low) Log.Full(log, folder);
        else Log.Room(log, folder);
    }

    public void Dispose() => timer.Dispose();

    private static partial class Log
    {
        [LoggerMessage(1301, LogLevel.Error, "The file system of {Folder} is full: submissions are refused")]
        public static partial void Full(ILogger logger, string folder);
        [LoggerMessage(1302, LogLevel.Information, "The file system of {Folder} has space: submissions are taken")]
        public static partial void Room(ILogger logger, string folder);
        [LoggerMessage(1303, LogLevel.Warning, "{Folder}: {Why}")]
        public static partial void Unknown(ILogger logger, string folder, string why);
    }
}
