using System.Text;
using Stint.Cli.Native;

namespace Stint.Cli.Files;

/// <summary>Files of a command that runs as its own process, in its own working directory.</summary>
internal sealed unsafe class OwnFiles(string workingDirectory) : IFiles
{
    public bool IsFile(string path) => File.Exists(Absolute(path));
    public Stream OpenRead(string path) => Open(path, Libc.O_RDONLY);
    public Stream Create(string path) => Open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC);

    private string Absolute(string path) => Path.Combine(workingDirectory, path);

    private FdStream Open(string path, int flags)
    {
        string absolute = Absolute(path);
        if (Directory.Exists(absolute)) throw new FileException(Libc.EISDIR);
        byte[] name = Encoding.UTF8.GetBytes(absolute + '\0');
        while (true)
        {
            int fd;
            fixed (byte* at = name) fd = Libc.open(at, flags | Libc.O_CLOEXEC | Libc.O_NOCTTY, 0x1B6);
            if (fd >= 0) return new FdStream(fd);
            if (Libc.LastError != Libc.EINTR) throw new FileException(Libc.LastError);
        }
    }
}
