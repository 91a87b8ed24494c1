using System.IO.Compression;

namespace Stint.Server.Simulate.Traces;

/// <summary>Opens a trace and chooses its reader by name and by first line.</summary>
public static class TraceFile
{
    /// <summary>
    /// The jobs in order of submission. Throws <see cref="FormatException"/> where the format is unknown or a line does not parse.
    /// </summary>
    public static IReadOnlyList<TraceJob> Read(string path)
    {
        using var reader = Open(path);
        var name = Path.GetFileName(path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) name = name[..^3];
        var jobs = name.EndsWith(".swf", StringComparison.OrdinalIgnoreCase) ? SwfTrace.Read(reader) : ReadTable(reader, path);
        return [.. jobs.OrderBy(job => job.Submitted)]; // stable: equal moments keep the order of the file
    }

    public static TextReader Open(string path)
    {
        Stream stream = File.OpenRead(path);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) stream = new GZipStream(stream, CompressionMode.Decompress);
        return new StreamReader(stream);
    }

    private static IEnumerable<TraceJob> ReadTable(TextReader reader, string path)
    {
        var header = reader.ReadLine() ?? "";
        if (header.Contains("JobID", StringComparison.Ordinal) && header.Contains('|')) return SacctTrace.Read(header, reader);
        if (header.StartsWith("timestamp,duration,num_gpus", StringComparison.Ordinal)) return PhillyTrace.Read(header, reader);
        if (OpenbTrace.IsPodList(header)) return OpenbTrace.Read(header, reader);
        throw new FormatException($"{path}: neither SWF (its name ends in .swf), nor 'sacct -P' with a JobID column, "
            + "nor a GPU trace with timestamp,duration,num_gpus or cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time");
    }
}
