"""MPI3D-Multi: four MPI3D images on a 2 x 2 grid (JL1-VAE, arXiv:2106.02923)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..bases.byte_images import OUT_OF_255, ByteImages
from ..ground_truth_data import DataSet, GridGroundTruth, check_factors, sample_columns
from ..observations import LazyObservations
from ..registry import register
from .mpi3d import MPI3D, MPI3DReal

NUM_TILES = 4
# A large blue cube seen from the top before salmon: JL1-VAE overwrites whatever the first five factors say.
FROZEN = (3, 1, 1, 0, 2)
TILE_PLACES = ((0, 0), (32, 0), (0, 32), (32, 32))  # row and column of each tile's first pixel: down, then right


@register("mpi3d_multi_real_effective")
class MPI3DMultiEffective(ByteImages, GridGroundTruth):
    """The 8 factors that change the image: both axes of each of the four arms, tile by tile."""

    about = MPI3DReal.about
    pixel_values = OUT_OF_255
    grid_factor_names = tuple(f"{name}_{tile}" for tile in range(NUM_TILES) for name in ("first_dof", "second_dof"))
    grid_factor_sizes: Sequence[int] = (40,) * (2 * NUM_TILES)
    image_shape = (64, 64, 3)

    def __init__(self, mpi3d: MPI3D | None = None):
        self.mpi3d = MPI3DReal() if mpi3d is None else mpi3d
        self.grid_factor_sizes = tuple(self.mpi3d.grid_factor_sizes[len(FROZEN) :]) * NUM_TILES

    def raw(self, indices: np.ndarray, draws: np.ndarray | None = None) -> np.ndarray:
        arms = np.stack(np.unravel_index(indices, self.grid_factor_sizes), axis=1).reshape(-1, NUM_TILES, 2)
        images = np.empty((len(arms), *self.image_shape), dtype=np.uint8)
        for tile, (row, column) in enumerate(TILE_PLACES):
            factors = np.concatenate([np.tile(FROZEN, (len(arms), 1)), arms[:, tile]], axis=1)
            full_size = self.mpi3d.raw(self.mpi3d.grid_index(factors))
            images[:, row : row + 32, column : column + 32] = full_size[:, ::2, ::2]
        return images


@register("mpi3d_multi_real")
class MPI3DMulti(DataSet):
    """JL1-VAE's data set as it stands: 28 factors, 20 of which do nothing (defect kept for comparable numbers).

    JL1-VAE's own `num_factors` says 7, its `factors_num_values` has 28 entries; here both say 28."""

    about = MPI3DReal.about
    grid_factor_names = tuple(f"{name}_{tile}" for tile in range(NUM_TILES) for name in MPI3D.grid_factor_names)
    grid_factor_sizes = tuple(MPI3DReal.grid_factor_sizes) * NUM_TILES
    image_shape = MPI3DMultiEffective.image_shape

    def __init__(self, mpi3d: MPI3D | None = None):
        self.effective = MPI3DMultiEffective(mpi3d)
        self.factor_names = list(self.grid_factor_names)

    @property
    def factors_num_values(self) -> list[int]:
        return list(self.effective.mpi3d.grid_factor_sizes) * NUM_TILES

    @property
    def observation_shape(self) -> list[int]:
        return self.effective.observation_shape

    def sample_factors(self, num: int, random_state: np.random.RandomState) -> np.ndarray:
        return sample_columns(self.factors_num_values, num, random_state)

    def sample_observations_from_factors(
        self, factors: np.ndarray, random_state: np.random.RandomState
    ) -> LazyObservations:
        """Observations of the 8-factor variant: images that the dead factors cannot tell apart share an index."""
        check_factors(np.asarray(factors), self.factors_num_values, self.factor_names)
        arms = np.asarray(factors).reshape(len(factors), NUM_TILES, -1)[:, :, len(FROZEN) :]
        return self.effective.sample_observations_from_factors(arms.reshape(len(arms), -1), random_state)
