"""Arrays as runtimes take them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from unbraid.common.numerics.plain_arrays import plain

ARRAYS = {
    "one row backwards": np.arange(6.0).reshape(2, 3)[::-1][:1],
    "backwards": np.arange(6.0)[::-1],
    "column by column": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "other byte order": np.arange(6).astype(">i4"),
    "read only": np.broadcast_to(np.arange(3.0), (2, 3)),
    "empty": np.zeros((0, 3))[:, ::-1],
    "scalar": np.array(3.0),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
@pytest.mark.filterwarnings("error")
def test_values_stay_and_torch_takes_them(array: np.ndarray) -> None:
    found = plain(array)
    np.testing.assert_array_equal(torch.from_numpy(found).numpy(), array)
    assert found.dtype == array.dtype.newbyteorder("=")


def test_nothing_is_copied_without_need() -> None:
    array = np.arange(6.0)
    assert np.shares_memory(plain(array), array)
    assert plain(array, np.float32).dtype == np.float32
