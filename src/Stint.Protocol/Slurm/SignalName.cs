using System.Globalization;

namespace Stint.Protocol.Slurm;

/// <summary>Linux signal names on x86-64 and arm64, with or without SIG, any case; numbers 1 to 64.</summary>
public static class SignalName
{
    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>What a shell says of a task that died of it: <c>Killed</c>, <c>Segmentation fault</c>.</summary>
    private static readonly string[] Descriptions =
    [
        "", "Hangup", "Interrupt", "Quit", "Illegal instruction", "Trace/breakpoint trap", "Aborted", "Bus error", "Floating point exception",
        "Killed", "User defined signal 1", "Segmentation fault", "User defined signal 2", "Broken pipe", "Alarm clock", "Terminated", "Stack fault",
        "Child exited", "Continued", "Stopped (signal)", "Stopped", "Stopped (tty input)", "Stopped (tty output)", "Urgent I/O condition",
        "CPU time limit exceeded", "File size limit exceeded", "Virtual timer expired", "Profiling timer expired", "Window changed",
        "I/O possible", "Power failure", "Bad system call",
    ];

    public const int Max = 64;

    public static bool TryParse(ReadOnlySpan<char> text, out int number)
    {
        if (ArraySpec.Number(text, out uint value)) { number = (int)value; return value is >= 1 and <= Max; }
        if (text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase)) text = text[3..];
        for (number = 1; number < Names.Length; number++)
            if (text.Equals(Names[number], StringComparison.OrdinalIgnoreCase)) return true;
        number = 0;
        return false;
    }

    public static string Print(int number) => number > 0 && number < Names.Length ? Names[number] : number.ToString(CultureInfo.InvariantCulture);

    public static string Describe(int number) => number > 0 && number < Descriptions.Length
        ? Descriptions[number]
        : string.Create(CultureInfo.InvariantCulture, $"Real-time signal {number - 34}");
}
