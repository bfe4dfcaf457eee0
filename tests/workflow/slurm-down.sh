#!/usr/bin/env bash
# slurm-down.sh DIR: cancels the jobs of the cluster that slurm-up.sh DIR started and stops its
# daemons, by their pid files; fails if one is still alive after 20 seconds.
set -uo pipefail
dir=$1
export SLURM_CONF=$dir/slurm.conf

mapfile -t pids < <(cat "$dir"/pid/*.pid 2>/dev/null)
alive() { for pid in "${pids[@]}"; do kill -0 "$pid" 2>/dev/null && return 0; done; return 1; }

timeout 5 scancel --user=root 2>/dev/null
for _ in $(seq 25); do # the steps end before their daemons do
    [[ -z $(timeout 5 squeue --noheader 2>/dev/null) ]] && break
    sleep 0.2
done
for daemon in slurmctld slurmd.cpu1 slurmd.cpu2 slurmd.gpu1 munged; do
    [[ -s $dir/pid/$daemon.pid ]] && kill "$(<"$dir/pid/$daemon.pid")" 2>/dev/null
done
for _ in $(seq 100); do
    alive || exit 0
    sleep 0.2
done
echo "still alive: ${pids[*]}" >&2
exit 1
