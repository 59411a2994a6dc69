"""`disentanglement_lib.data.ground_truth.util`: state spaces, for data sets written for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class SplitDiscreteStateSpace:
    """Factors of which some are latent, that is exposed, and the others are drawn with each observation."""

    def __init__(self, factor_sizes: Sequence[int], latent_factor_indices: Sequence[int]):
        self.factor_sizes, self.num_factors = factor_sizes, len(factor_sizes)
        self.latent_factor_indices = latent_factor_indices
        self.observation_factor_indices = [index for index in range(self.num_factors)
                                           if index not in latent_factor_indices]

    @property
    def num_latent_factors(self) -> int:
        return len(self.latent_factor_indices)

    def sample_latent_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        """(num, number of latent factors) int64, one draw for each column."""
        factors = np.zeros((num, len(self.latent_factor_indices)), dtype=np.int64)
        for column, index in enumerate(self.latent_factor_indices):
            factors[:, column] = self._sample_factor(index, num, random_state)
        return factors

    def sample_all_factors(self, latent_factors: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        """(num, number of factors) int64: the latent ones as given, the others drawn in ascending order."""
        factors = np.zeros((len(latent_factors), self.num_factors), dtype=np.int64)
        factors[:, self.latent_factor_indices] = latent_factors
        for index in self.observation_factor_indices:
            factors[:, index] = self._sample_factor(index, len(latent_factors), random_state)
        return factors

    def _sample_factor(self, index: int, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return random_state.randint(self.factor_sizes[index], size=num)


class StateSpaceAtomIndex:
    """Rows of a table of all combinations of factors, by combination."""

    def __init__(self, factor_sizes: Sequence[int], features: np.ndarray):
        """features: (number of combinations, number of factors).  Raises ValueError unless each occurs once."""
        self.factor_sizes = factor_sizes
        num_states = int(np.prod(factor_sizes))
        states = self._states(features)
        if len(np.unique(states)) != num_states or len(states) != num_states:
            raise ValueError("Features matrix does not match the factor sizes.")
        self._rows = np.zeros(num_states, dtype=np.int64)
        self._rows[states] = np.arange(num_states)

    def features_to_index(self, features: np.ndarray) -> np.ndarray:
        """Row (n,) of each combination (n, number of factors)."""
        return self._rows[self._states(features)]

    def _states(self, features: np.ndarray) -> np.ndarray:
        return np.ravel_multi_index(tuple(np.asarray(features, dtype=np.int64).T), tuple(self.factor_sizes))
