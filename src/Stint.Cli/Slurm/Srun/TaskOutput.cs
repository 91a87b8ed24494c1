using System.Text;

namespace Stint.Cli.Slurm.Srun;

/// <summary>Output of the tasks, byte for byte; with labels, line by line behind the task's number. Counts what is to be acknowledged.</summary>
/// <param name="labelTasks">Number of tasks to label for; null: no labels.</param>
internal sealed class TaskOutput(Stream output, Stream error, uint? labelTasks)
{
    /// <summary>Acknowledged in lots of this size: well below the window, so that the sender never waits for it.</summary>
    private const ulong AcknowledgeAt = 32 * 1024;
    /// <summary>A line without end is written as if it ended here.</summary>
    private const int MaxLine = 64 * 1024;

    private readonly Dictionary<(uint Task, bool IsError), MemoryStream> _lines = [];
    private readonly int _labelWidth = (labelTasks.GetValueOrDefault(1) - 1).ToString(System.Globalization.CultureInfo.InvariantCulture).Length;
    private ulong _taken;

    /// <summary>Our reader is gone; what follows is dropped.</summary>
    public bool IsBroken { get; private set; }

    public void Write(uint task, bool isError, ReadOnlySpan<byte> data)
    {
        _taken += (ulong)data.Length;
        if (labelTasks is null) Put(isError, data);
        else WriteLabelled(task, isError, data);
    }

    /// <summary>Bytes to acknowledge now; 0: none yet.</summary>
    public ulong ToAcknowledge()
    {
        if (_taken < AcknowledgeAt) return 0;
        ulong taken = _taken;
        _taken = 0;
        return taken;
    }

    /// <summary>Lines that have no end yet.</summary>
    public void Flush()
    {
        foreach (var ((task, isError), line) in _lines)
            if (line.Length > 0) PutLine(task, isError, line, "\n"u8);
    }

    private void WriteLabelled(uint task, bool isError, ReadOnlySpan<byte> data)
    {
        if (!_lines.TryGetValue((task, isError), out var line)) _lines[(task, isError)] = line = new MemoryStream();
        while (data.Length > 0)
        {
            int end = data.IndexOf((byte)'\n');
            int take = end < 0 ? Math.Min(data.Length, MaxLine) : end;
            line.Write(data[..take]);
            data = data[(end < 0 ? take : take + 1)..];
            if (end >= 0 || line.Length >= MaxLine) PutLine(task, isError, line, "\n"u8);
        }
    }

    private void PutLine(uint task, bool isError, MemoryStream line, ReadOnlySpan<byte> end)
    {
        byte[] label = Encoding.ASCII.GetBytes($"{task.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(_labelWidth)}: ");
        byte[] whole = [.. label, .. line.GetBuffer().AsSpan(0, (int)line.Length), .. end];
        line.SetLength(0);
        Put(isError, whole);
    }

    private void Put(bool isError, ReadOnlySpan<byte> data)
    {
        if (IsBroken) return;
        try
        {
            (isError ? error : output).Write(data);
        }
        catch (IOException)
        {
            IsBroken = true;
        }
    }
}
