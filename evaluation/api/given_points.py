"""A user's own validation points: inputs of an encoder with a row of factors each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.errors import UserError
from ...common.numerics.array_likes import to_array
from ...export.reading.artifact import load_representation
from ...metrics.catalogue import declaration
from ...metrics.declaration import FROM_POINTS
from ...metrics.inputs import as_factors
from .live import as_input, asked, codes_of, module_of, nchw
from .score_table import ScoreTable
from .scoring import Chosen, check_options, score

BATCH_SIZE = 256  # inputs that are encoded at a time
CHANNELS = (1, 2, 3, 4)  # numbers of channels that images have


class GivenPoints:
    """Inputs (n, ...) and factors (n, num_factors), scored as `unbraid.score` scores codes.

    Tensors are given to an encoder as they are.  Arrays (n, H, W, C) are images, bytes or floats in [0, 1]: functions
    and artifacts get float32, modules of torch the same with the channels first."""

    def __init__(self, data: Any, metrics: Chosen, seed: int, num_points: int | None):
        """data: see `Scorer`.  Raises UserError for what is no such points, and for metrics that need more."""
        for name in metrics:
            _check_metric(name, metrics[name] if isinstance(metrics, Mapping) else {})
        self.metrics, self.seed = metrics, seed
        self.inputs, self.factors = _points(data, num_points, np.random.RandomState(seed))
        as_factors(self.factors, continuous=True)
        if isinstance(self.inputs, np.ndarray):
            _check_layout(self.inputs)

    def __call__(self, encoder: Callable[..., Any] | str | Path, n_jobs: int | None) -> ScoreTable:
        """The scores of an encoder as it is now.  Raises UserError for codes that cannot be used."""
        encode = self._encoder(encoder)
        codes = np.concatenate([self._encoded(encode, start) for start in range(0, len(self.inputs), BATCH_SIZE)])
        return score(codes, self.factors, self.metrics, self.seed, n_jobs=n_jobs)

    def _encoded(self, encode: Callable[[Any], Any], start: int) -> np.ndarray:
        batch = self.inputs[start:start + BATCH_SIZE]
        return codes_of(encode(batch), len(batch))

    def _encoder(self, encoder: Callable[..., Any] | str | Path) -> Callable[[Any], Any]:
        """A function of a batch of inputs, as they are kept."""
        if isinstance(encoder, (str, Path)):
            representation = load_representation(encoder)
            return lambda batch: representation(_as_images(batch))
        if (module := module_of(encoder)) is None:
            return lambda batch: encoder(_as_floats(batch))
        call = asked(encoder)
        return lambda batch: call(as_input(_channels_first(batch), module))


def _as_floats(batch: Any) -> Any:
    """Arrays of bytes as float32 in [0, 1]; tensors and other arrays as they are."""
    if isinstance(batch, np.ndarray) and batch.ndim == 4 and batch.dtype in (np.uint8, np.bool_):
        return batch.astype(np.float32) / np.float32(255 if batch.dtype == np.uint8 else 1)
    return batch


def _channels_first(batch: Any) -> Any:
    floats = _as_floats(batch)
    return nchw(floats) if isinstance(floats, np.ndarray) and floats.ndim == 4 else floats


def _as_images(batch: Any) -> np.ndarray:
    """(n, H, W, C) float32, of tensors (n, C, H, W) too."""
    if isinstance(batch, np.ndarray):
        return np.asarray(_as_floats(batch), dtype=np.float32)
    return np.ascontiguousarray(to_array(batch).transpose(0, 2, 3, 1), dtype=np.float32)


def _check_metric(name: str, options: Mapping[str, Any]) -> None:
    metric = declaration(name)
    if metric.needs not in FROM_POINTS:
        raise UserError(f"The metric {name!r} needs {metric.needs}, which given points and their factors do not hold. "
                        "Leave it out, or give data= the name of a data set, such as 'dsprites_full'.")
    check_options(metric, options)


def _check_layout(inputs: np.ndarray) -> None:
    """Raises UserError for arrays of images whose channels seem to come first."""
    if inputs.ndim == 4 and inputs.shape[3] not in CHANNELS and inputs.shape[1] in CHANNELS:
        raise UserError(f"data has an array of images of shape {inputs.shape}, whose channels seem to come first; "
                        "expected (n, H, W, C). Transpose it, or give a torch tensor, which is passed on as it is.")


def _points(data: Any, num_points: int | None, random_state: np.random.RandomState) -> tuple[Any, Any]:
    """Inputs and factors of a pair, a data set of pairs or batches of pairs.  Raises UserError for anything else."""
    if _is_pair(data) and hasattr(data[0], "shape"):
        inputs = data[0] if hasattr(data[0], "detach") else to_array(data[0])
        factors = _as_table(data[1])
        if len(inputs) != len(factors):
            raise UserError(f"data has {len(inputs)} inputs and {len(factors)} rows of factors; expected one row for "
                            "each input.")
        rows = _rows(len(inputs), num_points, random_state)
        return inputs[rows], factors.iloc[rows] if hasattr(factors, "iloc") else to_array(factors)[rows]
    if hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, (list, tuple, str, Mapping)):
        rows = _rows(len(data), num_points, random_state)
        return _joined([(_stack([image]), np.reshape(to_array(factors), (1, -1)))
                        for image, factors in map(_checked_pair, (data[int(row)] for row in rows))])
    if isinstance(data, Iterable) and not isinstance(data, (str, Mapping)):
        return _joined(list(_first(data, num_points)))
    raise UserError(f"data is a {type(data).__name__}; expected the name of a data set, a pair (inputs, factors) of "
                    "arrays, a torch Dataset of such pairs, or batches of them.")


def _first(batches: Iterable[Any], num_points: int | None) -> Iterable[tuple[Any, Any]]:
    """Batches until there are `num_points`, the last one cut."""
    number = 0
    for batch in batches:
        inputs, factors = _checked_pair(batch)
        left = len(inputs) if num_points is None else num_points - number
        yield inputs[:left], to_array(_as_table(factors))[:left]
        number += len(inputs[:left])
        if num_points is not None and number >= num_points:
            return
    if num_points is not None:
        raise UserError(f"num_points is {num_points}, but data has {number} points.")


def _joined(pairs: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
    if not pairs:
        raise UserError("data has no points; expected pairs (inputs, factors).")
    inputs = [inputs for inputs, _ in pairs]
    return _concatenate(inputs), np.concatenate([factors for _, factors in pairs])


def _concatenate(parts: Sequence[Any]) -> Any:
    if hasattr(parts[0], "detach"):
        import torch

        return torch.cat([part.detach().cpu() for part in parts])
    return np.concatenate([np.asarray(part) for part in parts])


def _stack(items: Sequence[Any]) -> Any:
    return items[0][None] if hasattr(items[0], "detach") else np.asarray(items[0])[None]


def _rows(number: int, num_points: int | None, random_state: np.random.RandomState) -> np.ndarray:
    """Rows in ascending order, all or `num_points` of them at random."""
    if num_points is None:
        return np.arange(number)
    if num_points > number:
        raise UserError(f"num_points is {num_points}, but data has {number} points.")
    return np.sort(random_state.choice(number, num_points, replace=False))


def _as_table(factors: Any) -> Any:
    """Factors with an axis for their number, where there is one factor."""
    return factors if len(getattr(factors, "shape", np.shape(factors))) != 1 else to_array(factors)[:, np.newaxis]


def _is_pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2


def _checked_pair(value: Any) -> tuple[Any, Any]:
    if not _is_pair(value):
        raise UserError(f"data gives a {type(value).__name__}; expected pairs (inputs, factors).")
    return value[0], value[1]
