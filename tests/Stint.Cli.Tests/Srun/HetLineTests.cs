using Stint.Cli.Slurm.Srun;

namespace Stint.Cli.Tests.Srun;

/// <summary>What of a line with colons, or with --het-group, goes to which component.</summary>
public sealed class HetLineTests
{
    private readonly CommandRun _run = new();

    private async Task<(string Parts, int? Code, string Error)> Read(bool inside, params string[] arguments)
    {
        string said = "";
        int? over = null;
        if (inside)
            foreach (var (name, value) in (IEnumerable<(string, string)>)
                [("SLURM_JOB_ID", "7"), ("SLURM_NTASKS", "2"), ("SLURM_HET_SIZE", "3"), ("SLURM_JOB_ID_HET_GROUP_0", "7"), ("SLURM_JOB_ID_HET_GROUP_1", "8"), ("SLURM_JOB_ID_HET_GROUP_2", "9"),
                 ("SLURM_NTASKS_HET_GROUP_0", "2"), ("SLURM_NTASKS_HET_GROUP_1", "4"), ("SLURM_CPUS_PER_TASK_HET_GROUP_1", "3"), ("SLURM_NTASKS_HET_GROUP_2", "1")])
                _run.Environment[name] = value;
        var run = await _run.RunAsync(context =>
        {
            var (parts, code) = HetLine.Read(context);
            if (code is null && inside) (parts, code) = HetLine.Inside(context, parts);
            over = code;
            said = string.Join(" | ", parts.Select(part => $"{part.Group}: n={part.Line.Options.Tasks} c={part.Line.Options.CpusPerTask} {string.Join(' ', part.Line.Operands.Select(at => part.Context.Arguments[at]))}"));
            return Task.FromResult(code ?? 0);
        }, "srun", arguments);
        return (said, over, run.Error);
    }

    [Theory]
    [InlineData("0: n=2 c= a -x : | 1: n=1 c= b", "-n2", "a", "-x", "::", ":", "-n1", "b")]
    [InlineData("0: n=2 c= b y | 1: n=1 c= b y", "-n2", ":", "-n1", "b", "y")]
    public async Task Outside_a_job_each_part_is_a_component(string expected, params string[] arguments) =>
        Assert.Equal(expected.Replace("-x :", "-x ::", StringComparison.Ordinal), (await Read(inside: false, arguments)).Parts);

    [Theory]
    [InlineData("0: n=2 c= a | 1: n=4 c=3 b", "a", ":", "b")]
    [InlineData("0: n=2 c= a | 1: n=4 c=3 a", "--het-group=0,1", "a")]
    [InlineData("1: n=4 c=3 a | 2: n=1 c= a", "--het-group=1-2", "a")]
    [InlineData("2: n=1 c= a | 0: n=1 c= b", "--het-group=2", "a", ":", "--het-group=0", "-n1", "b")]
    public async Task Inside_a_job_each_component_has_its_own_variables(string expected, params string[] arguments) =>
        Assert.Equal(expected, (await Read(inside: true, arguments)).Parts);

    [Theory]
    [InlineData("srun: fatal: Invalid het group 3: the job has no such component\n", 1, "--het-group=3", "a")]
    [InlineData("srun: fatal: het group 0 is named twice\n", 1, "--het-group=0", "a", ":", "--het-group=0", "b")]
    [InlineData("srun: error: Invalid --het-group specification\n", 255, "--het-group=x", "a")]
    [InlineData("srun: fatal: No command given to execute.\n", 1, "-n1", ":", "-n1")]
    public async Task What_can_not_be_is_refused(string error, int code, params string[] arguments)
    {
        var read = await Read(inside: true, arguments);
        Assert.Equal((error, code), (read.Error, read.Code));
    }
}
