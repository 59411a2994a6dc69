"""Products of one thread have the bits of all threads."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from unbraid.metrics.estimators.blas import BLOCKS, num_blas_threads, parts, product


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("shape", [(3000, 40, 10), (10000, 32, 10), (8000, 6, 3), (50, 4, 2)])
def test_one_thread_gives_what_several_would(shape: tuple[int, int, int], num_threads: int) -> None:
    num_points, num_rows, num_columns = shape
    stream = np.random.RandomState(7)
    left, right = stream.standard_normal((num_points, num_rows)), stream.standard_normal((num_points, num_columns))
    with threadpool_limits(num_threads, "blas"):
        expected, over = left.T @ right, parts(*shape, num_threads)
    if over is None:
        pytest.skip("this BLAS shares products out in another way; then all its threads are used")
    with threadpool_limits(1, "blas"):
        np.testing.assert_array_equal(product(left, right, over), expected)


def test_parts_cover_every_point_once() -> None:
    for num_points in (100, 1000, 1024, 1025):
        over = parts(num_points, 40, 10, 2)
        if over is not None:
            np.testing.assert_array_equal(np.concatenate([np.arange(num_points)[part] for part in over]),
                                          np.arange(num_points))


def test_any_cut_adds_up() -> None:
    left, right = np.random.RandomState(0).standard_normal((2, 60, 3))
    over = (slice(0, 7), slice(7, 41), slice(41, 60))
    np.testing.assert_allclose(product(left, right, over), np.einsum("nr,nc->rc", left, right), rtol=1e-12)


def test_no_length_is_tried_twice_and_threads_are_counted() -> None:
    assert len(set(BLOCKS)) == len(BLOCKS)
    with threadpool_limits(1, "blas"):
        assert num_blas_threads() == 1
