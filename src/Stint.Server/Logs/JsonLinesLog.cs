using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Stint.Server.Logs;

/// <summary>
/// server.log: one JSON object a line (time, level, source, event id, message, the message's fields, exception), so that a
/// newline in user text cannot forge an entry. Written through; a full disk loses log lines, never the server.
/// </summary>
public sealed class JsonLinesLog : ILoggerProvider
{
    private const long SizeMaxBytes = 64L << 20;
    private readonly Lock gate = new();
    private readonly string path;
    private readonly LogLevel minimum;
    private readonly TimeProvider time;
    private readonly ArrayBufferWriter<byte> buffer = new(1024);
    private readonly Utf8JsonWriter json;
    private FileStream? file;

    public JsonLinesLog(string path, LogLevel minimum, TimeProvider time)
    {
        this.path = path;
        this.minimum = minimum;
        this.time = time;
        json = new Utf8JsonWriter(buffer);
        file = Open();
    }

    public ILogger CreateLogger(string categoryName) => new Source(this, categoryName);

    public void Dispose()
    {
        lock (gate)
        {
            file?.Dispose();
            file = null;
            json.Dispose();
        }
    }

    private FileStream? Open()
    {
        try
        {
            var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return stream;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"stint-server: cannot write {path}: {e.Message}");
            return null;
        }
    }

    private void Write<TState>(string source, LogLevel level, EventId id, TState state, Exception? exception, string message)
    {
        lock (gate)
        {
            if (file is null) return;
            buffer.ResetWrittenCount();
            json.Reset();
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", level.ToString());
            json.WriteString("source", source);
            json.WriteNumber("event", id.Id);
            json.WriteString("message", message);
            WriteFields(state);
            if (exception is not null) json.WriteString("exception", exception.ToString());
            json.WriteEndObject();
            json.Flush();
            buffer.Write("\n"u8);
            Flush();
        }
    }

    private void WriteFields<TState>(TState state)
    {
        if (state is not IReadOnlyList<KeyValuePair<string, object?>> fields) return;
        for (var i = 0; i < fields.Count; i++)
        {
            var (name, value) = fields[i];
            if (name.StartsWith('{')) continue;
            switch (value)
            {
                case int or uint or long or ushort or byte: json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
                case ulong number: json.WriteNumber(name, number); break;
                case bool flag: json.WriteBoolean(name, flag); break;
                default: json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture)); break;
            }
        }
    }

    private void Flush()
    {
        try
        {
            file!.Write(buffer.WrittenSpan);
            if (file.Length < SizeMaxBytes) return;
            // One older file is kept: the log is bounded without anybody's cron job.
            file.Dispose();
            File.Move(path, path + ".1", overwrite: true);
            file = Open();
        }
        catch (IOException)
        {
        }
    }

    private sealed class Source(JsonLinesLog log, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => logLevel >= log.minimum && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Write(name, logLevel, eventId, state, exception, formatter(state, exception));
        }
    }
}
