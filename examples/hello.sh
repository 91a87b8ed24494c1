#!/bin/bash
#SBATCH --job-name=hello
#SBATCH --cpus-per-task=1
#SBATCH --mem=128M
#SBATCH --time=5
# What a job sees of its limits, asked from the kernel.
echo "hello from $(id -un) on $SLURMD_NODENAME, job $SLURM_JOB_ID"
grep Cpus_allowed_list /proc/self/status
grep -E ':(memory|cpuset|pids|freezer):|^0::' /proc/self/cgroup
