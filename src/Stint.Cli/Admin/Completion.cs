using System.Text;
using Stint.Cli.Options;
using Stint.Cli.Slurm.Sacct;
using Stint.Cli.Slurm.Scancel;
using Stint.Cli.Slurm.Scontrol;
using Stint.Cli.Slurm.Sinfo;
using Stint.Cli.Slurm.Squeue;

namespace Stint.Cli.Admin;

/// <summary>Completion scripts made from the option tables, so that they cannot name an option that is not there. The files under <c>completions/</c> are this text.</summary>
internal static class Completion
{
    private const string Note = "# Made by `stint completion`; do not edit.\n";

    public static readonly (string Name, IReadOnlyList<OptionSpec> Options)[] Commands =
    [
        ("sbatch", LaunchOptionTable.For(LaunchCommand.Sbatch)), ("srun", LaunchOptionTable.For(LaunchCommand.Srun)), ("salloc", LaunchOptionTable.For(LaunchCommand.Salloc)), ("squeue", SqueueOptions.Table),
        ("sinfo", SinfoOptions.Table), ("scancel", ScancelOptions.Table), ("scontrol", ScontrolOptions.Table), ("sacct", SacctOptions.Table), ("check-limits", LimitsVerb.Verb.Specs),
    ];

    public static string? Script(string shell) => shell switch { "bash" => Bash(), "zsh" => Zsh(), "fish" => Fish(), _ => null };

    private static string Words(IEnumerable<OptionSpec> options) => string.Join(' ', options.Select(Long).Distinct().Order(StringComparer.Ordinal));
    private static string Long(OptionSpec option) => "--" + option.Name + (option.Argument == OptionArgument.Required ? "=" : "");
    private static string VerbNames => string.Join(' ', Verbs.All.Select(verb => verb.Name).Concat(Commands.Select(command => command.Name)));

    private static string Bash()
    {
        var text = new StringBuilder(Note);
        text.Append("""
            _stint_words() {
                COMPREPLY=($(compgen -W "$1" -- "$2"))
                [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
            }
            _stint_values() {
                case $1 in
                    -p|--partition|--partitions) _stint_words "$(sinfo -h -o %R 2>/dev/null | sort -u)" "$2" ;;
                    -w|--nodelist|-x|--exclude|--nodes) _stint_words "$(sinfo -h -N -o %N 2>/dev/null | sort -u)" "$2" ;;
                    -j|--jobs|--jobid) _stint_words "$(squeue -h -o %i 2>/dev/null)" "$2" ;;
                    -o|--output|-e|--error|-i|--input|-D|--chdir) COMPREPLY=($(compgen -f -- "$2")) ;;
                    *) return 1 ;;
                esac
            }
            _stint_command() {
                local command=$1 cur=$2 prev=$3
                if [[ $prev == "=" ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; elif [[ $cur == "=" ]]; then cur=; fi
                _stint_values "$prev" "$cur" && return
                case $command in

            """);
        foreach (var (name, options) in Commands)
        {
            string otherwise = name switch
            {
                "sbatch" or "srun" or "salloc" => "COMPREPLY=($(compgen -f -- \"$cur\"))",
                "scancel" => "_stint_words \"$(squeue -h --me -o %i 2>/dev/null)\" \"$cur\"",
                "scontrol" => $"_stint_words \"{string.Join(' ', ScontrolOptions.Keywords.Select(keyword => keyword.Keyword))} config hostlist hostlistsorted hostnames job node partition step\" \"$cur\"",
                _ => "COMPREPLY=()",
            };
            text.Append($"        {name}) if [[ $cur == -* ]]; then _stint_words \"{Words(options)}\" \"$cur\"; else {otherwise}; fi ;;\n");
        }
        text.Append("    esac\n}\n_stint() {\n    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}\n    if [[ ${COMP_WORDS[0]##*/} != stint ]]; then _stint_command \"${COMP_WORDS[0]##*/}\" \"$cur\" \"$prev\"; return; fi\n");
        text.Append($"    if ((COMP_CWORD == 1)); then _stint_words \"{VerbNames}\" \"$cur\"; return; fi\n    case $verb in\n");
        foreach (var verb in Verbs.All)
        {
            string otherwise = verb.Name switch
            {
                "explain" or "logs" => "_stint_words \"$(squeue -h -o %i 2>/dev/null)\" \"$cur\"",
                "nodes" => "_stint_words \"$(sinfo -h -N -o %N 2>/dev/null | sort -u)\" \"$cur\"",
                "help" => $"_stint_words \"{VerbNames}\" \"$cur\"",
                "completion" => "_stint_words \"bash zsh fish\" \"$cur\"",
                "limits" => "case $prev in limits) _stint_words \"apply\" \"$cur\" ;; *) COMPREPLY=($(compgen -f -- \"$cur\")) ;; esac",
                "simulate" => "case $prev in --policy) _stint_words \"fcfs easy conservative default all\" \"$cur\" ;; --estimates) _stint_words \"requested exact\" \"$cur\" ;; *) COMPREPLY=($(compgen -f -- \"$cur\")) ;; esac",
                _ => "COMPREPLY=()",
            };
            text.Append($"        {verb.Name}) if [[ $cur == -* ]]; then _stint_words \"{Words(verb.Specs)}\" \"$cur\"; else {otherwise}; fi ;;\n");
        }
        text.Append("        *) _stint_command \"$verb\" \"$cur\" \"$prev\" ;;\n    esac\n}\n");
        return text.Append($"complete -F _stint stint {string.Join(' ', Commands.Select(command => command.Name))}\n").ToString();
    }

