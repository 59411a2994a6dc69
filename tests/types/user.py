"""The types that a user's type checker sees; scripts/typecheck.sh runs mypy over this file."""

from __future__ import annotations

from typing import assert_type

import numpy as np
import torch

import unbraid
import unbraid.metrics
from unbraid.evaluation.api.score_table import ScoreTable
from unbraid.export import Representation, load_decoder, load_posterior, load_representation
from unbraid.export.files.record import Record
from unbraid.export.reading.decoder import Decoder
from unbraid.export.reading.posterior import Posterior
from unbraid.metrics import MetricResult


def use(codes: np.ndarray, factors: np.ndarray, encoder: torch.nn.Module) -> None:
    """Never called."""
    assert_type(load_representation("runs/b"), Representation)
    assert_type(load_decoder("runs/b"), Decoder)
    assert_type(load_posterior("runs/b"), Posterior)
    assert_type(unbraid.export(encoder, "runs/b"), Record)
    assert_type(unbraid.score(codes, factors), ScoreTable)
    assert_type(unbraid.evaluate(encoder, data="dsprites_full"), ScoreTable)
    assert_type(unbraid.Scorer("dsprites_full", ["mig"])(encoder), ScoreTable)
    assert_type(unbraid.metrics.mig(codes, factors), MetricResult)
