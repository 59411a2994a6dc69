"""Boosted trees as an estimator: what scikit-learn's `GradientBoostingClassifier()` gives, many times faster."""

from __future__ import annotations

import numpy as np

from ....common.errors import UserError
from ..exponential import is_libm_reproduced
from ..fast_paths import FastPath
from ..jobs import num_jobs, run_threads
from .columns import Columns, prepare
from .memory import Nodes, empty_nodes, make_workspace
from .splitting import tabulate_reciprocals
from .stages import add_predictions, boost_all, boost_classes, fill_residuals, sum_importances

NUM_STAGES = 100
SMALL_STAGE = 50_000  # below, threads cost more than they save


class BoostedTrees:
    """`GradientBoostingClassifier()` of scikit-learn 1.9 with its default parameters, on the same random stream.

    `TREES` says whether the installed version is equal.

    random_state: draws `num_stages` times K seeds, K = 1 for two classes, as scikit-learn does; None is numpy's
    global stream.  n_jobs: number of threads, None for the number of cores.  Trees, leaf values and importances have
    the same bits wherever codes are distinct; see `columns.prepare` for ties."""

    def __init__(self, random_state: np.random.RandomState | None = None, num_stages: int = NUM_STAGES,
                 n_jobs: int | None = None, small_stage: int = SMALL_STAGE):
        """small_stage: values (points times columns times classes) below which a stage is grown on one thread."""
        self.random_state, self.num_stages, self.n_jobs = random_state, num_stages, n_jobs
        self._small_stage = small_stage

    def fit(self, codes: np.ndarray, labels: np.ndarray) -> BoostedTrees:
        """codes: (n, D), read as float32; labels: (n,).  Raises UserError for other shapes, one class or NaN."""
        codes, labels = np.ascontiguousarray(codes, dtype=np.float32), np.asarray(labels)
        if codes.ndim != 2 or labels.shape != codes.shape[:1]:
            raise UserError(f"Boosted trees got codes {codes.shape} and labels {labels.shape}; expected (n, D) and "
                            "(n,).")
        if not np.isfinite(codes).all():
            raise UserError("Boosted trees need finite codes; these hold NaN or infinity.")
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise UserError(f"A classifier needs labels of two classes or more; all {len(labels)} are {labels[0]}.")
        num_trees = 1 if len(self.classes_) == 2 else len(self.classes_)
        stream = np.random.mtrand._rand if self.random_state is None else self.random_state
        seeds = stream.randint(0, np.iinfo(np.int32).max, size=(self.num_stages, num_trees))
        self._start = _start_values(np.bincount(numbers) / len(numbers))
        raw = np.repeat(self._start[:, np.newaxis], len(codes), axis=1)
        self.nodes = empty_nodes(self.num_stages, num_trees)
        _boost(prepare(codes, numbers), numbers, raw, seeds, self.nodes, num_jobs(self.n_jobs), self._small_stage)
        self.training_predictions_ = self._classes(raw.T)
        self._num_columns = codes.shape[1]
        return self

    @property
    def feature_importances_(self) -> np.ndarray:
        """(D,) share of each code in the decrease of impurity, summing to 1; zeros when no tree has a split."""
        sums = np.zeros(self._num_columns)
        num_trees = sum_importances(self.nodes, sums)
        if not num_trees:
            return np.zeros(self._num_columns)
        means = sums / num_trees
        return np.asarray(means / means.sum())

    def decision_function(self, codes: np.ndarray) -> np.ndarray:
        """(n, K) raw scores."""
        codes = np.ascontiguousarray(codes, dtype=np.float32)
        if codes.ndim != 2 or codes.shape[1] != self._num_columns:  # compiled loops do not check
            raise UserError(f"Boosted trees got codes of shape {codes.shape}; expected (n, {self._num_columns}), as "
                            "they were fitted.")
        raw = np.repeat(self._start[np.newaxis], len(codes), axis=0)
        parts = _chunks(len(codes), 64, num_jobs(self.n_jobs))
        run_threads(add_predictions, [(codes, self.nodes, raw, *rows) for rows in parts], self.n_jobs)
        return raw

    def predict(self, codes: np.ndarray) -> np.ndarray:
        """(n,) the class with the largest score, the first one on ties."""
        return self._classes(self.decision_function(codes))

    def _classes(self, raw: np.ndarray) -> np.ndarray:
        places = (raw[:, 0] >= 0).astype(int) if raw.shape[1] == 1 else np.argmax(raw, axis=1)
        return np.asarray(self.classes_[places])


