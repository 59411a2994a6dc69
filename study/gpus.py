"""One GPU for each task: places on this machine's GPUs, held by file locks that end with their holder."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ..common.system import file_locks
from ..common.system.users import user_name

VISIBLE = "CUDA_VISIBLE_DEVICES"
POLL_SECONDS = 0.5


@contextlib.contextmanager
def one_gpu(gpus: int, tasks_per_gpu: int) -> Iterator[str | None]:
    """Yields the GPU that a task may use, as CUDA_VISIBLE_DEVICES names it; None where it gets none of this machine's.

    gpus: how many of the machine's GPUs the study may use; 0 leaves the choice to the scheduler and the user.
    Waits until one of `gpus` * `tasks_per_gpu` places is free.  Locks serve every engine: workers of Dask or Ray on one
    machine need not know of one another."""
    if not gpus:
        yield None
        return
    devices = [name for name in os.environ.get(VISIBLE, "").split(",") if name] or [str(n) for n in range(gpus)]
    folder = Path(tempfile.gettempdir()) / f"unbraid-gpus-{user_name()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    # One place of every GPU comes before the second place of any.
    places = [(device, folder / f"{device}-{place}") for place in range(tasks_per_gpu) for device in devices[:gpus]]
    while True:
        for device, place in places:
            with place.open("wb") as file:
                try:
                    file_locks.lock(file.fileno(), wait=False)
                except BlockingIOError:
                    continue
                yield device
                return
        time.sleep(POLL_SECONDS)
