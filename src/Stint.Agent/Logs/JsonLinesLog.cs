using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Stint.Agent.Logs;

/// <summary>
/// One JSON object a line: time, level, event id, category, message, and each field of the message by its name, so that a log can be searched
/// by job. A log that cannot be written (disk full) never stops the agent. The file is rotated once at its cap and so bounded.
/// </summary>
internal sealed class JsonLinesLog : IDisposable
{
    private const long FileBytesMax = 64 << 20;
    private readonly Lock _gate = new();
    private readonly string? _path;
    private readonly TextWriter? _console;
    private readonly TimeProvider _time;
    private readonly LogLevel _least;
    private FileStream? _file;

    public JsonLinesLog(string? path, TextWriter? console, TimeProvider time, LogLevel least = LogLevel.Information)
    {
        (_path, _console, _time, _least) = (path, console, time, least);
        _file = Open();
    }

    public ILogger For(string category) => new Category(this, category);

    public void Dispose()
    {
        lock (_gate) _file?.Dispose();
    }

    private FileStream? Open() => _path is null ? null : new FileStream(_path,
        new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead });

    private void Write(ReadOnlySpan<byte> line)
    {
        lock (_gate)
        {
            try
            {
                _console?.Write(System.Text.Encoding.UTF8.GetString(line));
                if (_file is { } file && file.Length > FileBytesMax)
                {
                    file.Dispose();
                    File.Move(_path!, _path + ".1", overwrite: true);
                    _file = Open();
                }
                _file?.Write(line);
            }
            catch (IOException) { }                            // nothing to tell it to
            catch (UnauthorizedAccessException) { }
        }
    }

    private sealed class Category(JsonLinesLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= log._least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var buffer = new ArrayBufferWriter<byte>(256);
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                json.WriteString("time", log._time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture));
                json.WriteString("level", logLevel.ToString());
                json.WriteNumber("event", eventId.Id);
                json.WriteString("source", name);
                json.WriteString("message", formatter(state, exception));
                if (state is IReadOnlyList<KeyValuePair<string, object?>> fields)
                {
                    foreach (var (key, value) in fields)
                    {
                        if (key != "{OriginalFormat}") json.WriteString(key, Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
                    }
                }
                if (exception is not null) json.WriteString("exception", exception.ToString());
                json.WriteEndObject();
            }
            buffer.Write("\n"u8);
            log.Write(buffer.WrittenSpan);
        }
    }
}
