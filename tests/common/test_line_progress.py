"""Lines of progress for log files."""

import sys

import pytest

from unbraid.common.commands import line_progress
from unbraid.common.commands.line_progress import LineProgress, steps_progress


def test_a_line_says_how_far_it_is_and_how_long_it_takes(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr(line_progress.time, "monotonic", lambda: now[0])
    bar = LineProgress(total=1000, initial=100, unit="step")
    for _ in range(100):
        now[0] += 1
        bar.update()
        bar.set_postfix({"loss": "1.5"})
    bar.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["step 110 of 1,000, loss 1.5, 14.8 min left", "step 170 of 1,000, loss 1.5, 13.8 min left"]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_gets_a_bar(monkeypatch, is_terminal):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal, raising=False)
    bar = steps_progress(total=3, unit="step")
    assert isinstance(bar, LineProgress) != is_terminal
    bar.close()
