#!/usr/bin/env bash
# A job that was planned, as a Slurm array of 16 tasks, which take every sixteenth shard each:
#   iba plan photos --model explainer.zip --output job
#   sbatch deploy/slurm.sh job
# A task that ended early is submitted again by its number (sbatch --array=3 --export=ALL,IBA_TASKS=16 deploy/slurm.sh job), and goes on where the job is.
# Clusters limit the number of tasks (MaxArraySize); a job of any size runs in as many as there are.
#SBATCH --job-name=iba
#SBATCH --array=0-15
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=08:00:00
# Slurm sends SIGTERM this long before it kills: the row under way ends, and its shard is given back.
#SBATCH --signal=B:TERM@60
set -euo pipefail

job=${1:?"Name the job's folder: sbatch deploy/slurm.sh FOLDER"}
tasks=${IBA_TASKS:-${SLURM_ARRAY_TASK_COUNT:?"This is a script for sbatch, which numbers the tasks."}}

iba work "$job" --shard "$SLURM_ARRAY_TASK_ID/$tasks" &
worker=$!
trap 'kill -TERM "$worker"' TERM
code=0
wait "$worker" || code=$?
# A signal ends the first wait; the worker still finishes its row.
if kill -0 "$worker" 2> /dev/null; then
  code=0
  wait "$worker" || code=$?
fi

# 2: some rows could not be explained; the job is done all the same.
if [ "$code" -eq 2 ]; then code=0; fi
exit "$code"
