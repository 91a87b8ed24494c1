namespace Stint.Cli.Files;

/// <summary>
/// Files as the caller of a command sees them, opened with the caller's rights. A relative path starts at the caller's working directory.
/// One file at a time is open.
/// </summary>
public interface IFiles
{
    /// <summary>Something other than a directory is there.</summary>
    bool IsFile(string path);

    /// <exception cref="FileException">It cannot be opened, or is a directory.</exception>
    Stream OpenRead(string path);

    /// <summary>Created (0666 less the caller's umask), or cut to nothing.</summary>
    /// <exception cref="FileException">It cannot be opened, or is a directory.</exception>
    Stream Create(string path);
}

/// <summary>The message is what strerror says.</summary>
public sealed class FileException(int errno) : IOException(Native.Libc.Describe(errno), errno);
