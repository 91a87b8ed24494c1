namespace Stint.Server.Simulate.Traces;

/// <summary>Where the fields of an export are; -1 for those it lacks.</summary>
internal sealed class SacctColumns(Table table)
{
    public Table Table { get; } = table;
    public int JobId { get; } = table.Required("JobID", "JobIDRaw");
    public int Submit { get; } = table.Required("Submit");
    public int Start { get; } = table.Column("Elapsed") >= 0 ? table.Column("Start") : table.Required("Start");
    public int End { get; } = table.Column("End");
    public int Elapsed { get; } = table.Column("Elapsed");
    public int User { get; } = table.Column("User", "Account");
    public int Partition { get; } = table.Column("Partition");
    public int Limit { get; } = table.Column("TimelimitRaw", "Timelimit");

    /// <summary>TimelimitRaw is a number of minutes.</summary>
    public bool LimitInMinutes { get; } = table.Column("TimelimitRaw") >= 0;

    public int[] Tres { get; } = Present(table, "AllocTRES", "ReqTRES");
    public int[] Cpus { get; } = Present(table, "AllocCPUS", "NCPUS", "ReqCPUS");

    private static int[] Present(Table table, params string[] names) => [.. names.Select(name => table.Column(name)).Where(at => at >= 0)];
}
