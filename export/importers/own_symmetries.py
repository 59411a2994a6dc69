"""The group elements in a checkpoint that unbraid-train wrote."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from ...common.configuration.parsing import config_values
from ...training.running.checkpoint import read_checkpoint
from ..files.symmetries import Symmetries, cfasl_symmetries, with_bases


def own_symmetries(model_dir: Path, decoder: nn.Module) -> Symmetries:
    """CFASL's codebook and a Lie algebra's bases; empty for a model without.  Raises CheckpointError."""
    content = read_checkpoint(model_dir)
    std2 = config_values(content["gin_config"]).get("cfasl.std2", "logvar").strip("'\"")
    found = cfasl_symmetries(content["objective"], "symmetries.codebook", "symmetries.selector", std2)
    return with_bases(found, decoder.state_dict())
