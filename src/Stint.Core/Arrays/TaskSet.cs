using System.Numerics;
using Stint.Core.Journal;

namespace Stint.Core.Arrays;

/// <summary>Task numbers of one array as a bitmap: taking the lowest one is cheap, however many there are.</summary>
internal sealed class TaskSet
{
    private readonly ulong[] words;
    private int lowestWord;              // no bit is set in any word before it
    private IReadOnlyList<ArrayRange>? ranges;

    public TaskSet(IReadOnlyList<ArrayRange> from)
    {
        var max = 0u;
        foreach (var range in from) max = Math.Max(max, range.Last);
        words = new ulong[from.Count == 0 ? 0 : max / 64 + 1];
        foreach (var range in from)
            for (ulong task = range.First; task <= range.Last; task += Math.Max(1, range.Step)) words[task >> 6] |= 1UL << (int)(task & 63);
        foreach (var word in words) Count += BitOperations.PopCount(word);
    }

    public int Count { get; private set; }

    public bool Contains(uint task) => task >> 6 < (uint)words.Length && (words[task >> 6] >> (int)(task & 63) & 1) != 0;

    public bool Remove(uint task)
    {
        if (!Contains(task)) return false;
        words[task >> 6] &= ~(1UL << (int)(task & 63));
        Count--;
        ranges = null;
        while (lowestWord < words.Length && words[lowestWord] == 0) lowestWord++;
        return true;
    }

    /// <summary>Ascending.</summary>
    public IEnumerable<uint> Tasks()
    {
        for (var i = lowestWord; i < words.Length; i++)
            for (var rest = words[i]; rest != 0; rest &= rest - 1) yield return (uint)(i * 64 + BitOperations.TrailingZeroCount(rest));
    }

    /// <summary>The canonical ranges: runs of step 1 from two tasks on, of a larger step from three on.</summary>
    public IReadOnlyList<ArrayRange> ToRanges() => ranges ??= Fold([.. Tasks()]);

    public static List<ArrayRange> Fold(uint[] tasks)
    {
        var folded = new List<ArrayRange>();
        for (var i = 0; i < tasks.Length;)
        {
            var step = i + 1 < tasks.Length ? tasks[i + 1] - tasks[i] : 1;
            var last = i;
            while (last + 1 < tasks.Length && tasks[last + 1] - tasks[last] == step) last++;
            if (step > 1 && last - i < 2) (last, step) = (i, 1);
            folded.Add(new ArrayRange { First = tasks[i], Last = tasks[last], Step = step });
            i = last + 1;
        }
        return folded;
    }
}
