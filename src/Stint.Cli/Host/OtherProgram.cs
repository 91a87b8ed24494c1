using System.Runtime.InteropServices;
using Stint.Cli.Native;

namespace Stint.Cli.Host;

/// <summary>This process becomes another program: same standard streams, same terminal, its exit code is ours.</summary>
internal static partial class OtherProgram
{
    /// <summary>Does not come back, unless the program cannot be executed.</summary>
    /// <param name="arguments">Byte by byte, without the program's own name.</param>
    /// <returns>What went wrong, with the file and the errno.</returns>
    public static unsafe string Become(string program, IReadOnlyList<byte[]> arguments)
    {
        byte*[] words = new byte*[arguments.Count + 2];
        try
        {
            words[0] = (byte*)Marshal.StringToCoTaskMemUTF8(program);
            for (int i = 0; i < arguments.Count; i++) words[i + 1] = Copy(arguments[i]);
            fixed (byte** argv = words) execv(words[0], argv);
            int errno = Libc.LastError;
            return $"cannot execute {program}: {Libc.Describe(errno)} (errno {errno})";
        }
        finally
        {
            foreach (byte* word in words) Marshal.FreeCoTaskMem((nint)word);
        }
    }

    private static unsafe byte* Copy(byte[] word)
    {
        var copy = (byte*)Marshal.AllocCoTaskMem(word.Length + 1);
        word.CopyTo(new Span<byte>(copy, word.Length));
        copy[word.Length] = 0;
        return copy;
    }

    /// <summary>The environment goes along as it is.</summary>
    [LibraryImport("libc", SetLastError = true)] private static unsafe partial int execv(byte* path, byte** argv);
}
