using Stint.Server.Auth;
using Stint.Storage;
using Stint.Storage.Sqlite;

namespace Stint.Server.Hosting;

/// <summary>Where a test puts something else in: storage, clock, the kernel's word on who connects, the end of the process.</summary>
public sealed record Seams
{
    public TimeProvider Time { get; init; } = TimeProvider.System;
    public Func<HomeFolder, IJournal> OpenJournal { get; init; } = home => SqliteJournal.Open(home.File("journal.db"));
    public Func<HomeFolder, IHistory> OpenHistory { get; init; } = home => new SqliteHistory(home.File("history.db"));
    public IPeerCredentials Peers { get; init; } = new KernelPeerCredentials();
    /// <summary>State and journal may differ: never returns in production.</summary>
    public Action<Exception> Broken { get; init; } = _ => Libc.ExitNow(ExitCodes.EngineBroken);
}

internal static class ExitCodes
{
    public const int Usage = 2, CannotStart = 1;
    /// <summary>EX_SOFTWARE of sysexits.h: restart me.</summary>
    public const int EngineBroken = 70;
}
