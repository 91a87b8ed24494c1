namespace Stint.Cli.Slurm.Scancel;

internal static class ScancelHelp
{
    public const string Usage = """
        Usage: scancel [-A account] [--batch] [--full] [--interactive] [--me] [-n job_name]
                       [-p partition] [-Q] [-s signal] [-t PENDING|RUNNING|SUSPENDED]
                       [-u user] [-V] [-v] [-w hosts] [job_id[_array_id][.step_id]...]

        """;

    public const string Full = """
        Usage: scancel [OPTIONS...] [job_id[_array_id][.step_id]...]

          -A, --account=name       only jobs of this account
          -b, --batch              signal the batch script only
          -f, --full               signal the batch script and all steps
          -i, --interactive        ask for each job; end of input means no
              --me                 only my own jobs
          -n, --name=name          only jobs of this name
          -p, --partition=name     only jobs of this partition
          -Q, --quiet              no warnings
          -s, --signal=name        send this signal instead of ending the job
          -t, --state=states       only jobs in this state: PENDING, RUNNING, SUSPENDED
          -u, --user=name          only jobs of this user
          -V, --version            version
          -v, --verbose            say more
          -w, --nodelist=hosts     only jobs on these nodes
              --help               this text
              --usage              one-screen summary

        """;
}
