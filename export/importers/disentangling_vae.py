"""YannDubs/disentangling-vae: `model.pt` beside `specs.json`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ...common.disk.reading import read_json
from ...common.errors import UserError
from ..errors import ArtifactError
from .filling import Filling, Imported, fill
from .registry import BaseSource, source
from .state import State

METHODS = {"VAE": "vae", "betaH": "vae", "betaB": "annealed_vae", "factor": "factor_vae", "btcvae": "beta_tc_vae"}

SPECS: dict[str, Any] = {"img_size": list[int], "latent_dim": int, "loss": str | None}
MOST_BYTES = 1 << 20


@source("disentangling_vae")
class DisentanglingVAE(BaseSource):
    """Burgess networks for 32x32 and 64x64 images; the head alternates between mean and log-variance."""

    project = "YannDubs/disentangling-vae"

    def matches(self, keys: Collection[str]) -> bool:
        return "encoder.mu_logvar_gen.weight" in keys

    def convert(self, state: State) -> Imported:
        is_large = "encoder.conv_64.weight" in state.tensors or "decoder.convT_64.weight" in state.tensors
        side = 64 if is_large else 32
        image_shape = (state.size("encoder.conv1.weight", 1, default=1), side, side)
        num_latent = state.size("encoder.mu_logvar_gen.weight", 0, default=20) // 2
        middle = ["conv_64"] if is_large else []
        encoder = Filling("burgess_encoder", image_shape, num_latent)
        encoder.take("features", [f"encoder.{name}" for name in ("conv1", "conv2", "conv3", *middle, "lin1", "lin2")])
        encoder.take_interleaved("head", "encoder.mu_logvar_gen")
        decoder = Filling("burgess_decoder", image_shape, num_latent)
        middle = ["convT_64"] if is_large else []
        decoder.take("layers", [f"decoder.{name}" for name in ("lin1", "lin2", "lin3", *middle, "convT1", "convT2",
                                                               "convT3")])
        return fill(state, encoder, decoder)

    def check_folder(self, folder: Path, imported: Imported) -> Imported:
        path = folder / "specs.json"
        return dataclasses.replace(imported, method=_method_of(path, imported)) if path.is_file() else imported


def _method_of(path: Path, imported: Imported) -> str | None:
    """What specs.json says the loss is; it has to be of the same model."""
    try:
        specs = read_json(path, SPECS, "a specs.json of disentangling-vae", MOST_BYTES)
        found = {"img_size": list(specs["img_size"]), "latent_dim": specs["latent_dim"]}
    except (UserError, KeyError) as error:
        raise ArtifactError(f"{path} is no specs.json of disentangling-vae ({error}); expected img_size and "
                            "latent_dim. Remove it: the weights say the same.") from error
    expected = {"img_size": list(imported.image_shape), "latent_dim": imported.num_latent}
    if found != expected:
        raise ArtifactError(f"{path} says {found}, but the weights beside it are of {expected}. They are not of "
                            "one run; put the right files together, or point at the weights' file in a folder of "
                            "its own.")
    return METHODS.get(specs.get("loss") or "")
