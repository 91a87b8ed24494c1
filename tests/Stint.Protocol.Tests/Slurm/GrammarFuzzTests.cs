using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Stint.Protocol.Slurm;

namespace Stint.Protocol.Tests.Slurm;

/// <summary>Every parser, on anything: a value or a sentence, never an exception, never long. Seeded, so that a failure comes back.</summary>
public class GrammarFuzzTests
{
    private const int Cases = 100_000;
    private static readonly string[] Seeds =
    [
        "node[001-010,20],gpu[1-2]n[0-3]", "n[1-3,5],m7", "n[0-65535]", "a[0-99]b[0-99]c[0-99]", "2-03:04:05", "UNLIMITED", "90", "1:30", "64M", "16G", "0-15:4%2", "1,3,5-7,9-99:3%4",
        "afterok:12:13,afterany:14", "after:7_3+5?singleton", "B:USR1@60", "R:SIGTERM", "7_[1-5,8].batch", "12.0", "now+1hour", "2030-01-02T03:04:05", "tomorrow 16:00", "9:15 PM",
        "010230", "#!/bin/sh\n#SBATCH -J \"two words\" # x\n#SBATCH --mem=1G\necho\n", "0-3999999", "slurm-%5A_%a.out",
    ];

    private static void ParseAll(string text)
    {
        var zone = TimeZoneInfo.Utc;
        var now = DateTimeOffset.UnixEpoch.AddYears(56);
        Answers(Hostlist.TryExpand(text, out var hosts, out string error), error);
        Assert.True(hosts.Count <= Hostlist.MaxHosts);
        Answers(SlurmDuration.TryParseLimit(text, out long limit, out error), error);
        Assert.True(limit >= 0);
        // Of an empty text Slurm says nothing more than that the option is wrong.
        Answers(SlurmDate.TryParse(text, now, zone, past: true, out _, out error) || text.Length == 0, error);
        Answers(MemorySize.TryParse(text, out _, out error), error);
        Answers(ArraySpec.TryParse(text, ArraySpec.MaxIndex, out _, out error), error);
        Answers(DependencySpec.TryParse(text, out _, out error), error);
        Answers(SignalSpec.TryParse(text, out _, out error), error);
        Answers(JobIdSpec.TryParse(text, out _, out error), error);
        Answers(OutputPattern.TryValidate(text, out error), error);
        Answers(ScriptDirectives.TrySplit(text, out _, out error), error);
        Answers(ScriptDirectives.TryParse(Encoding.UTF8.GetBytes(text), out _, out error), error);
        ArraySpec.Abbreviate(text);
    }

    private static void Answers(bool ok, string error) => Assert.True(ok == (error.Length == 0), error);

    [Fact]
    public void No_mutated_input_breaks_a_parser()
    {
        var random = new Random(20261122);
        var clock = Stopwatch.StartNew();
        int done = 0;
        while (done < Cases && clock.Elapsed < TimeSpan.FromSeconds(15))
        {
            ParseAll(Mutate(random, Seeds[random.Next(Seeds.Length)]));
            done++;
        }
        Assert.True(done >= Cases / 20, $"only {done} cases in {clock.Elapsed}");
    }

    [Fact]
    public void No_random_bytes_break_a_parser()
    {
        var random = new Random(7);
        byte[] bytes = new byte[96];
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(bytes);
            ParseAll(Encoding.Latin1.GetString(bytes, 0, random.Next(bytes.Length)));
            ScriptDirectives.TryParse(bytes, out _, out _);
        }
    }

    [Theory]
    [InlineData("[", 200_000)]
    [InlineData("n[0-65535]", 5_000)]
    [InlineData("1-2:1,", 50_000)]
    [InlineData("0-4000000:2,", 5_000)]
    [InlineData("afterok:1,", 50_000)]
    [InlineData("9", 1_000_000)]
    [InlineData("a1,", 300_000)]
    [InlineData("\\\"", 100_000)]
    public void A_huge_input_is_answered_soon(string part, int times)
    {
        string text = string.Concat(Enumerable.Repeat(part, times));
        var clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ParseAll(text);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1L << 30);
    }

    [Fact]
    public void Folding_loses_nothing()
    {
        var name = from prefix in Gen.Elements("n", "a1b", "x-", "", "node", "n0", "ü") from number in Gen.Choose(0, 120) from width in Gen.Choose(0, 4)
                   select prefix + number.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(width, '0');
        Prop.ForAll(name.ListOf().Select(l => l.ToArray()).ToArbitrary(), hosts =>
        {
            Assert.True(Hostlist.TryExpand(Hostlist.Fold(hosts), out var again, out string error), error);
            Assert.Equal(hosts, again);
            Assert.True(Hostlist.TryExpand(Hostlist.FoldSorted(hosts), out var sorted, out error), error);
            Assert.Equal(hosts.Order(StringComparer.Ordinal), sorted.Order(StringComparer.Ordinal));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000).WithReplay(1UL, 3UL));
    }

    [Fact]
    public void An_array_printed_and_read_again_is_the_same_array()
    {
        var range = from first in Gen.Choose(0, 200) from length in Gen.Choose(0, 60) from step in Gen.Choose(1, 7) select $"{first}-{first + length}:{step}";
        Prop.ForAll(range.NonEmptyListOf().Select(l => string.Join(',', l)).ToArbitrary(), text =>
        {
            Assert.True(ArraySpec.TryParse(text, ArraySpec.MaxIndex, out var spec, out string error), error);
            Assert.True(ArraySpec.TryParse(spec!.ToString(), ArraySpec.MaxIndex, out var again, out error), error);
            Assert.Equal(spec.Indices(), again!.Indices());
            Assert.Equal(spec.Indices().Distinct().Count(), (int)spec.Count);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithReplay(1UL, 3UL));
    }

    private static string Mutate(Random random, string text)
    {
        const string Alphabet = "0123456789[]-,:%_+?.@ \t\n#\\\"'abBRnusT\0ü";
        var mutated = new StringBuilder(text);
        for (int edits = random.Next(1, 6); edits > 0; edits--)
        {
            int at = random.Next(mutated.Length + 1);
            switch (random.Next(4))
            {
                case 0: mutated.Insert(at, Alphabet[random.Next(Alphabet.Length)]); break;
                case 1 when at < mutated.Length: mutated.Remove(at, Math.Min(mutated.Length - at, random.Next(1, 4))); break;
                case 2 when at < mutated.Length: mutated[at] = Alphabet[random.Next(Alphabet.Length)]; break;
                default: mutated.Append(Seeds[random.Next(Seeds.Length)].AsSpan(0, random.Next(2))); break;
            }
        }
        return mutated.ToString();
    }
}
