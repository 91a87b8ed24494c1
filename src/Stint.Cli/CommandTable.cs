namespace Stint.Cli;

/// <summary>Which name runs which command. Adding one: a line here, and its link in the install step.</summary>
internal static class CommandTable
{
    /// <summary>Slurm's names; null: not one of them.</summary>
    public static CommandMain? Slurm(string name) => name switch
    {
        "sbatch" => Cli.Slurm.Sbatch.SbatchCommand.RunAsync,
        "scancel" => Cli.Slurm.Scancel.ScancelCommand.RunAsync,
        "salloc" => Cli.Slurm.Salloc.SallocCommand.RunAsync,
        "srun" => Cli.Slurm.Srun.SrunCommand.RunAsync,
        "squeue" => Cli.Slurm.Squeue.SqueueCommand.RunAsync,
        "sinfo" => Cli.Slurm.Sinfo.SinfoCommand.RunAsync,
        "scontrol" => Cli.Slurm.Scontrol.ScontrolCommand.RunAsync,
        "sacct" => Cli.Slurm.Sacct.SacctCommand.RunAsync,
        "sstat" => Cli.Slurm.Sstat.SstatCommand.RunAsync,
        "check-limits" => Admin.LimitsVerb.CheckLimitsAsync,
        _ => null,
    };

    /// <summary>Verbs of <c>stint</c>; null: unknown.</summary>
    public static CommandMain? Verb(string name) => Admin.Verbs.Find(name) is { } verb ? verb.RunAsync : null;

    /// <summary>No command and no verb: help, or a guess.</summary>
    public static CommandMain NoSuchVerb => Admin.HelpVerb.NoSuchVerbAsync;
}
