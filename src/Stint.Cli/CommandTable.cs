namespace Stint.Cli;

/// <summary>Which name runs which command. Adding one: a line here, and its link in the install step.</summary>
internal static class CommandTable
{
    /// <summary>Slurm's names; null: not one of them.</summary>
    public static CommandMain? Slurm(string name) => name switch
    {
        "sbatch" => Cli.Slurm.Sbatch.SbatchCommand.RunAsync,
        "scancel" => Cli.Slurm.Scancel.ScancelCommand.RunAsync,
        "srun" => Cli.Slurm.Srun.SrunCommand.RunAsync,
        _ => null,
    };

    /// <summary>Verbs of <c>stint</c>; null: unknown.</summary>
    public static CommandMain? Verb(string name) => name switch
    {
        _ => null,
    };
}
