"""An affine map of codes, as part of an exported graph, and its inverse, as part of the decoder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...common.errors import UserError


@dataclass(frozen=True)
class AffineMap:
    """latents (n, D) -> codes (latents - center) @ matrix + offset, (n, K), in float64.

    center: (D,).  matrix: (D, K).  offset: (K,).  inverse: (K, D), back to latents: exactly where K = D and the matrix
    is regular, else as near as K codes can tell.  description: what was fitted on what, for the record."""

    center: np.ndarray
    matrix: np.ndarray
    offset: np.ndarray
    inverse: np.ndarray
    description: dict[str, Any] = field(default_factory=dict)

    def __call__(self, latents: np.ndarray) -> np.ndarray:
        """Codes (n, K) of latents (n, ...), whose axes beyond the first are taken as one."""
        return (_flat(latents) - self.center) @ self.matrix + self.offset

    def check_width(self, num_latents: int) -> None:
        """Raises UserError unless it takes that many latents."""
        if num_latents != len(self.center):
            raise UserError(f"The post-processing ({self.description.get('name', 'a map')}) takes {len(self.center)} "
                            f"latents, but the model gives {num_latents}; fit it on codes of this model.")

    def back(self, codes: np.ndarray) -> np.ndarray:
        """Latents (n, D) of codes (n, K)."""
        return (codes - self.offset) @ self.inverse + self.center


def _flat(latents: np.ndarray) -> np.ndarray:
    return np.asarray(latents, dtype=np.float64).reshape(len(latents), -1)
