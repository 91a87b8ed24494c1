# Made by `stint completion`; do not edit.
complete -c sbatch -s A -l account -r
complete -c sbatch -l acctg-freq -r
complete -c sbatch -s a -l array -r
complete -c sbatch -l autocomplete -r
complete -c sbatch -l batch -r
complete -c sbatch -l bb -r
complete -c sbatch -l bbf -r
complete -c sbatch -s b -l begin -r
complete -c sbatch -s D -l chdir -r
complete -c sbatch -l cluster -r
complete -c sbatch -l cluster-constraint -r
complete -c sbatch -s M -l clusters -r
complete -c sbatch -l comment -r
complete -c sbatch -l consolidate-segments
complete -c sbatch -s C -l constraint -r
complete -c sbatch -l container -r
complete -c sbatch -l container-id -r
complete -c sbatch -l context -r
complete -c sbatch -l contiguous
complete -c sbatch -s S -l core-spec -r
complete -c sbatch -l cores-per-socket -r
complete -c sbatch -l cpu-freq -r
complete -c sbatch -l cpus-per-gpu -r
complete -c sbatch -s c -l cpus-per-task -r
complete -c sbatch -l deadline -r
complete -c sbatch -l delay-boot -r
complete -c sbatch -s d -l dependency -r
complete -c sbatch -s m -l distribution -r
complete -c sbatch -s e -l error -r
complete -c sbatch -s x -l exclude -r
complete -c sbatch -l exclusive
complete -c sbatch -l export -r
complete -c sbatch -l export-file -r
complete -c sbatch -l external
complete -c sbatch -l extra -r
complete -c sbatch -s B -l extra-node-info -r
complete -c sbatch -l get-user-env
complete -c sbatch -l gid -r
complete -c sbatch -l gpu-bind -r
complete -c sbatch -l gpu-freq -r
complete -c sbatch -s G -l gpus -r
complete -c sbatch -l gpus-per-node -r
complete -c sbatch -l gpus-per-socket -r
complete -c sbatch -l gpus-per-task -r
complete -c sbatch -l gres -r
complete -c sbatch -l gres-flags -r
complete -c sbatch -s h -l help
complete -c sbatch -l hint -r
complete -c sbatch -s H -l hold
complete -c sbatch -l ignore-pbs
complete -c sbatch -s i -l input -r
complete -c sbatch -s J -l job-name -r
complete -c sbatch -l kill-on-invalid-dep -r
complete -c sbatch -s L -l licenses -r
complete -c sbatch -l mail-type -r
complete -c sbatch -l mail-user -r
complete -c sbatch -l mcs-label -r
complete -c sbatch -l mem -r
complete -c sbatch -l mem-bind -r
complete -c sbatch -l mem-per-cpu -r
complete -c sbatch -l mem-per-gpu -r
complete -c sbatch -l mem-update -r
complete -c sbatch -l mincpus -r
complete -c sbatch -l network -r
complete -c sbatch -l nice
complete -c sbatch -s k -l no-kill
complete -c sbatch -l no-requeue
complete -c sbatch -s F -l nodefile -r
complete -c sbatch -s w -l nodelist -r
complete -c sbatch -s N -l nodes -r
complete -c sbatch -s n -l ntasks -r
complete -c sbatch -l ntasks-per-core -r
complete -c sbatch -l ntasks-per-gpu -r
complete -c sbatch -l ntasks-per-node -r
complete -c sbatch -l ntasks-per-socket -r
complete -c sbatch -l ntasks-per-tres -r
complete -c sbatch -l oom-kill-step
complete -c sbatch -l open-mode -r
complete -c sbatch -s o -l output -r
complete -c sbatch -s O -l overcommit
complete -c sbatch -s s -l oversubscribe
complete -c sbatch -l parsable
complete -c sbatch -s p -l partition -r
complete -c sbatch -l prefer -r
complete -c sbatch -l priority -r
complete -c sbatch -l profile -r
complete -c sbatch -l propagate
complete -c sbatch -s q -l qos -r
complete -c sbatch -s Q -l quiet
complete -c sbatch -l reboot
complete -c sbatch -l requeue
complete -c sbatch -l reservation -r
complete -c sbatch -l resources -r
complete -c sbatch -l resv-ports
complete -c sbatch -l runtime -r
complete -c sbatch -l segment -r
complete -c sbatch -l signal -r
complete -c sbatch -l sockets-per-node -r
complete -c sbatch -l spread-job
complete -c sbatch -l spread-segments
complete -c sbatch -l stepmgr
complete -c sbatch -l switches -r
complete -c sbatch -l tasks-per-node -r
complete -c sbatch -l test-only
complete -c sbatch -l thread-spec -r
complete -c sbatch -l threads-per-core -r
complete -c sbatch -s t -l time -r
complete -c sbatch -l time-min -r
complete -c sbatch -l tmp -r
complete -c sbatch -l tres-bind -r
complete -c sbatch -l tres-per-task -r
complete -c sbatch -l uid -r
complete -c sbatch -l usage
complete -c sbatch -l use-min-nodes
complete -c sbatch -s v -l verbose
complete -c sbatch -s V -l version
complete -c sbatch -s W -l wait
complete -c sbatch -l wait-all-nodes -r
complete -c sbatch -l wckey -r
complete -c sbatch -l wrap -r
complete -c srun -l accel-bind -r
complete -c srun -s A -l account -r
complete -c srun -l acctg-freq -r
complete -c srun -l async
complete -c srun -l autocomplete -r
complete -c srun -l bb -r
complete -c srun -l bbf -r
complete -c srun -l bcast
complete -c srun -l bcast-exclude -r
complete -c srun -s b -l begin -r
complete -c srun -s D -l chdir -r
complete -c srun -l cluster -r
complete -c srun -l cluster-constraint -r
complete -c srun -s M -l clusters -r
complete -c srun -l comment -r
complete -c srun -l compress
complete -c srun -l consolidate-segments
complete -c srun -s C -l constraint -r
complete -c srun -l container -r
complete -c srun -l container-id -r
complete -c srun -l context -r
complete -c srun -l contiguous
complete -c srun -s S -l core-spec -r
complete -c srun -l cores-per-socket -r
complete -c srun -l cpu-bind -r
complete -c srun -l cpu-freq -r
complete -c srun -l cpu_bind -r
complete -c srun -l cpus-per-gpu -r
complete -c srun -s c -l cpus-per-task -r
complete -c srun -l deadline -r
complete -c srun -l debugger-test
complete -c srun -l delay-boot -r
complete -c srun -s d -l dependency -r
complete -c srun -s X -l disable-status
complete -c srun -s m -l distribution -r
complete -c srun -l epilog -r
complete -c srun -s e -l error -r
complete -c srun -l exact
complete -c srun -s x -l exclude -r
complete -c srun -l exclusive
complete -c srun -l export -r
complete -c srun -l external-launcher
complete -c srun -l extra -r
complete -c srun -s B -l extra-node-info -r
complete -c srun -l gpu-bind -r
complete -c srun -l gpu-freq -r
complete -c srun -s G -l gpus -r
complete -c srun -l gpus-per-node -r
complete -c srun -l gpus-per-socket -r
complete -c srun -l gpus-per-task -r
complete -c srun -l gres -r
complete -c srun -l gres-flags -r
complete -c srun -s h -l help
complete -c srun -l het-group -r
complete -c srun -l hint -r
complete -c srun -s H -l hold
complete -c srun -l ignore-signals -r
complete -c srun -s I -l immediate
complete -c srun -s i -l input -r
complete -c srun -l interactive
complete -c srun -s J -l job-name -r
complete -c srun -l jobid -r
complete -c srun -s K -l kill-on-bad-exit
complete -c srun -s l -l label
complete -c srun -s L -l licenses -r
complete -c srun -l mail-type -r
complete -c srun -l mail-user -r
complete -c srun -l mcs-label -r
complete -c srun -l mem -r
complete -c srun -l mem-bind -r
complete -c srun -l mem-per-cpu -r
complete -c srun -l mem-per-gpu -r
complete -c srun -l mem-update -r
complete -c srun -l mincpus -r
complete -c srun -l mpi -r
complete -c srun -l msg-timeout -r
complete -c srun -l multi-prog
complete -c srun -l network -r
complete -c srun -l nice
complete -c srun -s Z -l no-allocate
complete -c srun -s k -l no-kill
complete -c srun -s F -l nodefile -r
complete -c srun -s w -l nodelist -r
complete -c srun -s N -l nodes -r
complete -c srun -s n -l ntasks -r
complete -c srun -l ntasks-per-core -r
complete -c srun -l ntasks-per-gpu -r
complete -c srun -l ntasks-per-node -r
complete -c srun -l ntasks-per-socket -r
complete -c srun -l ntasks-per-tres -r
complete -c srun -l oom-kill-step
complete -c srun -l open-mode -r
complete -c srun -s o -l output -r
complete -c srun -s O -l overcommit
complete -c srun -l overlap
complete -c srun -s s -l oversubscribe
complete -c srun -l pack-group -r
complete -c srun -l parsable
complete -c srun -s p -l partition -r
complete -c srun -l prefer -r
complete -c srun -s E -l preserve-env
complete -c srun -l priority -r
complete -c srun -l profile -r
complete -c srun -l prolog -r
complete -c srun -l propagate
complete -c srun -l pty
complete -c srun -s q -l qos -r
complete -c srun -s Q -l quiet
complete -c srun -l quit-on-interrupt
complete -c srun -l reboot
complete -c srun -s r -l relative -r
complete -c srun -l reservation -r
complete -c srun -l resources -r
complete -c srun -l resv-ports
complete -c srun -l runtime -r
complete -c srun -l segment -r
complete -c srun -l send-libs
complete -c srun -l signal -r
complete -c srun -l slurmd-debug -r
complete -c srun -l sockets-per-node -r
complete -c srun -l spread-job
complete -c srun -l spread-segments
complete -c srun -l stepmgr
complete -c srun -l switches -r
complete -c srun -l task-epilog -r
complete -c srun -l task-prolog -r
complete -c srun -l tasks-per-node -r
complete -c srun -l test-only
complete -c srun -l thread-spec -r
complete -c srun -s T -l threads -r
complete -c srun -l threads-per-core -r
complete -c srun -s t -l time -r
complete -c srun -l time-min -r
complete -c srun -l tmp -r
complete -c srun -l treewidth -r
complete -c srun -l tres-bind -r
complete -c srun -l tres-per-task -r
complete -c srun -s u -l unbuffered
complete -c srun -l usage
complete -c srun -l use-min-nodes
complete -c srun -s v -l verbose
complete -c srun -s V -l version
complete -c srun -s W -l wait -r
complete -c srun -l wait-for-children
complete -c srun -l wckey -r
complete -c srun -l whole
complete -c srun -l x11
complete -c salloc -s A -l account -r
complete -c salloc -l acctg-freq -r
complete -c salloc -l autocomplete -r
complete -c salloc -l bb -r
complete -c salloc -l bbf -r
complete -c salloc -s b -l begin -r
complete -c salloc -l bell
complete -c salloc -s D -l chdir -r
complete -c salloc -l cluster -r
complete -c salloc -l cluster-constraint -r
complete -c salloc -s M -l clusters -r
complete -c salloc -l comment -r
complete -c salloc -l consolidate-segments
complete -c salloc -s C -l constraint -r
complete -c salloc -l container -r
complete -c salloc -l container-id -r
complete -c salloc -l context -r
complete -c salloc -l contiguous
complete -c salloc -s S -l core-spec -r
complete -c salloc -l cores-per-socket -r
complete -c salloc -l cpu-freq -r
complete -c salloc -l cpus-per-gpu -r
complete -c salloc -s c -l cpus-per-task -r
complete -c salloc -l deadline -r
complete -c salloc -l delay-boot -r
complete -c salloc -s d -l dependency -r
complete -c salloc -s m -l distribution -r
complete -c salloc -s x -l exclude -r
complete -c salloc -l exclusive
complete -c salloc -l extra -r
complete -c salloc -s B -l extra-node-info -r
complete -c salloc -l gpu-bind -r
complete -c salloc -l gpu-freq -r
complete -c salloc -s G -l gpus -r
complete -c salloc -l gpus-per-node -r
complete -c salloc -l gpus-per-socket -r
complete -c salloc -l gpus-per-task -r
complete -c salloc -l gres -r
complete -c salloc -l gres-flags -r
complete -c salloc -s h -l help
complete -c salloc -l hint -r
complete -c salloc -s H -l hold
complete -c salloc -s I -l immediate
complete -c salloc -s J -l job-name -r
complete -c salloc -s K -l kill-command
complete -c salloc -s L -l licenses -r
complete -c salloc -l mail-type -r
complete -c salloc -l mail-user -r
complete -c salloc -l mcs-label -r
complete -c salloc -l mem -r
complete -c salloc -l mem-bind -r
complete -c salloc -l mem-per-cpu -r
complete -c salloc -l mem-per-gpu -r
complete -c salloc -l mem-update -r
complete -c salloc -l mincpus -r
complete -c salloc -l network -r
complete -c salloc -l nice
complete -c salloc -l no-bell
complete -c salloc -s k -l no-kill
complete -c salloc -l no-shell
complete -c salloc -s F -l nodefile -r
complete -c salloc -s w -l nodelist -r
complete -c salloc -s N -l nodes -r
complete -c salloc -s n -l ntasks -r
complete -c salloc -l ntasks-per-core -r
complete -c salloc -l ntasks-per-gpu -r
complete -c salloc -l ntasks-per-node -r
complete -c salloc -l ntasks-per-socket -r
complete -c salloc -l ntasks-per-tres -r
complete -c salloc -l oom-kill-step
complete -c salloc -s O -l overcommit
complete -c salloc -s s -l oversubscribe
complete -c salloc -s p -l partition -r
complete -c salloc -l prefer -r
complete -c salloc -l priority -r
complete -c salloc -l profile -r
complete -c salloc -s q -l qos -r
complete -c salloc -s Q -l quiet
complete -c salloc -l reboot
complete -c salloc -l reservation -r
complete -c salloc -l resources -r
complete -c salloc -l resv-ports
complete -c salloc -l runtime -r
complete -c salloc -l segment -r
complete -c salloc -l signal -r
complete -c salloc -l sockets-per-node -r
complete -c salloc -l spread-job
complete -c salloc -l spread-segments
complete -c salloc -l stepmgr
complete -c salloc -l switches -r
complete -c salloc -l tasks-per-node -r
complete -c salloc -l thread-spec -r
complete -c salloc -l threads-per-core -r
complete -c salloc -s t -l time -r
complete -c salloc -l time-min -r
complete -c salloc -l tmp -r
complete -c salloc -l tres-bind -r
complete -c salloc -l tres-per-task -r
complete -c salloc -l usage
complete -c salloc -l use-min-nodes
complete -c salloc -s v -l verbose
complete -c salloc -s V -l version
complete -c salloc -l wait-all-nodes -r
complete -c salloc -l wckey -r
complete -c salloc -l x11
complete -c squeue -s A -l account -r
complete -c squeue -l accounts -r
complete -c squeue -s a -l all
complete -c squeue -s r -l array
complete -c squeue -l array-unique
complete -c squeue -s M -l clusters -r
complete -c squeue -l cluster -r
complete -c squeue -l expand-patterns
complete -c squeue -l federation
complete -c squeue -s o -l format -r
complete -c squeue -s O -l Format -r
complete -c squeue -l help
complete -c squeue -l helpFormat
complete -c squeue -l hide
complete -c squeue -s i -l iterate -r
complete -c squeue -s j -l jobs
complete -c squeue -l json
complete -c squeue -s L -l licenses -r
complete -c squeue -l local
complete -c squeue -s l -l long
complete -c squeue -l me
complete -c squeue -s n -l name -r
complete -c squeue -l noconvert
complete -c squeue -s w -l nodelist -r
complete -c squeue -l nodes -r
complete -c squeue -s h -l noheader
complete -c squeue -l notme
complete -c squeue -l only-job-state
complete -c squeue -s p -l partition -r
complete -c squeue -l partitions -r
complete -c squeue -s P -l priority
complete -c squeue -s q -l qos -r
complete -c squeue -s R -l reservation -r
complete -c squeue -l sibling
complete -c squeue -s S -l sort -r
complete -c squeue -l start
complete -c squeue -s t -l states -r
complete -c squeue -s s -l steps
complete -c squeue -l usage
complete -c squeue -s u -l user -r
complete -c squeue -l users -r
complete -c squeue -s v -l verbose
complete -c squeue -s V -l version
complete -c squeue -l yaml
complete -c sinfo -s a -l all
complete -c sinfo -s M -l clusters -r
complete -c sinfo -l cluster -r
complete -c sinfo -s d -l dead
complete -c sinfo -s e -l exact
complete -c sinfo -l federation
complete -c sinfo -s o -l format -r
complete -c sinfo -s O -l Format -r
complete -c sinfo -s F -l future
complete -c sinfo -l help
complete -c sinfo -l helpFormat
complete -c sinfo -l hide
complete -c sinfo -s i -l iterate -r
complete -c sinfo -l json
complete -c sinfo -s R -l list-reasons
complete -c sinfo -l local
complete -c sinfo -s l -l long
complete -c sinfo -l noconvert
complete -c sinfo -s N -l Node
complete -c sinfo -s n -l nodes -r
complete -c sinfo -s h -l noheader
complete -c sinfo -s p -l partition -r
complete -c sinfo -s T -l reservation
complete -c sinfo -s r -l responding
complete -c sinfo -s S -l sort -r
complete -c sinfo -s t -l states -r
complete -c sinfo -s s -l summarize
complete -c sinfo -l usage
complete -c sinfo -s v -l verbose
complete -c sinfo -s V -l version
complete -c sinfo -l yaml
complete -c scancel -s A -l account -r
complete -c scancel -s b -l batch
complete -c scancel -s c -l ctld
complete -c scancel -s f -l full
complete -c scancel -s H -l hurry
complete -c scancel -s i -l interactive
complete -c scancel -s M -l clusters -r
complete -c scancel -l me
complete -c scancel -s n -l name -r
complete -c scancel -l jobname -r
complete -c scancel -s p -l partition -r
complete -c scancel -s Q -l quiet
complete -c scancel -s q -l qos -r
complete -c scancel -s R -l reservation -r
complete -c scancel -l sibling -r
complete -c scancel -s s -l signal -r
complete -c scancel -s t -l state -r
complete -c scancel -s u -l user -r
complete -c scancel -s V -l version
complete -c scancel -s v -l verbose
complete -c scancel -s w -l nodelist -r
complete -c scancel -l wckey -r
complete -c scancel -l help
complete -c scancel -l usage
complete -c scontrol -s a -l all
complete -c scontrol -s M -l clusters -r
complete -c scontrol -l cluster -r
complete -c scontrol -s d -l details
complete -c scontrol -l federation
complete -c scontrol -s F -l future
complete -c scontrol -s h -l help
complete -c scontrol -l hide
complete -c scontrol -l json
complete -c scontrol -l local
complete -c scontrol -s o -l oneliner
complete -c scontrol -s Q -l quiet
complete -c scontrol -l sibling
complete -c scontrol -s u -l uid -r
complete -c scontrol -l usage
complete -c scontrol -s v -l verbose
complete -c scontrol -s V -l version
complete -c scontrol -l yaml
complete -c sacct -s A -l accounts -r
complete -c sacct -s L -l allclusters
complete -c sacct -s X -l allocations
complete -c sacct -s a -l allusers
complete -c sacct -l array
complete -c sacct -s x -l associations -r
complete -c sacct -s B -l batch-script
complete -c sacct -s b -l brief
complete -c sacct -l cluster -r
complete -c sacct -s M -l clusters -r
complete -c sacct -s c -l completion
complete -c sacct -s C -l constraints -r
complete -c sacct -l delimiter -r
complete -c sacct -s D -l duplicates
complete -c sacct -s E -l endtime -r
complete -c sacct -l env-vars
complete -c sacct -l expand-patterns
complete -c sacct -l federation
complete -c sacct -s F -l flags -r
complete -c sacct -s o -l format -r
complete -c sacct -s g -l gid -r
complete -c sacct -l group -r
complete -c sacct -s h -l help
complete -c sacct -s e -l helpformat
complete -c sacct -s j -l jobs -r
complete -c sacct -l json
complete -c sacct -l local
complete -c sacct -s l -l long
complete -c sacct -l name -r
complete -c sacct -s I -l ncpus -r
complete -c sacct -s i -l nnodes -r
complete -c sacct -l noconvert
complete -c sacct -s N -l nodelist -r
complete -c sacct -s n -l noheader
complete -c sacct -s p -l parsable
complete -c sacct -s P -l parsable2
complete -c sacct -s r -l partition -r
complete -c sacct -s q -l qos -r
complete -c sacct -s R -l reason -r
complete -c sacct -s S -l starttime -r
complete -c sacct -s s -l state -r
complete -c sacct -s K -l timelimit-max -r
complete -c sacct -s k -l timelimit-min -r
complete -c sacct -s T -l truncate
complete -c sacct -s u -l uid -r
complete -c sacct -l units -r
complete -c sacct -l usage
complete -c sacct -l use-local-uid
complete -c sacct -l user -r
complete -c sacct -s v -l verbose
complete -c sacct -s V -l version
complete -c sacct -s W -l wckeys -r
complete -c sacct -l whole-hetjob
complete -c sacct -l yaml
complete -c check-limits -s u -l user -r
complete -c check-limits -l dry-run
complete -c check-limits -l json
complete -c check-limits -s h -l help
complete -c stint -f
complete -c stint -n __fish_use_subcommand -a up -d 'start the server and this machine\'s agent in the background; harmless to run again'
complete -c stint -n __fish_use_subcommand -a down -d 'stop them: batch jobs go back to the queue, srun jobs end, pending jobs stay'
complete -c stint -n __fish_use_subcommand -a status -d 'the cluster on one page: server, nodes, CPUs, memory, jobs'
complete -c stint -n __fish_use_subcommand -a explain -d 'what a job asked for, what it got, what the kernel enforces, why it waits or ended'
complete -c stint -n __fish_use_subcommand -a jobs -d 'jobs in the queue'
complete -c stint -n __fish_use_subcommand -a nodes -d 'nodes: use, and what each can enforce'
complete -c stint -n __fish_use_subcommand -a limits -d 'what you may hold, hold and wait for; apply: other tiers'
complete -c stint -n __fish_use_subcommand -a logs -d 'print a job\'s output'
complete -c stint -n __fish_use_subcommand -a token -d 'a one-time token that lets a machine join'
complete -c stint -n __fish_use_subcommand -a join -d 'start the agent on this machine with a token from stint token'
complete -c stint -n __fish_use_subcommand -a systemd -d 'install or remove units of this node; limit logins by user-slices'
complete -c stint -n __fish_use_subcommand -a offer -d 'what could satisfy a request, and when: the options of sbatch, nothing is submitted'
complete -c stint -n __fish_use_subcommand -a simulate -d 'replay a workload through the scheduler: what if the cluster or its rules were others?'
complete -c stint -n __fish_use_subcommand -a completion -d 'completion script for bash, zsh or fish'
complete -c stint -n __fish_use_subcommand -a help -d 'this message, or one about a verb'
complete -c stint -n __fish_use_subcommand -a sbatch
complete -c stint -n __fish_use_subcommand -a srun
complete -c stint -n __fish_use_subcommand -a salloc
complete -c stint -n __fish_use_subcommand -a squeue
complete -c stint -n __fish_use_subcommand -a sinfo
complete -c stint -n __fish_use_subcommand -a scancel
complete -c stint -n __fish_use_subcommand -a scontrol
complete -c stint -n __fish_use_subcommand -a sacct
complete -c stint -n __fish_use_subcommand -a check-limits
complete -c stint -n '__fish_seen_subcommand_from up' -l home -r -d 'folder of all state (default: STINT_HOME, else var/ beside the programs)'
complete -c stint -n '__fish_seen_subcommand_from up' -l cgroup-root -r -d 'top kernel group (default: stint-<hash of the home\'s path>)'
complete -c stint -n '__fish_seen_subcommand_from up' -l listen -r -d 'where agents of other machines connect (default 127.0.0.1, any free port)'
complete -c stint -n '__fish_seen_subcommand_from up' -l nodes -r -d 'one agent per name on this machine, e.g. n[1-4] (default: the host name)'
complete -c stint -n '__fish_seen_subcommand_from up' -l declare -r -d 'their hardware as declared, e.g. cpus=16,memory=20000M (default: as detected)'
complete -c stint -n '__fish_seen_subcommand_from up' -l wait -r -d 'how long each of them may take to come up (default 60)'
complete -c stint -n '__fish_seen_subcommand_from down' -l home -r -d 'folder of all state (default: STINT_HOME, else var/ beside the programs)'
complete -c stint -n '__fish_seen_subcommand_from down' -l cgroup-root -r -d 'top kernel group (default: stint-<hash of the home\'s path>)'
complete -c stint -n '__fish_seen_subcommand_from status' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from explain' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from jobs' -s a -l all -d 'also jobs that ended a short while ago'
complete -c stint -n '__fish_seen_subcommand_from jobs' -s m -l me -d 'only my own'
complete -c stint -n '__fish_seen_subcommand_from jobs' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from nodes' -s l -l long -d 'every capability with its detail'
complete -c stint -n '__fish_seen_subcommand_from nodes' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from limits' -s u -l user -r -d 'of another user (operators)'
complete -c stint -n '__fish_seen_subcommand_from limits' -l dry-run -d 'apply: check and show the difference, change nothing'
complete -c stint -n '__fish_seen_subcommand_from limits' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from logs' -s f -l follow -d 'go on until the job ends'
complete -c stint -n '__fish_seen_subcommand_from logs' -s e -l error -d 'its error output instead'
complete -c stint -n '__fish_seen_subcommand_from token' -s n -l node -r -d 'only for a node of this name'
complete -c stint -n '__fish_seen_subcommand_from token' -l for -r -d 'valid this long: 90s, 45m, 1h, 7d (default 1h)'
complete -c stint -n '__fish_seen_subcommand_from token' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from join' -l ca-fingerprint -r -d 'fingerprint of the cluster\'s CA, printed with the token'
complete -c stint -n '__fish_seen_subcommand_from join' -s n -l node -r -d 'name of this node (default: the host\'s)'
complete -c stint -n '__fish_seen_subcommand_from join' -l home -r -d 'folder of the agent\'s state (default: STINT_HOME, else /var/lib/stint)'
complete -c stint -n '__fish_seen_subcommand_from join' -l print -d 'print the agent\'s command line and do not start it'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l node -r -d 'name of this node (default: the host\'s)'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l server -r -d 'https://HOST:PORT of the server (default: the one on this machine)'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l home -r -d 'folder of all state (default: STINT_HOME, else as stint up finds it)'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l with-server -d 'units of the server on this machine, too'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l token -r -d 'for the first start of the agent, from stint token; kept in a file of root\'s'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l ca-fingerprint -r -d 'beside --token'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l units -r -d 'where units are (default /etc/systemd/system)'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l users -r -d 'user-slices: these, by commas (default: all of /etc/passwd who can log in)'
complete -c stint -n '__fish_seen_subcommand_from systemd' -l dry-run -d 'print what would change and change nothing'
complete -c stint -n '__fish_seen_subcommand_from offer' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from offer' -s A -l account -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s a -l array -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s b -l begin -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s C -l constraint -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l contiguous
complete -c stint -n '__fish_seen_subcommand_from offer' -l cores-per-socket -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l cpus-per-gpu -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s c -l cpus-per-task -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l deadline -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s d -l dependency -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s x -l exclude -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l exclusive
complete -c stint -n '__fish_seen_subcommand_from offer' -s G -l gpus -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l gpus-per-node -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l gpus-per-task -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l gres -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s L -l licenses -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l mem -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l mem-per-cpu -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l mem-per-gpu -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l mincpus -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s w -l nodelist -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s N -l nodes -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s n -l ntasks -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l ntasks-per-node -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s s -l oversubscribe
complete -c stint -n '__fish_seen_subcommand_from offer' -s p -l partition -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s q -l qos -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l reservation -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l sockets-per-node -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l switches -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l threads-per-core -r
complete -c stint -n '__fish_seen_subcommand_from offer' -s t -l time -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l time-min -r
complete -c stint -n '__fish_seen_subcommand_from offer' -l tmp -r
complete -c stint -n '__fish_seen_subcommand_from simulate' -l processors -r -d 'N processors, wherever they are'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l gpus -r -d 'N GPUs, wherever they are'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l cluster -r -d 'a description of the cluster: stint.yaml with nodes, or a CSV of nodes'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l policy -r -d 'fcfs, easy, conservative, default, comma-separated, or all'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l estimates -r -d 'requested (the users\' time limits) or exact (the true run times)'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l predict -d 'plan with the average of a user\'s last two run times'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l keep-nodes -d 'jobs ask for at least as many nodes as the trace says they had'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l arrivals -r -d 'F times as many jobs per hour'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l jobs -r -d 'only the first N jobs'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l fill -d 'nothing ends: how many GPUs are given out until as many were asked for as there are'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l seed -r -d 'what is drawn is drawn from it'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l json -d 'print JSON'
complete -c stint -n '__fish_seen_subcommand_from simulate' -l plot -r -d 'draw it as SVG'
complete -c stint -n '__fish_seen_subcommand_from simulate' -s q -l quiet -d 'no progress bar'
complete -c stint -n '__fish_seen_subcommand_from explain logs' -a '(squeue -h -o %i 2>/dev/null)'
complete -c stint -n '__fish_seen_subcommand_from nodes' -a '(sinfo -h -N -o %N 2>/dev/null)'
complete -c stint -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
complete -c stint -n '__fish_seen_subcommand_from simulate' -F
complete -c stint -n '__fish_seen_subcommand_from limits' -a apply -F
