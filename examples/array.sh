#!/bin/bash
#SBATCH --job-name=array
#SBATCH --array=0-7%2
#SBATCH --mem=32M
#SBATCH --time=1
#SBATCH --output=array-%a.out
echo "task $SLURM_ARRAY_TASK_ID of job $SLURM_ARRAY_JOB_ID"
