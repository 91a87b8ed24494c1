using System.Globalization;
using System.Numerics;
using System.Text;
using Stint.Agent.Cgroups;
using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Binding;

/// <summary>The rows of a receipt for what each task bound itself to, and what the kernel then said.</summary>
internal static class BindingRows
{
    public const string Cpu = "cpu bind", Memory = "memory bind";

    /// <summary>False: there is nothing to say, or it is said.</summary>
    public static bool Add(Receipt receipt, LaunchSpec spec, CpuShape? shape, IReadOnlyList<ReadBounds> bounds)
    {
        if (bounds.Count == 0 || receipt.Rows.Any(r => r.Resource is Cpu or Memory) || StepBinding.Of(spec, shape, null) is not { Refusal: null } binding || bounds.Count != binding.Bounds.Count) return false;
        var before = receipt.Rows.Count;
        var at = receipt.Rows.Select((row, i) => (row, i)).LastOrDefault(r => r.row.Resource.StartsWith("cpu", StringComparison.Ordinal)).i + 1;
        foreach (var row in Rows(spec, binding, bounds)) receipt.Rows.Insert(Math.Min(at++, receipt.Rows.Count), row);
        return receipt.Rows.Count > before;
    }

    private static IEnumerable<ReceiptRow> Rows(LaunchSpec spec, StepBinding binding, IReadOnlyList<ReadBounds> bounds)
    {
        var (asked, list) = (spec.Layout.CpuBind, binding.Environment.FirstOrDefault(v => v.Key == "SLURM_CPU_BIND_LIST").Value ?? "");
        if (binding.Bounds.Any(b => b.Cpus.Length > 0))
        {
            var row = new ReceiptRow
            {
                Resource = Cpu, Requested = asked.Length > 0 ? $"--cpu-bind={asked}" : "default", Allocated = PerTask(spec, i => CpuList.Format(Numbers(binding.Bounds[i].Cpus))),
                File = "sched_setaffinity(2)", Written = string.Join(',', binding.Bounds.Select(b => Hex(b.Cpus))), ReadBack = string.Join(',', bounds.Select(b => Hex(b.Cpus))),
            };
            row.Enforced = row.Written == row.ReadBack && binding.Bounds.All(b => !b.CpuTail.Contains("NOT", StringComparison.Ordinal));
            if (!row.Enforced) row.WhyNot = $"some cpus are declared and not there; the masks were to be {list}";
            yield return row;
        }
        else if (binding.Bounds.Any(b => b.CpuTail.Contains("NOT", StringComparison.Ordinal)))
            yield return ReceiptRows.NotEnforced(Cpu, asked.Length > 0 ? $"--cpu-bind={asked}" : "default", list, "these cpus are declared and not there");
        if (binding.Bounds.Any(b => b.Policy > 0))
        {
            yield return new ReceiptRow
            {
                Resource = Memory, Requested = $"--mem-bind={spec.Layout.MemBind}", Allocated = PerTask(spec, i => $"node {CpuList.Format(Numbers(binding.Bounds[i].Nodes))}"),
                File = "set_mempolicy(2)", Written = string.Join(',', binding.Bounds.Select(Policy)), ReadBack = string.Join(',', bounds.Select(b => Policy(new TaskBounds([], b.Policy, b.Nodes)))), Enforced = true,
            };
        }
    }

    /// <summary>Neighbours with the same are said once: <c>tasks 0-3: 0-1</c>.</summary>
    private static string PerTask(LaunchSpec spec, Func<int, string> textOf)
    {
        var text = new StringBuilder();
        for (var i = 0; i < spec.TaskIds.Count;)
        {
            var (first, what) = (i, textOf(i));
            while (i < spec.TaskIds.Count && textOf(i) == what) i++;
            if (text.Length > 0) text.Append("; ");
            text.Append(i - first > 1 ? "tasks " : "task ").Append(CpuList.Format([.. spec.TaskIds.Skip(first).Take(i - first).Select(t => (int)t)])).Append(": ").Append(what);
        }
        return text.ToString();
    }

    private static string Policy(TaskBounds bounds) => bounds.Policy switch
    {
        TaskMemory.Bind => $"bind:{CpuList.Format(Numbers(bounds.Nodes))}", TaskMemory.Preferred => $"prefer:{CpuList.Format(Numbers(bounds.Nodes))}", 0 => "default",
        var other => other.ToString(CultureInfo.InvariantCulture),
    };

    private static List<int> Numbers(byte[] bits)
    {
        var numbers = new List<int>();
        for (var i = 0; i < bits.Length; i++)
            for (var rest = (uint)bits[i]; rest != 0; rest &= rest - 1) numbers.Add(i * 8 + BitOperations.TrailingZeroCount(rest));
        return numbers;
    }

    private static string Hex(byte[] bits)
    {
        var text = new StringBuilder();
        for (var i = bits.Length - 1; i >= 0; i--) text.Append(bits[i].ToString("X2", CultureInfo.InvariantCulture));
        return "0x" + (text.ToString().TrimStart('0') is { Length: > 0 } digits ? digits : "0");
    }
}
