"""All generators of hostile inputs: each module registers its own when it is imported."""

from __future__ import annotations

import hostile_archives
import hostile_data
import hostile_graphs
from hostile_inputs import GENERATORS

__all__ = ["GENERATORS", "hostile_archives", "hostile_data", "hostile_graphs"]
