using System.IO.Compression;
using System.Text;

namespace Stint.Server.Simulate.Traces;

/// <summary>Opens a trace and chooses its reader by name and by first line.</summary>
public static class TraceFile
{
    /// <summary>
    /// The jobs in order of submission. Throws <see cref="FormatException"/> where the format is unknown or a line does not parse.
    /// </summary>
    public static IReadOnlyList<TraceJob> Read(string path)
    {
        using var reader = new CountedLines(Open(path));
        var name = Path.GetFileName(path);
        if (name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) name = name[..^3];
        try
        {
            var jobs = name.EndsWith(".swf", StringComparison.OrdinalIgnoreCase) ? SwfTrace.Read(reader) : ReadTable(reader);
            return [.. jobs.OrderBy(job => job.Submitted)]; // stable: equal moments keep the order of the file
        }
        catch (Exception e) when (e is FormatException or OverflowException or InvalidDataException)
        {
            throw new FormatException($"{path}: line {Math.Max(1, reader.Line)}: {e.Message}", e);
        }
    }

    public static TextReader Open(string path)
    {
        Stream stream = File.OpenRead(path);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) stream = new GZipStream(stream, CompressionMode.Decompress);
        return new StreamReader(stream);
    }

    private static IEnumerable<TraceJob> ReadTable(TextReader reader)
    {
        var header = reader.ReadLine() ?? "";
        if (header.Contains("JobID", StringComparison.Ordinal) && header.Contains('|')) return SacctTrace.Read(header, reader);
        if (GpuJobsTrace.IsHeader(header)) return GpuJobsTrace.Read(header, reader);
        if (OpenbTrace.IsPodList(header)) return OpenbTrace.Read(header, reader);
        throw new FormatException("neither SWF (its name ends in .swf), nor 'sacct -P' with a JobID column, "
            + "nor a GPU trace with timestamp,duration,num_gpus or cpu_milli,memory_mib,num_gpu,gpu_milli,creation_time");
    }

    /// <summary>Knows which line was read last, for messages.</summary>
    private sealed class CountedLines(TextReader reader) : TextReader
    {
        /// <summary>No line of a workload is as long; a binary file has no line ends at all.</summary>
        private const int CharsMax = 1 << 20;

        public int Line { get; private set; }

        public override string? ReadLine()
        {
            Line++;
            var line = new StringBuilder();
            while (reader.Read() is var next && next >= 0)
            {
                if (next == '\n') return Text(line);
                if (line.Length == CharsMax) throw new FormatException($"a line of more than {CharsMax} characters");
                line.Append((char)next);
            }
            return line.Length > 0 ? Text(line) : null;
        }

        private static string Text(StringBuilder line) => line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : line.ToString();

        protected override void Dispose(bool disposing)
        {
            if (disposing) reader.Dispose();
            base.Dispose(disposing);
        }
    }
}
