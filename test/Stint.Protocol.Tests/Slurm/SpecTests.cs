using Stint.Protocol.Slurm;

namespace Stint.Protocol.Tests.Slurm;

public class SpecTests
{
    [Theory]
    [InlineData("64", "64M")]
    [InlineData("64M", "64M")]
    [InlineData("64MB", "64M")]
    [InlineData("64mb", "64M")]
    [InlineData("1024", "1G")]
    [InlineData("1500M", "1500M")]
    [InlineData("16G", "16G")]
    [InlineData("1T", "1T")]
    [InlineData("1K", "1M")]
    [InlineData("1025K", "2M")]
    [InlineData("0", "0")]
    public void Memory_is_whole_mebibytes(string text, string expected)
    {
        Assert.True(MemorySize.TryParse(text, out ulong bytes, out string error), error);
        Assert.Equal(expected, MemorySize.Format(bytes));
    }

    [Theory]
    [InlineData("1.5G")]
    [InlineData("-1")]
    [InlineData("abc")]
    [InlineData("1P")]
    [InlineData("99999999999999999999")]
    [InlineData("17179869184T")]
    [InlineData("g")]
    [InlineData("")]
    [InlineData("1 G")]
    [InlineData("1GBB")]
    public void Memory_that_is_none_or_too_much_is_refused(string text) => Assert.False(MemorySize.TryParse(text, out _, out _));

    [Theory]
    [InlineData("0-15:4%2", "0-12:4%2", 4u, 2u)]
    [InlineData("1,3,5-7", "1,3,5-7", 5u, 0u)]
    [InlineData("1,1,1", "1", 1u, 0u)]
    [InlineData("5,1-3", "1-3,5", 4u, 0u)]
    [InlineData("0-9,5-12", "0-12", 13u, 0u)]
    [InlineData("1-2,3-4", "1-4", 4u, 0u)]
    [InlineData("[3-9]%3", "3-9%3", 7u, 3u)]
    [InlineData("0-3999999", "0-3999999", 4000000u, 0u)]
    public void An_array_is_a_set_of_ranges(string text, string printed, uint count, uint throttle)
    {
        Assert.True(ArraySpec.TryParse(text, ArraySpec.MaxIndex, out var spec, out string error), error);
        Assert.Equal(printed, spec!.ToString());
        Assert.Equal(count, spec.Count);
        Assert.Equal(throttle, spec.Throttle);
    }

    [Theory]
    [InlineData("5-1")]
    [InlineData("a")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("%2")]
    [InlineData("1-5:0")]
    [InlineData("")]
    [InlineData("0-99999999")]
    [InlineData("0-4000001")]
    [InlineData("1:2")]
    [InlineData("1%x")]
    [InlineData("99999999999999999999")]
    public void An_array_that_is_none_is_refused(string text)
    {
        Assert.False(ArraySpec.TryParse(text, ArraySpec.MaxIndex, out _, out string error));
        Assert.StartsWith("Invalid job array specification", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_index_over_the_cluster_s_limit_is_refused_with_both_numbers()
    {
        Assert.False(ArraySpec.TryParse("0-1001", 1000, out _, out string error));
        Assert.Contains("1001", error, StringComparison.Ordinal);
        Assert.Contains("1000", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_list_of_tasks_is_abbreviated_and_keeps_its_throttle()
    {
        string tasks = string.Join(',', Enumerable.Range(0, 60).Select(i => i * 3));
        string shown = ArraySpec.Abbreviate(tasks + "%7");
        Assert.EndsWith(",...%7", shown, StringComparison.Ordinal);
        Assert.True(shown.Length <= ArraySpec.PrintedLength + "...%7".Length);
        Assert.Equal("3-9%3", ArraySpec.Abbreviate("3-9%3"));
    }

    [Theory]
    [InlineData("afterok:1", "afterok:1")]
    [InlineData("afterok:1:2,afterany:3", "afterok:1,afterok:2,afterany:3")]
    [InlineData("after:1+5", "after:1+5")]
    [InlineData("afternotok:9?afterany:10", "afternotok:9?afterany:10")]
    [InlineData("singleton", "singleton")]
    [InlineData("aftercorr:7_3", "aftercorr:7_3")]
    [InlineData("after:7_*", "after:7")]
    public void A_dependency_lists_one_condition_per_job(string text, string printed)
    {
        Assert.True(DependencySpec.TryParse(text, out var spec, out string error), error);
        Assert.Equal(printed, spec!.ToString());
        Assert.Equal(text.Contains('?'), spec.AnySuffices);
    }

    [Theory]
    [InlineData("afterok:x")]
    [InlineData("foo:1")]
    [InlineData("afterok:")]
    [InlineData("afterok")]
    [InlineData("singleton:1")]
    [InlineData("afterok:1+5")]
    [InlineData("afterok:1,afterany:2?singleton")]
    [InlineData("afterok:0")]
    [InlineData("")]
    public void A_dependency_that_is_none_is_refused(string text)
    {
        Assert.False(DependencySpec.TryParse(text, out _, out string error));
        Assert.StartsWith("Job dependency problem", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("USR1@60", 10, 60u, false, false)]
    [InlineData("B:USR1@60", 10, 60u, true, false)]
    [InlineData("R:USR1", 10, 60u, false, true)]
    [InlineData("BR:10", 10, 60u, true, true)]
    [InlineData("SIGTERM@5", 15, 5u, false, false)]
    [InlineData("term", 15, 60u, false, false)]
    public void A_warning_signal_has_a_name_or_number_and_a_time(string text, int number, uint seconds, bool batch, bool reservation)
    {
        Assert.True(SignalSpec.TryParse(text, out var spec, out string error), error);
        Assert.Equal(new SignalSpec(number, seconds, batch, reservation), spec);
    }

    [Theory]
    [InlineData("USR9")]
    [InlineData("B:")]
    [InlineData("USR1@99999")]
    [InlineData("USR1@")]
    [InlineData("99")]
    [InlineData("0")]
    [InlineData("")]
    public void A_warning_signal_that_is_none_is_refused(string text) => Assert.False(SignalSpec.TryParse(text, out _, out _));

    [Theory]
    [InlineData("12", "12")]
    [InlineData("7_3", "7_3")]
    [InlineData("7_[1-5,8]", "7_[1-5,8]")]
    [InlineData("7_[3]", "7_3")]
    [InlineData("7_*", "7")]
    [InlineData("12.0", "12.0")]
    [InlineData("12.batch", "12.batch")]
    [InlineData("7_3.batch", "7_3.batch")]
    public void A_job_id_names_a_job_tasks_or_a_step(string text, string printed)
    {
        Assert.True(JobIdSpec.TryParse(text, out var spec, out string error), error);
        Assert.Equal(printed, spec!.ToString());
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("12+1")]
    [InlineData("7_")]
    [InlineData("7_[]")]
    [InlineData("12.foo")]
    [InlineData("99999999999")]
    [InlineData("7_1-3")]
    [InlineData("")]
    public void A_job_id_that_is_none_is_refused(string text) => Assert.False(JobIdSpec.TryParse(text, out _, out _));
}
