"""A step of a task that takes no time: writes a result, or ends as it is told to.  Run as `python -m study_step`."""

import json
import os
import signal
import sys
import time
from pathlib import Path

output, number, *how = sys.argv[1:]
folder = Path(output) / "metrics" / "mig" / "results"
tries = Path(f"{output}.tries")
with tries.open("a") as file:
    file.write("x")
is_first = tries.stat().st_size == 1
print("Some progress")
if "bad" in how:
    print("study_step: the model is bad.")
    sys.exit(2)
if "incomplete" in how:
    print("study_step: left out: a metric.")
    sys.exit(1)
if "crash" in how:
    raise RuntimeError("a defect")
if "no_memory" in how:
    from unbraid.common.commands.command_line import guarded

    sys.exit(guarded("study_step", lambda: len(bytearray(2**62))))
if "slow" in how:
    time.sleep(2)
if "killed" in how or ("killed_once" in how and is_first):
    os.kill(os.getpid(), signal.SIGKILL)
if "worker_killed_once" in how and is_first:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)  # it ends with its worker
if "busy_once" in how and is_first:
    print(f"study_step: {output} is being written by another process. Wait until it has ended.")
    sys.exit(2)
for name, content in (("json/evaluation_results", {"score": int(number) ** 0.5, "data_files": how[1:]}),
                      ("aggregate/evaluation", {"evaluation_results.score": int(number) ** 0.5})):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(content))
