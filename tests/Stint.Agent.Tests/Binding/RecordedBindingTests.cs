using System.Text;

namespace Stint.Agent.Tests.Binding;

public sealed class RecordedBindingTests
{
    [Fact]
    public void Tasks_are_bound_as_a_real_slurmd_bound_them()
    {
        var differences = new StringBuilder();
        int count = 0, wrong = 0;
        foreach (var recorded in RecordedBinding.Read())
        {
            count++;
            var ours = recorded.Ours();
            var text = ours.Refusal is { } refusal ? $"error: {refusal}" : $"{(ours.Verbose ? "verbose" : "quiet")},{ours.Type}{ours.List}";
            if (text == recorded.Expected() || recorded.NamesMissingDomain && ours.Refusal?.Contains("does not exist", StringComparison.Ordinal) == true) continue;
            wrong++;
            differences.AppendLine($"{recorded.Hardware} cpus {recorded.Cpus} {recorded.Options}\n   slurmd {recorded.Bind}\n   ours   {text}");
        }
        Assert.True(count > 300, $"only {count} answers were read");
        Assert.True(wrong == 0, $"{wrong} of {count} differ\n{differences}");
    }
}
