using FsCheck;
using FsCheck.Fluent;
using Stint.Cli.Slurm.Format;
using Stint.Cli.Slurm.Sinfo;
using Stint.Cli.Slurm.Squeue;

namespace Stint.Cli.Tests.Squeue;

/// <summary>Whatever somebody writes into a format, a line comes out.</summary>
public class FormatProperties
{
    private static readonly JobRow[] Rows = [.. SampleCluster.Jobs.Select(job => new JobRow(job, new Clock(SampleCluster.NowMs, TimeZoneInfo.Utc), "scout"))];
    private static readonly NodeGroup Group = new(SampleCluster.Partitions[0], 0, SampleCluster.Nodes, TimeZoneInfo.Utc);

    private static Gen<string> Hostile => Gen.OneOf(
        ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""),
        Gen.Elements('%', '.', ':', ',', 'i', 'j', 'R', '9', '0', '-', ' ', '|', 'a', 'l', 'Z', '\n', '\u202e').ListOf().Select(chars => string.Concat(chars)));


    [Fact]
    public void Any_format_of_letters_prints_one_line_for_each_row() => Prop.ForAll(Hostile.ToArbitrary(), text =>
    {
        var output = new StringWriter();
        var format = PercentFormat.Parse(text, JobFields.Table, _ => { });
        format.WriteHeading(output);
        format.Write(output, Rows);
        PercentFormat.Parse(text, NodeFields.Table, _ => { }).Write(output, Group);
        return output.ToString().EndsWith('\n');
    }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Any_format_of_names_prints_one_line_for_each_row() => Prop.ForAll(Hostile.ToArbitrary(), text =>
    {
        var output = new StringWriter();
        NameFormat.Parse(text, JobFields.Table, _ => { }).Write(output, Rows);
        NameFormat.Parse(text, NodeFields.Table, _ => { }).Write(output, Group);
        return output.ToString().EndsWith('\n');
    }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Any_sort_specification_keeps_every_row() => Prop.ForAll(Hostile.ToArbitrary(), text =>
    {
        List<JobRow> rows = [.. Rows];
        SortOrder.TrySort(rows, text, JobFields.Table, out _);
        return rows.Count == Rows.Length && rows.ToHashSet().Count == Rows.Length;
    }).Check(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500));
}
