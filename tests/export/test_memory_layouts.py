"""Every format gives for arrays in any memory layout and type what it gives for contiguous float32."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unbraid.export import load_representation
from unbraid.export.formats import FORMAT_NAMES, get_format
from unbraid.export.reading.decoder import load_decoder
from unbraid.export.reading.posterior import load_posterior

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "column by column": np.asfortranarray,
    "backwards": lambda array: np.ascontiguousarray(array[::-1])[::-1],
    "every third": lambda array: array.repeat(3, axis=0)[::3],
    "last axis mirrored": lambda array: np.ascontiguousarray(array[..., ::-1])[..., ::-1],
    "one row repeated": lambda array: np.broadcast_to(array[:1], array.shape),
    "read only": lambda array: np.frombuffer(array.tobytes(), dtype=array.dtype).reshape(array.shape),
    "other byte order": lambda array: array.astype(">f4"),
    "double": lambda array: array.astype(np.float64),
    "half": lambda array: array.astype(np.float16),
}


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Callable[[np.ndarray], np.ndarray]:
    return LAYOUTS[request.param]


@pytest.mark.filterwarnings("error:The given NumPy array")
@pytest.mark.parametrize("backend", FORMAT_NAMES)
def test_representations_and_posteriors(exported: Path, images: np.ndarray, layout, backend: str) -> None:
    moved = layout(images[:5])
    plain = np.ascontiguousarray(moved, dtype=np.float32)
    for load in (load_representation, load_posterior):
        encode = load(exported, backend)
        np.testing.assert_array_equal(encode(moved), encode(plain))


@pytest.mark.parametrize("backend", FORMAT_NAMES)
def test_decoders(exported: Path, layout, backend: str) -> None:
    moved = layout(np.random.RandomState(0).randn(5, 4).astype(np.float32))
    decode = load_decoder(exported, backend)
    plain = np.ascontiguousarray(moved, dtype=np.float32)
    np.testing.assert_array_equal(decode(moved), decode(plain))
    if decode.is_differentiable:
        np.testing.assert_array_equal(decode.derivative(moved, moved), decode.derivative(plain, plain))


@pytest.mark.parametrize("backend", FORMAT_NAMES)
def test_runners_themselves(exported: Path, images: np.ndarray, layout, backend: str) -> None:
    opened = get_format(backend)
    runner = opened.open(exported / opened.representation_file, "cpu")
    moved = layout(np.ascontiguousarray(images[:5].transpose(0, 3, 1, 2)))
    if moved.dtype.itemsize != 4:
        with pytest.raises(Exception, match=r"(?i)type"):  # the runtime's own sentence
            runner(moved)
        return
    plain = np.ascontiguousarray(moved, dtype=np.float32)
    np.testing.assert_array_equal(runner(moved), runner(plain))
    outputs = (runner.all_outputs(values, "float32").values() for values in (moved, plain))
    for found, expected in zip(*outputs, strict=True):
        np.testing.assert_array_equal(found, expected)
