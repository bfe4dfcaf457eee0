#!/usr/bin/env bash
# run.sh GPUS JOBSCRIPT: runs a job of Snakemake on the first line of profiles/ssh/hosts that is free.
#
# A line is taken by a lock that ends with the ssh. Jobs that use a GPU wait for lines that say `gpu`, if
# there are any. Ctrl-C ends Snakemake and not what runs on other computers; a training run that is
# started again beside it says so and stops.
set -euo pipefail
gpus=$1 script=$2
hosts=$(dirname "$0")/hosts
lines=$(grep -Ev '^[[:space:]]*(#|$)' "$hosts") || {
    echo "profiles/ssh: $hosts names no computer; add one a line." >&2
    exit 1
}
if ((gpus > 0)) && grep -Eq '[[:space:]]gpu[[:space:]]*$' <<<"$lines"; then
    lines=$(grep -En '[[:space:]]gpu[[:space:]]*$' <<<"$lines")
else
    lines=$(grep -n '' <<<"$lines")
fi

mkdir -p .snakemake/ssh
while true; do
    while IFS=': ' read -r number host _; do
        exec 9>".snakemake/ssh/$number"
        if flock --nonblock 9; then
            command="cd $(printf %q "$PWD") && exec sh $(printf %q "$script")"
            exec ssh -n -o BatchMode=yes -o ServerAliveInterval=30 "$host" "$command"
        fi
    done <<<"$lines"
    sleep 1
done
