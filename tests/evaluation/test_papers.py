"""Scores equal those of the papers' own code on the same codes and the same random stream (make_paper_goldens.py)."""

from __future__ import annotations

import numpy as np
import pytest
from metric_worlds import WORLDS, representation
from paper_cases import NUM_PROBE_TREES, PAPERS, PROBE_CASES, PROBE_DEPTHS, curve, posterior, probe_points
from unbraid_worlds import WorldData, goldens

from unbraid.common.configuration.parsing import configured
from unbraid.evaluation.protocol.evaluate import compute_scores, load_metrics
from unbraid.evaluation.sampling.code_table import CodeTable
from unbraid.metrics.information.posterior_entropy import latent_entropies
from unbraid.metrics.random_streams import RestartingStream
from unbraid.metrics.scores.dci import completeness, disentanglement
from unbraid.metrics.scores.dci_es import explicitness_of_curve, probe_scores
from unbraid.metrics.scores.mig_qzx import gap_and_alignment

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


def test_entropies_are_those_of_the_mixture() -> None:
    stream = np.random.RandomState(0)
    means, log_variances = stream.randn(7, 2), stream.randn(7, 2)
    samples = stream.randn(3, 2)
    logs = -((samples[:, np.newaxis] - means) ** 2 / np.exp(log_variances) + log_variances + np.log(2 * np.pi)) / 2
    expected = -np.mean(np.log(np.mean(np.exp(logs), axis=1)), axis=0)
    assert latent_entropies(samples, means, log_variances) == pytest.approx(expected, abs=1e-12)


def test_gap_and_alignment() -> None:
    information = np.array([[0.6, 0.1], [0.2, 0.5], [-0.1, 0.4]])
    gap, alignment = gap_and_alignment(information, np.array([2, 4]))
    assert gap == pytest.approx((0.4 / np.log(2) + 0.1 / np.log(4)) / 2)
    assert alignment == pytest.approx((0.4 / 0.6 + 0) / 2)


def score(bindings: str, world: str, name: str, seed: int) -> dict:
    if world == "curve":
        return {"explicitness": explicitness_of_curve(*curve(seed))}
    load_metrics()
    table = representation(world, name)
    if "mig_qzx" in bindings:
        table.codes = np.concatenate(posterior(table.codes), axis=1)
    with configured((), [bindings, f"evaluation.random_seed = {seed}"]):
        return compute_scores(WorldData(WORLDS[world]), CodeTable(table), artifact_dir=None)


@pytest.mark.parametrize(("world", "name", "seed"), PROBE_CASES)
def test_probes_equal_those_of_dci_es(world: str, name: str, seed: int) -> None:
    """Their forests all start from one seed, as ours do on a stream that restarts; ours go on along it by default."""
    train, test = probe_points(world, name, seed)
    scores, importances = probe_scores(train, test, PROBE_DEPTHS, NUM_PROBE_TREES, (), RestartingStream(seed), 1)
    for depth, found, matrix in zip(PROBE_DEPTHS, scores, importances, strict=True):
        expected = RECORDED["dci_es"]["probes"][f"{world}/{name}/{seed}/{depth}"]
        np.testing.assert_allclose(found, expected["scores"], rtol=1e-12)
        np.testing.assert_allclose([disentanglement(matrix), completeness(matrix)],
                                   [expected["disentanglement"], expected["completeness"]], rtol=1e-12)


def test_every_recorded_source_is_compared() -> None:
    assert set(RECORDED) == set(PAPERS)
    assert all(set(PAPERS[source]) <= set(RECORDED[source]) for source in PAPERS)
