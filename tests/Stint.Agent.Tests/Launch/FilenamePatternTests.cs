using Stint.Agent.Launch;
using Stint.Protocol.Agents;

namespace Stint.Agent.Tests.Launch;

public sealed class FilenamePatternTests
{
    private static LaunchSpec Spec(uint step = StepId.Batch, bool array = false)
    {
        var spec = new LaunchSpec { Key = new StepKey { JobId = 12, StepId = step }, Node = "n1", User = "alice", JobName = "train", WorkDir = "/home/alice", NodeIndex = 2 };
        if (array) (spec.ArrayJobId, spec.ArrayTask) = (9, 13);
        return spec;
    }

    [Theory]
    [InlineData("slurm-%j.out", "/home/alice/slurm-12.out")]
    [InlineData("%x_%u.%N", "/home/alice/train_alice.n1")]
    [InlineData("/abs/%5j", "/abs/00012")]
    [InlineData("%4t-%n-%s-%J", "/home/alice/0003-2-batch-12")]
    [InlineData("100%%", "/home/alice/100%")]
    [InlineData("%q%", "/home/alice/%q%")]
    [InlineData("%99j", "/home/alice/0000000012")]
    [InlineData("a\\%j", "/home/alice/a%j")]
    [InlineData("%99999999999999j", "/home/alice/0000000012")]
    [InlineData("", "/home/alice/")]
    public void Patterns_expand_as_in_Slurm(string pattern, string path) => Assert.Equal(path, FilenamePattern.Expand(pattern, Spec(), 3));

    [Fact]
    public void Array_tasks_and_steps_have_numbers_of_their_own()
    {
        Assert.Equal("/home/alice/9_13_3", FilenamePattern.Expand("%A_%a_%b", Spec(array: true), 0));
        Assert.Equal("/home/alice/12_4294967294", FilenamePattern.Expand("%A_%a", Spec(), 0));
        Assert.Equal("/home/alice/12.4.4", FilenamePattern.Expand("%J.%s", Spec(step: 4), 0));
    }
}
