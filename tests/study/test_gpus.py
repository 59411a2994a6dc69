"""GPUs are shared out: one for each task, several tasks on one only where that is allowed."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack

import pytest

from unbraid.study.gpus import one_gpu


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_without_gpus_the_choice_is_left_to_others() -> None:
    with one_gpu(0, 1) as gpu:
        assert gpu is None


@pytest.mark.parametrize(("gpus", "per_gpu"), [(1, 1), (2, 1), (2, 3)])
def test_every_place_is_given_once_and_gpus_are_filled_evenly(gpus: int, per_gpu: int) -> None:
    with ExitStack() as stack:
        given = [stack.enter_context(one_gpu(gpus, per_gpu)) for _ in range(gpus * per_gpu)]
        assert Counter(given) == dict.fromkeys(map(str, range(gpus)), per_gpu)
        assert len(set(given[:gpus])) == gpus


def test_a_task_waits_until_a_place_is_free(monkeypatch) -> None:
    monkeypatch.setattr("unbraid.study.gpus.POLL_SECONDS", 0.01)
    got = threading.Event()

    def wait() -> None:
        with one_gpu(1, 1):
            got.set()

    with one_gpu(1, 1):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not got.wait(0.1)
    thread.join(5)
    assert got.is_set()
