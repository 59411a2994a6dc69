"""Fast paths and the check before their first use: a library that computes otherwise is used itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn

from unbraid.common.errors import UnknownNameError
from unbraid.metrics.estimators import fast_paths
from unbraid.metrics.estimators.fast_paths import FastPath, noted_implementations
from unbraid.metrics.estimators.logistic_regression import SOLVER
from unbraid.metrics.estimators.trees.classifier import TREES

REPORT = """
import json, logging, sys
import numpy as np
logging.basicConfig(stream=sys.stderr, format="%(message)s")
from unbraid.metrics.estimators.fast_paths import noted_implementations
from unbraid.metrics.estimators.predictors import gradient_boosting_classifier, logistic_regression_cv
from unbraid.metrics.estimators.logistic_regression import scikit_learn_model
from sklearn.ensemble import GradientBoostingClassifier
from threadpoolctl import threadpool_limits
stream = np.random.RandomState(0)
codes = stream.standard_normal((120, 5))
labels = np.argmax(codes[:, :3] + stream.gumbel(size=(120, 3)), axis=1)
with noted_implementations() as used, threadpool_limits(1):
    ours = gradient_boosting_classifier()
    ours.random_state = np.random.RandomState(3)
    theirs = GradientBoostingClassifier(random_state=np.random.RandomState(3))
    models = [model.fit(codes, labels) for model in (ours, theirs, logistic_regression_cv(), scikit_learn_model())]
scores = [models[0].feature_importances_.tolist(), models[1].feature_importances_.tolist(),
          models[2].coef_.tolist(), models[3].coef_.tolist()]
print(json.dumps({"used": used, "scores": scores, "types": [type(model).__module__ for model in models]}))
"""


def patched(folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the installed scikit-learn under its own version, one text in one file replaced; the rest is linked."""
    source, target = Path(sklearn.__file__).parent, folder / "sklearn"
    edited = Path(file)
    (target / edited.parent).mkdir(parents=True)
    for parent in (Path(), edited.parent):
        for entry in (source / parent).iterdir():
            if parent / entry.name not in (edited, edited.parent) and entry.name != "__pycache__":
                (target / parent / entry.name).symlink_to(entry)
    text = (source / edited).read_text()
    assert old in text
    (target / edited).write_text(text.replace(old, new))
    return folder


def report(folder: Path) -> tuple[dict, str]:
    """What a process that finds scikit-learn in a folder uses, its scores and its warnings."""
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", REPORT], capture_output=True, text=True, check=True,
                         env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])})
    return json.loads(run.stdout), run.stderr


@pytest.mark.parametrize(("name", "file", "old", "new", "other"), [
    ("boosted trees", "ensemble/_gb.py", "learning_rate=0.1,", "learning_rate=0.2,", "logistic regression"),
    ("logistic regression", "linear_model/_logistic.py", "max_iter=100,", "max_iter=60,", "boosted trees"),
    ("logistic regression", "linear_model/_logistic.py", "tol=1e-4,", "tol=1e-3,", "boosted trees"),
])
def test_a_changed_library_is_used_itself(tmp_path: Path, name: str, file: str, old: str, new: str, other: str) -> None:
    found, warnings = report(patched(tmp_path, file, old, new))
    installed = f"scikit-learn {sklearn.__version__}"
    assert found["used"][name] == installed
    assert found["scores"][0] == found["scores"][1]
    assert found["scores"][2] == found["scores"][3]
    assert warnings.count(name.capitalize()) == 1
    assert f"{name.capitalize()}: {installed} does not give the bits of scikit-learn 1.9, which unbraid" in warnings
    is_equal = {TREES.name: TREES, SOLVER.name: SOLVER}[other].check()
    assert found["used"][other] == (fast_paths.OURS if is_equal else installed)


def test_the_installed_library() -> None:
    """scikit-learn 1.9 is equal; another one is found equal or replaced, but never taken for equal wrongly."""
    for path in (TREES, SOLVER):
        assert path.check() == path.is_equal()
        if sklearn.__version__.startswith("1.9."):
            assert path.is_equal()


def test_what_a_block_used_is_noted_and_a_warning_said_once(caplog: pytest.LogCaptureFixture) -> None:
    path = FastPath("draws", "numpy", "0.1", lambda: False)
    with noted_implementations() as used:
        assert not path.is_equal()
        assert not path.is_equal()
    assert used == {"draws": f"numpy {np.__version__}"}
    assert caplog.text.count("Draws: numpy") == 1
    with noted_implementations() as used:
        pass
    assert used == {}


def test_a_chosen_implementation_is_noted_and_a_wrong_name_refused() -> None:
    path = FastPath("trees", "numpy", "0.1", lambda: True)
    with noted_implementations() as used:
        assert not path.serves("scikit-learn")
    assert used == {"trees": f"numpy {np.__version__}"}
    with pytest.raises(UnknownNameError, match="implementation of trees 'quick'"):
        path.serves("quick")


def test_an_error_of_a_check_is_not_taken_for_a_difference() -> None:
    def check() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        FastPath("trees", "a library", "0.1", check).is_equal()
