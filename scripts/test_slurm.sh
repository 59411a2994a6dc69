#!/usr/bin/env bash
# Runs a small study on a real Slurm of one machine: slurmctld, slurmd and munge of Debian's slurm-wlm.
#
#   apt-get install slurm-wlm munge && bash scripts/test_slurm.sh          (as root, which Slurm's daemons need)
#
# Models that are linear maps of made-up images are scored by `unbraid-study --engine slurm` and by the local engine; the
# scores must be equal.  One job is killed with -9 while it runs, one file is no model.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ "${1:-}" != --help ] || { usage; exit 2; }
use_environment slurm
command -v slurmctld >/dev/null || fail "There is no slurmctld: apt-get install slurm-wlm munge"
[ "$(id -u)" = 0 ] || fail "Slurm's daemons need root."

place=$(mktemp -d)
export SLURM_CONF=$place/slurm.conf
cleanup() { for name in slurmctld slurmd; do [ ! -f "$place/$name.pid" ] || kill "$(cat "$place/$name.pid")" || true; done; }
trap cleanup EXIT
mkdir -p "$place"/{state,spool} /run/munge
chown munge /run/munge
pgrep -x munged >/dev/null || runuser -u munge -- /usr/sbin/munged
host=$(hostname -s)
cat > "$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
SlurmctldLogFile=$place/slurmctld.log
SlurmdLogFile=$place/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPort=16817
SlurmdPort=16818
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF"
for _ in $(seq 30); do sinfo --noheader -o %T 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo

cd "$place"
python - <<'PYTHON'
import numpy as np
import torch

factors = np.stack([axis.ravel() for axis in np.indices((4, 4, 4))], axis=1)
images = (factors @ np.random.RandomState(0).uniform(size=(3, 256)) * 20).astype(np.uint8)
np.savez("data.npz", images=images.reshape(-1, 16, 16), factors=factors)
for seed in range(4):
    torch.manual_seed(seed)
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 4)).eval()
    torch.jit.save(torch.jit.trace(network, torch.rand(2, 1, 16, 16)), f"model_{seed}.pt")
open("model_bad.pt", "wb").write(b"no model")
PYTHON
study() {
    unbraid-study --models 'model_*.pt' --metrics mig --gin_bindings "dataset.name = 'custom'" \
        "custom_data.path = '$place/data.npz'" "mig.num_train = 50" "$@"
}
say "The local engine"
study --output_dir local --engine local || [ $? -eq 1 ]
say "Slurm, one job killed"
# Waits for the first job's evaluation and kills the job's process above it.
(for _ in $(seq 300); do
    victim=$(pgrep -f "submitit.core._submit" | head -1) && [ -n "$victim" ] && { sleep 2; kill -9 "$victim"; break; }
    sleep 1
done) &
study --output_dir slurm --engine slurm --parallel 2 || [ $? -eq 1 ]
unbraid-study --output_dir slurm --status
python - <<'PYTHON'
import json
from pathlib import Path

scores = {engine: {path.parts[1]: json.loads(path.read_text())["discrete_mig"]
                   for path in Path().glob(f"{engine}/*/metrics/mig/results/json/evaluation_results.json")}
          for engine in ("local", "slurm")}
assert len(scores["local"]) == 4, scores
assert scores["local"] == scores["slurm"], scores
print("Slurm and the local engine agree:", scores["slurm"])
PYTHON
