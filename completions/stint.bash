# Made by `stint completion`; do not edit.
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
        sbatch) if [[ $cur == -* ]]; then _stint_words "--account= --acctg-freq= --array= --autocomplete= --batch= --bb= --bbf= --begin= --chdir= --cluster-constraint= --cluster= --clusters= --comment= --consolidate-segments --constraint= --container-id= --container= --context= --contiguous --core-spec= --cores-per-socket= --cpu-freq= --cpus-per-gpu= --cpus-per-task= --deadline= --delay-boot= --dependency= --distribution= --error= --exclude= --exclusive --export-file= --export= --external --extra-node-info= --extra= --get-user-env --gid= --gpu-bind= --gpu-freq= --gpus-per-node= --gpus-per-socket= --gpus-per-task= --gpus= --gres-flags= --gres= --help --hint= --hold --ignore-pbs --input= --job-name= --kill-on-invalid-dep= --licenses= --mail-type= --mail-user= --mcs-label= --mem-bind= --mem-per-cpu= --mem-per-gpu= --mem-update= --mem= --mincpus= --network= --nice --no-kill --no-requeue --nodefile= --nodelist= --nodes= --ntasks-per-core= --ntasks-per-gpu= --ntasks-per-node= --ntasks-per-socket= --ntasks-per-tres= --ntasks= --oom-kill-step --open-mode= --output= --overcommit --oversubscribe --parsable --partition= --prefer= --priority= --profile= --propagate --qos= --quiet --reboot --requeue --reservation= --resources= --resv-ports --runtime= --segment= --signal= --sockets-per-node= --spread-job --spread-segments --stepmgr --switches= --tasks-per-node= --test-only --thread-spec= --threads-per-core= --time-min= --time= --tmp= --tres-bind= --tres-per-task= --uid= --usage --use-min-nodes --verbose --version --wait --wait-all-nodes= --wckey= --wrap=" "$cur"; else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
        srun) if [[ $cur == -* ]]; then _stint_words "--accel-bind= --account= --acctg-freq= --async --autocomplete= --bb= --bbf= --bcast --bcast-exclude= --begin= --chdir= --cluster-constraint= --cluster= --clusters= --comment= --compress --consolidate-segments --constraint= --container-id= --container= --context= --contiguous --core-spec= --cores-per-socket= --cpu-bind= --cpu-freq= --cpu_bind= --cpus-per-gpu= --cpus-per-task= --deadline= --debugger-test --delay-boot= --dependency= --disable-status --distribution= --epilog= --error= --exact --exclude= --exclusive --export= --external-launcher --extra-node-info= --extra= --gpu-bind= --gpu-freq= --gpus-per-node= --gpus-per-socket= --gpus-per-task= --gpus= --gres-flags= --gres= --help --het-group= --hint= --hold --ignore-signals= --immediate --input= --interactive --job-name= --jobid= --kill-on-bad-exit --label --licenses= --mail-type= --mail-user= --mcs-label= --mem-bind= --mem-per-cpu= --mem-per-gpu= --mem-update= --mem= --mincpus= --mpi= --msg-timeout= --multi-prog --network= --nice --no-allocate --no-kill --nodefile= --nodelist= --nodes= --ntasks-per-core= --ntasks-per-gpu= --ntasks-per-node= --ntasks-per-socket= --ntasks-per-tres= --ntasks= --oom-kill-step --open-mode= --output= --overcommit --overlap --oversubscribe --pack-group= --parsable --partition= --prefer= --preserve-env --priority= --profile= --prolog= --propagate --pty --qos= --quiet --quit-on-interrupt --reboot --relative= --reservation= --resources= --resv-ports --runtime= --segment= --send-libs --signal= --slurmd-debug= --sockets-per-node= --spread-job --spread-segments --stepmgr --switches= --task-epilog= --task-prolog= --tasks-per-node= --test-only --thread-spec= --threads-per-core= --threads= --time-min= --time= --tmp= --treewidth= --tres-bind= --tres-per-task= --unbuffered --usage --use-min-nodes --verbose --version --wait-for-children --wait= --wckey= --whole --x11" "$cur"; else COMPREPLY=($(compgen -f -- "$cur")); fi ;;
        squeue) if [[ $cur == -* ]]; then _stint_words "--Format= --account= --accounts= --all --array --array-unique --cluster= --clusters= --expand-patterns --federation --format= --help --helpFormat --hide --iterate= --jobs --json --licenses= --local --long --me --name= --noconvert --nodelist= --nodes= --noheader --notme --only-job-state --partition= --partitions= --priority --qos= --reservation= --sibling --sort= --start --states= --steps --usage --user= --users= --verbose --version --yaml" "$cur"; else COMPREPLY=(); fi ;;
        sinfo) if [[ $cur == -* ]]; then _stint_words "--Format= --Node --all --cluster= --clusters= --dead --exact --federation --format= --future --help --helpFormat --hide --iterate= --json --list-reasons --local --long --noconvert --nodes= --noheader --partition= --reservation --responding --sort= --states= --summarize --usage --verbose --version --yaml" "$cur"; else COMPREPLY=(); fi ;;
        scancel) if [[ $cur == -* ]]; then _stint_words "--account= --batch --clusters= --ctld --full --help --hurry --interactive --jobname= --me --name= --nodelist= --partition= --qos= --quiet --reservation= --sibling= --signal= --state= --usage --user= --verbose --version --wckey=" "$cur"; else _stint_words "$(squeue -h --me -o %i 2>/dev/null)" "$cur"; fi ;;
        scontrol) if [[ $cur == -* ]]; then _stint_words "--all --cluster= --clusters= --details --federation --future --help --hide --json --local --oneliner --quiet --sibling --uid= --usage --verbose --version --yaml" "$cur"; else _stint_words "completing create delete exit help hold ping quit reconfigure release requeue requeuehold resume show suspend top uhold update version write config hostlist hostlistsorted hostnames job node partition step" "$cur"; fi ;;
        sacct) if [[ $cur == -* ]]; then _stint_words "--accounts= --allclusters --allocations --allusers --array --associations= --batch-script --brief --cluster= --clusters= --completion --constraints= --delimiter= --duplicates --endtime= --env-vars --expand-patterns --federation --flags= --format= --gid= --group= --help --helpformat --jobs= --json --local --long --name= --ncpus= --nnodes= --noconvert --nodelist= --noheader --parsable --parsable2 --partition= --qos= --reason= --starttime= --state= --timelimit-max= --timelimit-min= --truncate --uid= --units= --usage --use-local-uid --user= --verbose --version --wckeys= --whole-hetjob --yaml" "$cur"; else COMPREPLY=(); fi ;;
        check-limits) if [[ $cur == -* ]]; then _stint_words "--dry-run --help --json --user=" "$cur"; else COMPREPLY=(); fi ;;
    esac
}
_stint() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}
    if [[ ${COMP_WORDS[0]##*/} != stint ]]; then _stint_command "${COMP_WORDS[0]##*/}" "$cur" "$prev"; return; fi
    if ((COMP_CWORD == 1)); then _stint_words "up down status explain jobs nodes limits logs token join offer simulate completion help sbatch srun squeue sinfo scancel scontrol sacct check-limits" "$cur"; return; fi
    case $verb in
        up) if [[ $cur == -* ]]; then _stint_words "--cgroup-root= --declare= --help --home= --listen= --nodes= --wait=" "$cur"; else COMPREPLY=(); fi ;;
        down) if [[ $cur == -* ]]; then _stint_words "--cgroup-root= --help --home=" "$cur"; else COMPREPLY=(); fi ;;
        status) if [[ $cur == -* ]]; then _stint_words "--help --json" "$cur"; else COMPREPLY=(); fi ;;
        explain) if [[ $cur == -* ]]; then _stint_words "--help --json" "$cur"; else _stint_words "$(squeue -h -o %i 2>/dev/null)" "$cur"; fi ;;
        jobs) if [[ $cur == -* ]]; then _stint_words "--all --help --json --me" "$cur"; else COMPREPLY=(); fi ;;
        nodes) if [[ $cur == -* ]]; then _stint_words "--help --json --long" "$cur"; else _stint_words "$(sinfo -h -N -o %N 2>/dev/null | sort -u)" "$cur"; fi ;;
        limits) if [[ $cur == -* ]]; then _stint_words "--dry-run --help --json --user=" "$cur"; else case $prev in limits) _stint_words "apply" "$cur" ;; *) COMPREPLY=($(compgen -f -- "$cur")) ;; esac; fi ;;
        logs) if [[ $cur == -* ]]; then _stint_words "--error --follow --help" "$cur"; else _stint_words "$(squeue -h -o %i 2>/dev/null)" "$cur"; fi ;;
        token) if [[ $cur == -* ]]; then _stint_words "--for= --help --json --node=" "$cur"; else COMPREPLY=(); fi ;;
        join) if [[ $cur == -* ]]; then _stint_words "--ca-fingerprint= --help --home= --node= --print" "$cur"; else COMPREPLY=(); fi ;;
        systemd) if [[ $cur == -* ]]; then _stint_words "--ca-fingerprint= --dry-run --help --home= --node= --server= --token= --units= --with-server" "$cur"; else COMPREPLY=(); fi ;;
        offer) if [[ $cur == -* ]]; then _stint_words "--account= --array= --begin= --constraint= --contiguous --cores-per-socket= --cpus-per-gpu= --cpus-per-task= --deadline= --dependency= --exclude= --exclusive --gpus-per-node= --gpus-per-task= --gpus= --gres= --help --json --licenses= --mem-per-cpu= --mem-per-gpu= --mem= --mincpus= --nodelist= --nodes= --ntasks-per-node= --ntasks= --oversubscribe --partition= --qos= --reservation= --sockets-per-node= --switches= --threads-per-core= --time-min= --time= --tmp=" "$cur"; else COMPREPLY=(); fi ;;
        simulate) if [[ $cur == -* ]]; then _stint_words "--arrivals= --cluster= --estimates= --fill --gpus= --help --jobs= --json --keep-nodes --plot= --policy= --predict --processors= --quiet --seed=" "$cur"; else case $prev in --policy) _stint_words "fcfs easy conservative default all" "$cur" ;; --estimates) _stint_words "requested exact" "$cur" ;; *) COMPREPLY=($(compgen -f -- "$cur")) ;; esac; fi ;;
        completion) if [[ $cur == -* ]]; then _stint_words "--help" "$cur"; else _stint_words "bash zsh fish" "$cur"; fi ;;
        help) if [[ $cur == -* ]]; then _stint_words "--help" "$cur"; else _stint_words "up down status explain jobs nodes limits logs token join offer simulate completion help sbatch srun squeue sinfo scancel scontrol sacct check-limits" "$cur"; fi ;;
        *) _stint_command "$verb" "$cur" "$prev" ;;
    esac
}
complete -F _stint stint sbatch srun squeue sinfo scancel scontrol sacct check-limits