def _start_values(shares: np.ndarray) -> np.ndarray:
    """(K,) scores before the first stage, from the share of each class."""
    from scipy.special import logit
    from scipy.stats import gmean

    shares = np.clip(shares, np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps)
    if len(shares) == 2:
        return np.asarray(logit(shares[1:]))
    return np.asarray(np.log(shares / gmean(shares[np.newaxis], axis=1)))


def _boost(columns: Columns, labels: np.ndarray, raw: np.ndarray, seeds: np.ndarray, nodes: Nodes,
           num_threads: int, small_stage: int) -> None:
    """Runs all stages; residuals by rows and trees by classes on threads where that pays."""
    num_classes, num_points = raw.shape
    residuals = np.empty_like(raw)
    reciprocals = tabulate_reciprocals(num_points)
    num_workers, is_reproduced = min(num_threads, num_classes), is_libm_reproduced()
    if small_stage and (num_workers == 1 or num_points * num_classes * len(columns.values) < small_stage):
        boost_all(columns, labels, raw, residuals, seeds, reciprocals, make_workspace(columns), nodes,
                  is_reproduced)
        return
    spaces = [make_workspace(columns) for _ in range(num_workers)]

    def boost(worker: int, stage: int, waiting: list[int]) -> None:
        of_stage = Nodes(*(array[stage] for array in nodes))
        while waiting:
            try:
                k = waiting.pop()
            except IndexError:  # another worker took the last one
                return
            boost_classes(columns, labels, raw, residuals, seeds[stage], reciprocals, spaces[worker], of_stage,
                          k, k + 1)

    for stage in range(len(seeds)):
        parts = _chunks(num_points, 256, num_threads)
        run_threads(fill_residuals, [(raw, labels, residuals, is_reproduced, *rows) for rows in parts], num_threads)
        waiting = list(range(num_classes))
        run_threads(boost, [(worker, stage, waiting) for worker in range(num_workers)], num_threads)


def _chunks(num: int, least: int, num_parts: int) -> list[tuple[int, int]]:
    """(start, end) of at most `num_parts` parts, none but the last shorter than `least`."""
    size = max(least, -(-num // num_parts))
    return [(start, min(start + size, num)) for start in range(0, num, size)]


def _has_scikit_learns_bits() -> bool:
    """Two classes and four, distinct codes and tied ones; through threads, which compiles what every problem needs."""
    from sklearn.ensemble import GradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    stream = np.random.RandomState(0)
    codes = stream.standard_normal((150, 4)).astype(np.float32)
    codes[:, 3] = np.round(codes[:, 3])
    scores = codes @ stream.standard_normal((4, 4)) + stream.gumbel(size=(150, 4))
    for num_classes in (2, 4):
        labels = np.argmax(scores[:, :num_classes], axis=1)
        ours = BoostedTrees(np.random.RandomState(1), num_stages=5, small_stage=0).fit(codes, labels)
        with threadpool_limits(1):
            theirs = GradientBoostingClassifier(n_estimators=5, random_state=np.random.RandomState(1))
            decision = theirs.fit(codes, labels).decision_function(codes)
        if not (np.array_equal(np.squeeze(ours.decision_function(codes)), decision)
                and np.array_equal(ours.feature_importances_, theirs.feature_importances_)):
            return False
    return True


TREES = FastPath("boosted trees", "scikit-learn", "1.9", _has_scikit_learns_bits)