    private static string Zsh()
    {
        var text = new StringBuilder($"#compdef stint {string.Join(' ', Commands.Select(command => command.Name))}\n{Note}");
        text.Append("_stint_options() {\n    case $1 in\n");
        foreach (var (name, options) in Commands) text.Append($"        {name}) _arguments -s {ZshOptions(options.Select(option => (option, "")))} '*:: :_default' ;;\n");
        foreach (var verb in Verbs.All)
        {
            string operands = verb.Name switch
            {
                "explain" or "logs" => "'*:job:($(squeue -h -o %i 2>/dev/null))'", "nodes" => "'*:node:($(sinfo -h -N -o %N 2>/dev/null))'",
                "completion" => "'*:shell:(bash zsh fish)'", "help" => $"'*:verb:({VerbNames})'", "simulate" => "'*:trace:_files'", "limits" => "'1:word:(apply)' '2:file:_files'", _ => "",
            };
            text.Append($"        {verb.Name}) _arguments -s {ZshOptions(verb.Options.Select(option => (option.Spec, option.Summary)))} {operands}".TrimEnd()).Append(" ;;\n");
        }
        text.Append("    esac\n}\n_stint() {\n    if [[ $service != stint ]]; then _stint_options $service; return; fi\n    if ((CURRENT == 2)); then\n        local -a verbs=(");
        foreach (var verb in Verbs.All) text.Append($"'{verb.Name}:{ZshText(verb.Summary)}' ");
        foreach (var (name, _) in Commands) text.Append($"{name} ");
        return text.Append(")\n        _describe verb verbs\n    else\n        local verb=$words[2]\n        shift words; ((CURRENT--))\n        _stint_options $verb\n    fi\n}\n_stint \"$@\"\n").ToString();
    }

    private static string ZshOptions(IEnumerable<(OptionSpec Option, string Summary)> options) => string.Join(' ', options.DistinctBy(pair => pair.Option.Name).Select(pair =>
    {
        var (option, summary) = pair;
        string what = summary.Length > 0 ? $"[{ZshText(summary)}]" : "";
        return option.Argument == OptionArgument.Required ? $"'--{option.Name}={what}:{option.Name}:_default'" : $"'--{option.Name}{what}'";
    }));

    private static string ZshText(string text) => text.Replace("'", "'\\''").Replace(":", "\\:").Replace("[", "\\[").Replace("]", "\\]").Replace("`", "");

    private static string Fish()
    {
        var text = new StringBuilder(Note);
        foreach (var (name, options) in Commands)
            foreach (var option in options.DistinctBy(option => option.Name)) text.Append($"complete -c {name}{FishOption(option, "")}\n");
        text.Append("complete -c stint -f\n");
        foreach (var verb in Verbs.All) text.Append($"complete -c stint -n __fish_use_subcommand -a {verb.Name} -d '{FishText(verb.Summary)}'\n");
        foreach (var (name, _) in Commands) text.Append($"complete -c stint -n __fish_use_subcommand -a {name}\n");
        foreach (var verb in Verbs.All)
            foreach (var option in verb.Options) text.Append($"complete -c stint -n '__fish_seen_subcommand_from {verb.Name}'{FishOption(option.Spec, option.Summary)}\n");
        text.Append("complete -c stint -n '__fish_seen_subcommand_from explain logs' -a '(squeue -h -o %i 2>/dev/null)'\ncomplete -c stint -n '__fish_seen_subcommand_from nodes' -a '(sinfo -h -N -o %N 2>/dev/null)'\ncomplete -c stint -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\ncomplete -c stint -n '__fish_seen_subcommand_from simulate' -F\ncomplete -c stint -n '__fish_seen_subcommand_from limits' -a apply -F\n");
        return text.ToString();
    }

    private static string FishOption(OptionSpec option, string summary) => (option.Short == '\0' ? "" : $" -s {option.Short}") + $" -l {option.Name}"
        + (option.Argument == OptionArgument.Required ? " -r" : "") + (summary.Length > 0 ? $" -d '{FishText(summary)}'" : "");

    private static string FishText(string text) => text.Replace("\\", "\\\\").Replace("'", "\\'").Replace("`", "");
}
