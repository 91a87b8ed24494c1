using Stint.Cli.Native;

namespace Stint.Cli.Slurm.Srun;

/// <summary>The caller's terminal: its size, whose it is, and raw mode while a remote terminal is shown on it.</summary>
internal static unsafe class Terminal
{
    private const int StandardInput = 0, Now = 0, AfterOutput = 1;

    public static (uint Rows, uint Columns) Size()
    {
        Libc.WindowSize size;
        for (int fd = 0; fd <= 2; fd++)
            if (Libc.ioctl(fd, Libc.TIOCGWINSZ, &size) == 0 && size.Rows > 0 && size.Columns > 0) return (size.Rows, size.Columns);
        return (24, 80);
    }

    /// <summary>Reading from the background would stop the whole process group (SIGTTIN).</summary>
    public static bool IsInForeground() => Libc.tcgetpgrp(StandardInput) == Libc.getpgrp();

    /// <summary>Every key goes to the other side; the old mode comes back on disposal. null: not a terminal.</summary>
    public static IDisposable? Raw()
    {
        byte[] before = new byte[Libc.TermiosSize];
        fixed (byte* old = before)
        {
            if (Libc.tcgetattr(StandardInput, old) != 0) return null;
            byte* raw = stackalloc byte[Libc.TermiosSize];
            before.CopyTo(new Span<byte>(raw, Libc.TermiosSize));
            Libc.cfmakeraw(raw);
            return Libc.tcsetattr(StandardInput, AfterOutput, raw) == 0 ? new RawMode(before) : null;
        }
    }

    private sealed class RawMode(byte[] before) : IDisposable
    {
        public void Dispose()
        {
            fixed (byte* old = before) Libc.tcsetattr(StandardInput, Now, old);
        }
    }
}
