"""Compiled loops and files read by offset, with arrays that lie in memory in unusual ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unbraid.ground_truth.bases.byte_images import OUT_OF_255, look_up
from unbraid.ground_truth.drawing.dsprites_raster import draw_sprites
from unbraid.ground_truth.drawing.two_colors import paint
from unbraid.ground_truth.files.arrays.open_array import array_source
from unbraid.ground_truth.sets.three_dots import draw_dots

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "column by column": np.asfortranarray,
    "backwards": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "every third": lambda array: array.repeat(3, axis=0)[::3],
    "columns mirrored": lambda array: np.ascontiguousarray(array[..., ::-1])[..., ::-1],
    "one row repeated": lambda array: np.broadcast_to(array[:1], array.shape),
    "read only": lambda array: np.frombuffer(array.tobytes(), dtype=array.dtype).reshape(array.shape),
    "other byte order": lambda array: array.astype(array.dtype.newbyteorder()),
    "narrow": lambda array: array.astype(np.uint16),
    "wide": lambda array: array.astype(np.int64),
}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Callable[[np.ndarray], np.ndarray]:
    return LAYOUTS[request.param]


def test_bytes_are_looked_up(layout) -> None:
    raw = layout(np.random.RandomState(0).randint(256, size=(7, 5, 3, 3)).astype(np.uint8))
    np.testing.assert_array_equal(look_up(raw, OUT_OF_255), OUT_OF_255[raw])


def test_sprites_are_painted(layout) -> None:
    random_state = np.random.RandomState(0)
    sprites = layout(random_state.randint(2, size=(7, 5, 4, 1)).astype(np.uint8))
    inside, outside = (layout(random_state.randint(9, size=(7, 3))) for _ in range(2))
    expected = np.where(sprites != 0, inside[:, None, None].astype(np.float32), outside[:, None, None])
    np.testing.assert_array_equal(paint(sprites, inside, outside), expected)


def test_sprites_are_drawn(layout) -> None:
    indices = np.random.RandomState(0).randint(60_000, size=9)
    np.testing.assert_array_equal(draw_sprites(layout(indices)), draw_sprites(np.array(layout(indices).tolist())))


def test_dots_are_drawn(layout) -> None:
    factors = layout(np.random.RandomState(0).randint(8, size=(9, 6)))
    np.testing.assert_array_equal(draw_dots(factors, 8), draw_dots(np.array(factors.tolist()), 8))


@pytest.mark.parametrize("dots", [[[0, 0, 0, 0, 0, 8]], [[0, 0, 0, 0, -1, 0]]])
def test_dots_outside_the_table_are_refused(dots: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"from (0|-1) to (0|8); expected 0 to 7"):
        draw_dots(np.array(dots), 8)


ROWS = {"a slice": slice(2, 9), "a slice backwards": slice(9, 2, -2), "from the end": slice(-3, None),
        "positions": np.array([5, 5, 0, 11]), "narrow positions": np.array([5, 200], dtype=np.uint8) % 12,
        "strided positions": np.arange(12)[::-3], "a mask": np.arange(12) % 5 == 1, "a list": [3, 1],
        "a mask as a list": [True] + 11 * [False], "none": np.array([], dtype=np.int64), "no list": []}


@pytest.mark.parametrize("dtype", [np.uint8, ">f4", np.float64, np.bool_])
@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_rows_of_a_file_are_those_of_the_array(rows, dtype, tmp_path: Path) -> None:
    array = np.random.RandomState(0).randint(200, size=(12, 3, 5)).astype(dtype)
    np.save(tmp_path / "array.npy", array)
    found = array_source(tmp_path / "array.npy").in_place()[rows]
    np.testing.assert_array_equal(found, array[rows])
    assert found.dtype == array.dtype


@pytest.mark.parametrize("rows", [np.array([0.5, 1.0]), np.array([True, False]), np.array([[0, 1]]), np.array([12])])
def test_rows_that_numpy_refuses_are_refused(rows, tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros((12, 3)))
    with pytest.raises(IndexError):
        array_source(tmp_path / "array.npy").in_place()[rows]
