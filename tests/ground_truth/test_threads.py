"""Compiled loops in threads: every row once, errors passed on, and safe beside other threads and after a fork."""

import multiprocessing
import threading

import numpy as np
import pytest

from unbraid.common.numerics import threads
from unbraid.common.numerics.threads import in_threads, num_cores
from unbraid.ground_truth.drawing.dsprites_raster import draw_sprites

INDICES = np.arange(0, 737_280, 1001)


@pytest.mark.parametrize("num_rows", [0, 1, 63, 1000, 1001])
@pytest.mark.parametrize("cores", [1, 3])
def test_every_row_is_done_once(monkeypatch, num_rows, cores):
    monkeypatch.setattr(threads, "num_cores", lambda: cores)
    done = np.zeros(num_rows, dtype=int)

    def work(start, stop):
        done[start:stop] += 1

    in_threads(work, num_rows)
    assert (done == 1).all()


def test_an_error_in_a_thread_is_raised(monkeypatch):
    monkeypatch.setattr(threads, "num_cores", lambda: 2)

    def work(start, stop):
        if start:
            raise OverflowError("second half")

    with pytest.raises(OverflowError, match="second half"):
        in_threads(work, 1000)


def test_rendering_from_many_threads_at_once():
    expected, found = draw_sprites(INDICES), {}
    workers = [threading.Thread(target=lambda key=key: found.update({key: draw_sprites(INDICES)})) for key in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert all((found[key] == expected).all() for key in range(4))


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_rendering_after_a_fork():
    expected = int(draw_sprites(INDICES).sum())
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(draw_sprites, (INDICES,)).get(timeout=60)
    assert int(found.sum()) == expected


@pytest.mark.parametrize("has_affinity", [True, False])
def test_the_limit_on_cores_holds_on_every_system(has_affinity: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_affinity:  # macOS and Windows
        monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.delenv("UNBRAID_CORES", raising=False)
    assert num_cores() >= 1
    monkeypatch.setenv("UNBRAID_CORES", "7")
    assert num_cores() == 7
