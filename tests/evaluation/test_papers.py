"""Scores equal those of the papers' own code on the same codes and the same random stream (make_paper_goldens.py)."""

from __future__ import annotations

import numpy as np
import pytest
from metric_worlds import WORLDS, representation
from paper_cases import PAPERS
from unbraid_worlds import WorldData, goldens

from unbraid.common.configuration import configured
from unbraid.evaluation.codes import CodeTable
from unbraid.evaluation.evaluate import compute_scores, load_metrics

RECORDED = goldens("papers")
SLOW = {("review_sampled", "dci_random_forest"), ("review_sampled", "dci_lasso"), ("clgvae", "dci"), ("cfasl", "dci"),
        ("infomec", "continuous")}
METRICS = [pytest.param(source, metric, marks=[pytest.mark.slow] if (source, metric) in SLOW else [])
           for source, metrics in PAPERS.items() for metric in metrics]


@pytest.mark.parametrize(("source", "metric"), METRICS)
def test_scores_equal_the_papers_code(source: str, metric: str) -> None:
    paper, wrong = PAPERS[source][metric], {}
    for world, name, seed in paper.cases:
        found = score(paper.bindings, world, name, seed)
        for ours, theirs in paper.keys.items():
            expected = RECORDED[source][metric][f"{world}/{name}/{seed}"][theirs]
            if not np.isclose(found[ours], expected, rtol=paper.tolerance, atol=paper.tolerance, equal_nan=True):
                wrong[world, name, seed, ours] = (found[ours], expected)
    assert not wrong


def score(bindings: str, world: str, name: str, seed: int) -> dict:
    load_metrics()
    with configured((), [bindings, f"evaluation.random_seed = {seed}"]):
        return compute_scores(WorldData(WORLDS[world]), CodeTable(representation(world, name)), artifact_dir=None)


def test_every_recorded_source_is_compared() -> None:
    assert set(RECORDED) == set(PAPERS)
    assert all(set(PAPERS[source]) <= set(RECORDED[source]) for source in PAPERS)
