"""When callbacks score, whatever the library."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from unbraid.common.errors import UserError
from unbraid.integrations.schedule import ScheduledScorer


class Table:
    headlines = {"mig/discrete_mig": 0.5}  # noqa: RUF012


def scorer(model: Any) -> Any:
    if model == "bad":
        raise UserError("codes hold nan.")
    return Table()


def test_a_step_is_scored_once_and_on_time() -> None:
    schedule = ScheduledScorer(scorer, None, 2, None, "unbraid/")  # type: ignore[arg-type]
    steps = [step for step in (0, 1, 2, 2, 3, 4) if schedule.after_step("model", step)]
    assert steps == [2, 4]
    assert schedule.after_step("model", 6) == {"unbraid/mig/discrete_mig": 0.5}
    assert not schedule.after_epoch("model", 2)


def test_an_epoch_is_scored() -> None:
    schedule = ScheduledScorer(scorer, lambda model: model.upper(), None, 3, "")  # type: ignore[arg-type]
    assert [epoch for epoch in range(1, 8) if schedule.after_epoch("model", epoch)] == [3, 6]
    assert not schedule.after_step("model", 3)


def test_what_is_wrong_at_first_is_raised_and_later_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    schedule = ScheduledScorer(scorer, None, 1, None, "")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="codes hold nan"):
        schedule.after_step("bad", 1)
    assert schedule.after_step("good", 2)
    with caplog.at_level(logging.WARNING):
        assert not schedule.after_step("bad", 3)
    assert "No scores at step 3: codes hold nan." in caplog.text


@pytest.mark.parametrize("intervals", [(None, None), (3, 3), (0, None), (None, 1.5)])
def test_exactly_one_interval_is_needed(intervals: Any) -> None:
    with pytest.raises(UserError, match="expected one of them, a whole number of at least 1"):
        ScheduledScorer(scorer, None, *intervals, "")  # type: ignore[arg-type]


def test_a_scorer_is_needed() -> None:
    with pytest.raises(UserError, match=r"scorer is a list; expected an unbraid\.Scorer"):
        ScheduledScorer([], None, 1, None, "")  # type: ignore[arg-type]
