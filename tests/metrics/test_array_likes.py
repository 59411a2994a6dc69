"""Array-likes of every kind give every metric's numbers, or are refused in one sentence that names the argument."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import cases
import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse
import torch

from unbraid import metrics, score
from unbraid.common.errors import UserError
from unbraid.metrics.catalogue import names

Form = Callable[[np.ndarray], Any]
pytestmark = pytest.mark.filterwarnings("ignore")  # undefined scores and numpy's remarks on them


def is_whole(array: np.ndarray) -> bool:
    return array.dtype.kind in "iu"


def tensor(array: np.ndarray) -> torch.Tensor:
    found = torch.from_numpy(np.array(array))
    return found if is_whole(array) else found.requires_grad_()


SAME: dict[str, Form] = {
    "nested lists": lambda array: array.tolist(),
    "lists of tensors with gradients": lambda array: [tensor(row) for row in array],
    "tensors with gradients": tensor,
    "objects": lambda array: array.astype(object),
    "columns first": np.asfortranarray,
    "every other row": lambda array: np.repeat(array, 2, axis=0)[::2],
    "big-endian": lambda array: array.astype(array.dtype.newbyteorder(">")),
    "masked, nothing masked": lambda array: np.ma.masked_array(array, np.zeros(array.shape, bool)),
    "bytes for whole numbers": lambda array: array.astype(np.uint8) if is_whole(array) else array,
    "floats for whole numbers": lambda array: array.astype(np.float64),
}
READ: dict[str, Form] = {  # to other numbers, since precision decides bins and sums
    "half precision": lambda array: array if is_whole(array) else array.astype(np.float16),
    "bfloat16": lambda array: array if is_whole(array) else tensor(array).bfloat16(),
    "extended precision": lambda array: array if is_whole(array) else array.astype(np.longdouble),
    "truth values": lambda array: array.astype(bool),
}
BAD: dict[str, Form] = {
    "complex": lambda array: array + 1j,
    "masked": lambda array: np.ma.masked_array(array, np.ones(array.shape, bool)),
    "infinite": lambda array: np.full(array.shape, np.inf),
    "NaN": lambda array: np.full(array.shape, np.nan),
    "a path": lambda array: "codes.npy",
    "text": lambda array: np.full(array.shape, "x") if not is_whole(array) else np.full(array.shape, None),
    "no points": lambda array: array[:0],
    "four more dimensions": lambda array: array[None, None, None, None],
    "flat": lambda array: array.reshape(-1) if array.ndim > 1 else array[:, None],
    "sparse": lambda array: scipy.sparse.csr_matrix(array.reshape(len(array), -1)),
    "without memory": lambda array: tensor(array).to("meta"),
}


@pytest.fixture(autouse=True)
def _in_this_process() -> Iterator[None]:
    with joblib.parallel_config("sequential"):
        yield


class InForm:
    """`unbraid.metrics` whose functions receive every array in another form."""

    def __init__(self, form: Form):
        self._form = form

    def __getattr__(self, name: str) -> Any:
        function = getattr(metrics, name)
        return lambda *arguments, **options: function(*map(self._given, arguments), **{
            key: value if key in ("random_state", "max_depths") else self._given(value)
            for key, value in options.items()})

    def _given(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self._form(value)
        if isinstance(value, (tuple, list)):
            return type(value)(map(self._given, value))
        return {key: self._given(item) for key, item in value.items()} if isinstance(value, dict) else value


def in_form(monkeypatch: pytest.MonkeyPatch, name: str, form: Form) -> Any:
    monkeypatch.setattr(cases, "metrics", InForm(form))
    return cases.EXACT[name][0]()


@pytest.mark.parametrize("name", names())
def test_other_forms_of_the_same_numbers_give_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = cases.EXACT[name][0]()
    for kind, form in SAME.items():
        found = in_form(monkeypatch, name, form)
        assert set(found) == set(expected), kind
        for key, value in expected.items():
            np.testing.assert_array_equal(np.asarray(found[key], float), np.asarray(value, float), f"{kind}: {key}")


@pytest.mark.parametrize("name", names())
def test_other_precisions_are_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for form in READ.values():
        assert set(in_form(monkeypatch, name, form))


@pytest.mark.parametrize("name", names())
def test_what_is_no_array_of_numbers_is_refused_in_a_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, form in BAD.items():
        with pytest.raises(UserError) as error:
            in_form(monkeypatch, name, form)
        text = str(error.value)
        assert "expected" in text or "cannot be read" in text or "lacks the value" in text, (kind, text)
        assert text.count("\n") == 0, kind


@pytest.mark.parametrize("name", [name for name in names() if name in cases.POINTWISE])
def test_arguments_may_be_named_and_one_point_is_refused(name: str) -> None:
    arguments = cases.POINTWISE[name]
    options = cases.OPTIONS.get(name, {})
    by_name = getattr(metrics, name)(**arguments, **options)
    assert dict(by_name).keys() == dict(getattr(metrics, name)(*arguments.values(), **options)).keys()
    with pytest.raises(UserError, match=r"codes have shape \(1, 2\); expected at least 2 points"):
        getattr(metrics, name)(**{key: first_point(value) for key, value in arguments.items()}, **options)


def first_point(value: Any) -> Any:
    return tuple(array[:1] for array in value) if isinstance(value, tuple) else value[:1]


COLOURS = np.array(["red", "green", "blue"])[cases.FACTORS[:, 1]]
LABELS: dict[str, Any] = {
    "text": np.stack([cases.FACTORS[:, 0].astype(str), COLOURS], axis=1),
    "a data frame": pd.DataFrame({"shape": cases.FACTORS[:, 0], "hue": COLOURS}),
    "categories": pd.DataFrame({"shape": cases.FACTORS[:, 0], "hue": pd.Categorical(COLOURS)}),
    "integers that may be missing": pd.DataFrame(cases.FACTORS, columns=["shape", "hue"]).astype("Int64"),
    "an arrow table": pa.table({"shape": cases.FACTORS[:, 0], "hue": pa.array(COLOURS).dictionary_encode()}),
    "a structured array": np.array(list(zip(cases.FACTORS[:, 0].tolist(), COLOURS.tolist(), strict=True)),
                                   dtype=[("shape", int), ("hue", "U5")]),
    "numbers and texts": np.stack([cases.FACTORS[:, 0].astype(object), COLOURS], axis=1),
    "dates": np.datetime64("2020-01-01") + cases.FACTORS,
    "large and negative": cases.FACTORS * 10**12 - 5,
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind_are_factors(kind: str) -> None:
    codes = cases.SAMPLE[0]
    found = metrics.mig(codes, LABELS[kind])
    assert dict(found) == pytest.approx(dict(metrics.mig(codes, cases.FACTORS)), abs=1e-12)
    assert score(codes, LABELS[kind], metrics=["mig"])["mig"]["discrete_mig"] == pytest.approx(found["discrete_mig"])


@pytest.mark.parametrize(("factors", "message"), [
    (pd.DataFrame({"hue": ["red", None, "red", "blue"]}), "column 'hue' lacks the value of 1 of 4 points"),
    (pd.DataFrame({"hue": pd.array([1, None, 2, 2], dtype="Int64")}), "column 'hue' lacks the value of 1 of 4"),
    (pa.table({"hue": ["red", None, "red", "blue"]}), "column 'hue' lacks the value of 1 of 4 points"),
    (np.ma.masked_equal(cases.BITS, 0), "factors, column 0 lacks the value of 2 of 4 points"),
    (np.where(cases.BITS, np.inf, 0.0), "factors, column 0 holds inf in row 2; expected finite numbers or labels"),
    (pd.Series([0, 1, 0, 1], name="hue"), r"have shape \(4,\); .*np.reshape\(factors, \(-1, 1\)\) makes a single col"),
    (pa.chunked_array([[0, 1, 0, 1]]), r"factors have shape \(4,\)"),
    ({"hue": [0, 1, 0, 1]}, r"factors is a dict of shape \(\); expected an array"),
    ((value for value in cases.BITS), r"factors is a generator of shape \(\)"),
])
def test_factors_that_lack_values_are_named(factors: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        metrics.mig(cases.BITS, factors)
    with pytest.raises(UserError, match=message):
        score(cases.BITS, factors, metrics=["mig"])


RANDOM = [name for name in cases.POINTWISE if "random_state" in cases.OPTIONS.get(name, {})]


@pytest.mark.parametrize("name", RANDOM)
def test_a_random_state_is_a_seed_or_a_stream(name: str) -> None:
    def call(state: Any) -> dict[str, Any]:
        return dict(getattr(metrics, name)(**cases.POINTWISE[name], **cases.OPTIONS[name] | {"random_state": state}))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert call(3) == call(np.int64(3)) == call(np.random.RandomState(3))
        assert call(np.random.default_rng(3)) == call(np.random.default_rng(3))
    for state in ("now", -1, 0.5):
        with pytest.raises(UserError, match=r"random_state is .*; expected an integer from 0 .* a numpy.random.Rand"):
            call(state)


@pytest.mark.parametrize(("library", "make"), [("jax.numpy", "asarray"), ("tensorflow", "constant")])
def test_arrays_of_other_frameworks_give_the_same(library: str, make: str) -> None:
    theirs = getattr(pytest.importorskip(library), make)
    factors = cases.FACTORS.astype(np.int32)
    codes = factors + np.random.RandomState(0).normal(size=factors.shape).astype(np.float32)
    expected = score(codes, factors, metrics=["mig", "sap"]).headlines
    assert score(theirs(codes), theirs(factors), metrics=["mig", "sap"]).headlines == expected
