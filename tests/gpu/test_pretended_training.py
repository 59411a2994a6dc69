"""Every training config on a pretended card: nothing mixed, no waiting within an update, the CPU's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from pretended_card import NAME, Events, pretended_card
from torch.utils._pytree import tree_leaves
from trainings import every_config, training

from unbraid.training.data.labelled import PartlyLabelled
from unbraid.training.data.pairs import Pairs
from unbraid.training.losses.decoder_jacobian import NORMS, _all_at_once, _one_by_one
from unbraid.training.losses.matrix_exponential import fixed_matrix_exp
from unbraid.training.objectives.objective import stacked
from unbraid.training.running.callbacks import MeanEncoder
from unbraid.training.running.checkpoint import read_checkpoint
from unbraid.training.running.loop import update
from unbraid.training.running.results import mean_terms
from unbraid.training.running.state import RunState

LAST_STEP = 10**6  # every warm-up is over
RELATIVE = 2e-3  # a matrix exponential or a finite difference computed otherwise, in float32


def tensors_of(batch: Any) -> list[torch.Tensor]:
    """The tensors of a batch, on the CPU."""
    parts = vars(batch) if isinstance(batch, (Pairs, PartlyLabelled)) else {"images": batch}
    return [part.detach().cpu() for part in parts.values()]


def some_updates(state: RunState, events: Events | None = None) -> list[torch.Tensor]:
    """The terms of two updates, whose events are the second one's."""
    torch.manual_seed(0)
    rows, model = [], state.model.train()
    for _ in range(2):
        if events is not None:
            events.clear()
        losses = model(next(state.batches), LAST_STEP)
        update(losses, state.optimizers, LAST_STEP)
        rows.append(stacked(losses.terms, torch.float32))
    return rows


@pytest.mark.parametrize("config", every_config())
def test_an_update_and_an_evaluation(config: Path) -> None:
    with training(config) as state:
        expected = [row.cpu() for row in some_updates(state)]
    with pretended_card() as events, training(config, device=NAME) as state:
        found = some_updates(state, events)
        assert not events.blocking
        assert events.kernels > 20
        events.clear()
        mean_terms(state.model, state.evaluation_batches(), 2, LAST_STEP)
        assert sum(events.blocking.values()) == 1
        rows = [row.cpu() for row in found]
    for ours, theirs in zip(rows, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=RELATIVE, atol=RELATIVE)


@pytest.mark.parametrize("config", every_config())
def test_a_seed_gives_the_same_batches(config: Path) -> None:
    with training(config) as state:
        expected = [tensors_of(next(state.batches)) for _ in range(2)]
    with pretended_card() as events, training(config, device=NAME) as state:
        events.clear()
        batches = [next(state.batches) for _ in range(2)]
        assert not events.blocking
        found = [tensors_of(batch) for batch in batches]
    for ours, theirs in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("config", every_config(few=True))
def test_a_checkpoint_goes_from_the_card_to_a_machine_without_one_and_back(config: Path, tmp_path: Path) -> None:
    with pretended_card(), training(config, device=NAME) as state:
        state.model_dir = tmp_path
        some_updates(state)
        state.save()
        expected = [row.cpu() for row in some_updates(state)]
    content = read_checkpoint(tmp_path)
    assert all(type(value) is torch.Tensor for value in tree_leaves(content) if isinstance(value, torch.Tensor))
    with pretended_card() as events, training(config, device=NAME) as state:
        state.model_dir = tmp_path
        state.restore()
        found = [row.cpu() for row in some_updates(state, events)]
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(found, expected, strict=True))
    with training(config) as state:
        state.model_dir = tmp_path
        state.restore()
        on_cpu = some_updates(state)
    torch.testing.assert_close(on_cpu[0], expected[0], rtol=RELATIVE, atol=RELATIVE)


@pytest.mark.parametrize("config", every_config())
def test_the_encoder_of_callbacks(config: Path) -> None:
    with pretended_card() as events, training(config, device=NAME) as state:
        images = state.batches.data.sample_observations(5, state.batches.random_state)
        events.clear()
        codes = MeanEncoder(state.model.encoder, NAME)(images)
        assert list(events.blocking.values()) == [1]
    assert codes.shape == (5, state.model.num_latent)


@pytest.mark.parametrize("norm", NORMS)
def test_all_columns_of_the_jacobian_at_once_are_those_one_by_one(norm: str) -> None:
    decoder = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 7)).double()
    latents, parameters = torch.randn(4, 3, dtype=torch.float64), list(decoder.parameters())
    for ours, theirs in zip(*(compute(decoder, parameters, latents, NORMS[norm], 1e-3)
                              for compute in (_all_at_once, _one_by_one)), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert _all_at_once(decoder, [], latents, NORMS[norm], 1e-3)[1] == []


@pytest.mark.parametrize("norm", [0.01, 1.0, 10.0, 80.0])
def test_the_fixed_matrix_exponential(norm: float) -> None:
    matrices = torch.randn(20, 10, 10)
    matrices *= norm / torch.linalg.matrix_norm(matrices, 1)[:, None, None]
    exact = torch.matrix_exp(matrices.double())
    found = fixed_matrix_exp(matrices.requires_grad_())
    assert float((found.detach().double() - exact).norm() / exact.norm()) < 1e-5
    doubles = matrices.detach().double().requires_grad_()
    pull = torch.randn(20, 10, 10)
    ours = torch.autograd.grad(found, matrices, pull)[0]
    theirs = torch.autograd.grad(torch.matrix_exp(doubles), doubles, pull.double())[0]
    assert float((ours.double() - theirs).norm() / theirs.norm()) < 1e-5
