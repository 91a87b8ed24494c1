using System.Globalization;
using Stint.Bench;

// Stint beside a real Slurm in one run: the same commands, the same partitions, in turn. Prints the measured values and their ratio.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["-h"] or ["--help"])
{
    Console.WriteLine("""
        Usage: dotnet run --project tests/Stint.Bench -c Release [-- REPETITIONS]   beside Debian's slurm-wlm, when it is installed
               … -- scale [PART...]                  the scheduler at 10,000 nodes and 1,000,000 jobs
               … -- replay FILE.swf [POLICY [NODES]] a trace through the core
               … -- limits [LAUNCHES]                what limits add to a launch
        Build first with eng/build. Needs root.
        """);
    return 0;
}
if (args is ["replay", var trace, .. var how]) return Stint.Bench.Scale.TraceReplay.Run(trace, how);
if (args is ["scale", .. var parts]) return Stint.Bench.Scale.ScaleBench.Run(parts);
if (args is ["limits", ..]) return LimitCost.Run(args is [_, var asked] && int.TryParse(asked, out var launches) ? launches : 200);
var repetitions = args.Length > 0 && int.TryParse(args[0], out var n) && n is > 0 and < 100 ? n : 3;
var folder = AppContext.BaseDirectory;
while (!File.Exists(Path.Combine(folder, "Stint.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no Stint.slnx above the bench");

var ours = new StintSide(Path.Combine(folder, "bin"));
var whyNot = SlurmSide.WhyNot();
var theirs = whyNot is null ? new SlurmSide() : null;
if (whyNot is not null) Console.WriteLine($"not run: peer: {whyNot}");

var rows = new List<(string What, bool MoreIsBetter, List<double> Ours, List<double> Theirs, double Target)>
{
    ("array of 1,000 × true on 64 slots, jobs/s", true, [], [], 3),
    ("CPU per job of that array, ms", false, [], [], 1 / 3.0),
    ("array of 200 × true on 2 slots, jobs/s", true, [], [], 30),
    ("sbatch of a 10,000-task array, ms", false, [], [], 1),
    ("one sbatch, ms", false, [], [], 10),
};

void Measure(Side side, Func<int, List<double>> of)
{
    side.Start();
    try
    {
        for (var i = 0; i < repetitions; i++)
        {
            var wide = side.ArrayThroughput(1000, "p64");
            of(0).Add(wide.JobsPerSecond);
            of(1).Add(wide.CpuMsPerJob);
            of(2).Add(side.ArrayThroughput(200, "p2").JobsPerSecond);
            of(3).Add(side.MedianMs("sbatch -H -p p2 --array=1-10000 -o /dev/null --wrap true", 1));
            side.Shell("scancel -Q -p p2");
            of(4).Add(side.MedianMs("sbatch -p p64 -o /dev/null --wrap true", 30));
            side.Drain("p64");
            Console.WriteLine($"{side.Name}: round {i + 1} of {repetitions}: {of(0)[^1]:0} jobs/s, {of(1)[^1]:0.0} ms CPU per job, {of(2)[^1]:0.0} jobs/s on 2 slots, {of(3)[^1]:0.0} ms array, {of(4)[^1]:0.0} ms sbatch");
        }
    }
    finally { side.Stop(); }
}

Measure(ours, i => rows[i].Ours);
if (theirs is not null) Measure(theirs, i => rows[i].Theirs);

static double Median(List<double> values) { var sorted = values.Order().ToArray(); return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2]; }
Console.WriteLine();
Console.WriteLine($"{"median of " + repetitions,-44} {"stint",10} {"slurm",10} {"ratio",8}  target");
foreach (var row in rows)
{
    double a = Median(row.Ours), b = Median(row.Theirs), ratio = a / b;
    var met = double.IsNaN(ratio) ? "" : (row.MoreIsBetter ? ratio >= row.Target : ratio <= row.Target) ? "met" : "MISSED";
    Console.WriteLine($"{row.What,-44} {a,10:0.0} {b,10:0.0} {ratio,8:0.00}  {(row.MoreIsBetter ? "≥" : "≤")} {row.Target:0.##} {met}");
}
return 0;
