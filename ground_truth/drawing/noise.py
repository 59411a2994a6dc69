"""Random numbers too many to keep: the state of the generator is kept, and they are drawn again when looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

IMAGES_PER_BLOCK = 64


class NoiseBlock:
    """Uniform numbers of up to 64 images, as the state the generator had before it drew them (2.5 kB)."""

    def __init__(self, random_state: np.random.RandomState, shape: tuple[int, ...]):
        """Draws the numbers from `random_state`, so that it moves on as if they were kept."""
        self.shape = shape
        self.state: Any = random_state.get_state()
        random_state.random_sample(shape)

    def replay(self) -> np.ndarray:
        """The numbers, float64 in [0, 1)."""
        random_state = np.random.RandomState()
        random_state.set_state(self.state)
        return random_state.random_sample(self.shape)


def draw_noise(num: int, shape: tuple[int, ...], random_state: np.random.RandomState) -> np.ndarray:
    """The `draws` (num,) of images with uniform noise of `shape` each; entries are pairs of a block and a place in it.

    Consumes what `random_state.uniform(0, 1, (num, *shape))` would."""
    draws = np.empty(num, dtype=object)
    for start in range(0, num, IMAGES_PER_BLOCK):
        count = min(IMAGES_PER_BLOCK, num - start)
        block = NoiseBlock(random_state, (count, *shape))
        for place in range(count):
            draws[start + place] = (block, place)
    return draws


def replay_noise(draws: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(n, *shape) float64: the noise that `draws` (n,) stand for."""
    noise = np.empty((len(draws), *shape))
    rows_of_block: dict[NoiseBlock, list[int]] = {}
    for row, (block, _) in enumerate(draws):
        rows_of_block.setdefault(block, []).append(row)
    for block, rows in rows_of_block.items():
        noise[rows] = block.replay()[[draws[row][1] for row in rows]]
    return noise
