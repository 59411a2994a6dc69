"""Reasons for undefined scores call factors by their names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import unbraid
from unbraid.metrics.undefined import UndefinedScoreWarning, factor_labels, named_factors, one_value

CODES = np.random.RandomState(0).randn(60, 3)
FACTORS = np.stack([np.zeros(60, int), np.arange(60) % 3, np.arange(60) // 3 % 4], axis=1)


@pytest.mark.parametrize("metric", ["mig", "sap_score", "modularity_explicitness", "dci", "explicitness", "infomec",
                                    "downstream_task", "dci_regression"])
@pytest.mark.parametrize(("factors", "subject"), [
    (pd.DataFrame(FACTORS, columns=["shape", "scale", "x"]), "Factor shape takes one value"),
    (FACTORS, "Factor 0 takes one value")], ids=["named", "numbered"])
def test_a_factor_of_one_value_is_called_by_its_name(metric: str, factors, subject: str) -> None:
    with pytest.warns(UndefinedScoreWarning) as caught:
        unbraid.score(CODES, factors, metrics=[metric])
    assert any(subject in str(warning.message) for warning in caught)
    assert not any("[" in str(warning.message) for warning in caught)


def test_labels_agree_with_their_verb() -> None:
    assert one_value([1, 2]) == "factors 1, 2 take one value"
    assert one_value([]) == "no factor takes one value"
    with named_factors(["a", "b"]):
        assert one_value([1]) == "factor b takes one value"
        assert factor_labels([1, 2]) == "factors b, 2", "columns beyond the names keep their numbers"
    assert factor_labels([1]) == "factor 1"


def test_the_protocol_knows_the_names_of_the_data_set(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    images = np.random.RandomState(0).randint(256, size=(60, 8, 8, 1)).astype(np.uint8)
    np.savez(tmp_path / "mine.npz", images=images, factors=FACTORS, factor_names=np.array(["shape", "scale", "x"]))
    unbraid.evaluate(lambda images: images.reshape(len(images), -1)[:, :3], data=tmp_path / "mine.npz", metrics=["mig"],
                     bindings=["mig.num_train = 60"])
    assert "Factor shape takes one value in the sample" in caplog.text
