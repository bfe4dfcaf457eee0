#!/usr/bin/env bash
# slurm-up.sh DIR PORT: starts a Slurm cluster on loopback: two CPU nodes, one with two pretend GPUs.
#
# Runs as root, needs neither systemd nor cgroups. Everything lives in DIR (its own configuration,
# munge key and socket) and on the ports PORT to PORT+3, so a Slurm of the machine is left alone.
# Clients find the cluster by SLURM_CONF=DIR/slurm.conf and PATH=DIR/bin:$PATH.
set -euo pipefail
dir=$1 port=$2
host=$(hostname -s)

mkdir -p "$dir"/{bin,state,log,pid,spool}
chmod 755 "$dir" "$dir/pid" "$dir/log"

(umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
munged --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/pid/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/state/munge.seed"

cat >"$dir/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
# A job that takes more memory than it asked for is killed, as where the kernel does it (cgroups).
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=UsePss,OverMemoryKill
MpiDefault=none
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
SlurmdParameters=config_overrides
ReturnToService=2
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/pid/slurmctld.pid
SlurmdPidFile=$dir/pid/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
SchedulerParameters=batch_sched_delay=0,sched_interval=5,bf_interval=5
KillWait=5
# The test asks about every job at the end; Slurm forgets those that ended 300 s ago.
MinJobAge=86400
NodeName=cpu1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=4 RealMemory=16000
NodeName=cpu2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=4 RealMemory=16000
NodeName=gpu1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 3)) CPUs=4 RealMemory=16000 Gres=gpu:2
PartitionName=cpu Nodes=cpu[1-2] Default=YES MaxTime=UNLIMITED State=UP
PartitionName=gpu Nodes=gpu1 MaxTime=UNLIMITED State=UP PriorityTier=1
# Jobs of this one take the GPU node from those of the one above, which are put back in the queue.
PartitionName=urgent Nodes=gpu1 MaxTime=UNLIMITED State=UP PriorityTier=10 PreemptMode=OFF
CONF
cat >"$dir/gres.conf" <<CONF
NodeName=gpu1 Name=gpu File=/dev/null
NodeName=gpu1 Name=gpu File=/dev/zero
CONF
echo "CgroupPlugin=cgroup/v1" >"$dir/cgroup.conf"

# Snakemake hides SLURM_CONF, which a site has no need of, from what it calls inside a job: give it back.
for client in srun sbatch squeue scancel scontrol sinfo; do
    printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$dir/slurm.conf" "$(command -v $client)" >"$dir/bin/$client"
    chmod 755 "$dir/bin/$client"
done

export SLURM_CONF=$dir/slurm.conf
slurmctld
for node in cpu1 cpu2 gpu1; do slurmd -N "$node"; done
for _ in $(seq 100); do
    idle=$(sinfo --noheader --Node --states=idle --format=%N 2>/dev/null | sort -u | wc -l)
    [[ $idle == 3 ]] && exit 0
    sleep 0.2
done
echo "the nodes did not come up:" >&2
sinfo >&2 || true
tail -n 5 "$dir"/log/*.log >&2
exit 1
