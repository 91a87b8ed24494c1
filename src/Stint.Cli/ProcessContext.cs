using System.Globalization;
using System.Text;
using Stint.Cli.Client;
using Stint.Cli.Native;

namespace Stint.Cli;

/// <summary>The context of a command that runs as its own process, read from the kernel with as few classes as possible.</summary>
internal static class ProcessContext
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public static unsafe CommandContext Create(string[] arguments)
    {
        var (name, raw) = CommandLine(arguments);
        byte[] block = ReadAll("/proc/self/environ");
        var environment = Decode(block);
        uint mask = Libc.umask(0x12);
        Libc.umask(mask);
        bool outIsTerminal = Libc.isatty(1) == 1;
        FdStream output = new(1), error = new(2);
        string binaries = BinaryFolder(), workingDirectory = WorkingDirectory();
        return new CommandContext
        {
            Name = name,
            Arguments = arguments,
            RawArguments = raw,
            EnvironmentBlock = block,
            Environment = environment,
            WorkingDirectory = workingDirectory,
            Uid = Libc.getuid(),
            Gid = Libc.getgid(),
            Umask = mask,
            Out = new StreamWriter(output, Utf8, 16384),
            Error = new StreamWriter(error, Utf8, 4096) { AutoFlush = true },
            RawIn = new FdStream(0),
            RawOut = output,
            RawError = error,
            OutIsTerminal = outIsTerminal,
            InIsTerminal = Libc.isatty(0) == 1,
            Columns = Columns(environment, WindowColumns(outIsTerminal)),
            Time = TimeProvider.System,
            Files = new Files.OwnFiles(workingDirectory),
            Limits = ResourceLimits.OfThisProcess,
            Api = new ApiClient(SocketPath.Find(environment, binaries)),
            Cancellation = CancellationToken.None,
            Signals = new ProcessSignals(),
            BinaryFolder = binaries,
        };
    }

    /// <summary>The name comes from the kernel: the runtime knows only the file that a link leads to.</summary>
    private static (string Name, List<byte[]>? Raw) CommandLine(string[] arguments)
    {
        var words = new List<byte[]>(arguments.Length + 1);
        ReadOnlySpan<byte> line = ReadAll("/proc/self/cmdline");
        while (line.Length > 0)
        {
            int end = line.IndexOf((byte)0);
            words.Add((end < 0 ? line : line[..end]).ToArray());
            line = end < 0 ? default : line[(end + 1)..];
        }
        int first = words.Count - arguments.Length;
        if (first < 1) return ("stint", null);
        string called = Utf8.GetString(words[first - 1]);
        called = called[(called.LastIndexOf('/') + 1)..];
        return (called.EndsWith(".dll", StringComparison.Ordinal) ? "stint" : called, words.GetRange(first, arguments.Length));
    }

    internal static Dictionary<string, string> Decode(ReadOnlySpan<byte> block)
    {
        var variables = new Dictionary<string, string>(64, StringComparer.Ordinal);
        while (block.Length > 0)
        {
            int end = block.IndexOf((byte)0);
            var one = end < 0 ? block : block[..end];
            int equals = one.IndexOf((byte)'=');
            if (equals > 0) variables.TryAdd(Utf8.GetString(one[..equals]), Utf8.GetString(one[(equals + 1)..]));
            block = end < 0 ? default : block[(end + 1)..];
        }
        return variables;
    }

    private static string WorkingDirectory()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Deleted under us: the server will name it in its refusal, or the job in its end.
            return File.ResolveLinkTarget("/proc/self/cwd", returnFinalTarget: false)?.FullName ?? "/";
        }
    }

    private static string BinaryFolder() => Path.GetDirectoryName(Environment.ProcessPath) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory.TrimEnd('/');

    /// <summary>COLUMNS, else the terminal's width, else 80.</summary>
    /// <param name="window">Of standard output; 0: no terminal, or it does not know.</param>
    internal static int Columns(IReadOnlyDictionary<string, string> environment, int window) =>
        environment.TryGetValue("COLUMNS", out string? said) && int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns > 0 ? columns
        : window > 0 ? window : 80;

    private static unsafe int WindowColumns(bool outIsTerminal)
    {
        Libc.WindowSize size;
        return outIsTerminal && Libc.ioctl(1, Libc.TIOCGWINSZ, &size) == 0 ? size.Columns : 0;
    }

    /// <summary>Files of /proc have no length; File.ReadAllBytes handles them through a slower path.</summary>
    private static byte[] ReadAll(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path);
            byte[] buffer = new byte[16384];
            int length = 0;
            while (true)
            {
                int got = RandomAccess.Read(handle, buffer.AsSpan(length), length);
                if (got <= 0) return buffer[..length];
                length += got;
                if (length == buffer.Length) Array.Resize(ref buffer, buffer.Length * 4);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
