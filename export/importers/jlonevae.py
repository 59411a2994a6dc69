"""travers-rhodes/jlonevae: `model_state_dict.pt` beside `model_type.txt` and `model_args.p`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..errors import ArtifactError
from ..pickles import read_plain_pickle
from .filling import Filling, Imported, fill
from .registry import BaseSource, source
from .state import State

# What model_args.p says of the two networks that the project's scripts train.
DEFAULT = {"im_side_len": 64, "emb_conv_layers_strides": [2, 2, 2, 2], "emb_conv_layers_kernel_sizes": [4, 4, 4, 4],
           "gen_conv_layers_strides": [2, 2, 2, 2], "gen_first_im_side_len": 4}
TINY = {"im_side_len": 16, "emb_conv_layers_strides": [2, 2], "emb_conv_layers_kernel_sizes": [3, 3],
        "gen_conv_layers_strides": [2, 2, 1], "gen_first_im_side_len": 4}


@source("jlonevae")
class JLOneVAE(BaseSource):
    """Four convolutions for 64x64 images, or two for 16x16 patches; the number of layers tells."""

    project = "travers-rhodes/jlonevae"

    def matches(self, keys: Collection[str]) -> bool:
        return "fcmu.weight" in keys and "emb_convs.0.weight" in keys

    def convert(self, state: State) -> Imported:
        is_tiny = state.size("emb_convs.0.weight", 2, default=4) == 3
        prefix, side, convolutions = ("jl1_tiny16", 16, 2) if is_tiny else ("jl1", 64, 4)
        image_shape = (state.size("emb_convs.0.weight", 1, default=1), side, side)
        num_latent = state.size("fcmu.weight", 0, default=10)
        encoder = Filling(f"{prefix}_encoder", image_shape, num_latent)
        encoder.take("features", [*(f"emb_convs.{i}" for i in range(convolutions)), "emb_fcs.0"])
        encoder.take("head", ["fcmu", "fclogvar"])
        decoder = Filling(f"{prefix}_decoder", image_shape, num_latent)
        decoder.take("layers", ["gen_fcs.0", "gen_fcs.1", *(f"gen_convs.{i}" for i in range(3 if is_tiny else 4))])
        return fill(state, encoder, decoder)

    def check_folder(self, folder: Path, imported: Imported) -> Imported:
        type_file, arguments_file = folder / "model_type.txt", folder / "model_args.p"
        if type_file.is_file():
            _check_type(type_file)
        if arguments_file.is_file():
            _check_arguments(arguments_file, imported)
        return imported


def _check_type(path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace")[:200].splitlines()
    found = lines[0].strip() if lines else ""
    if found != "conv_vae":
        raise ArtifactError(f"{path} says {found!r}; expected 'conv_vae', the one model type of jlonevae.")


def _check_arguments(path: Path, imported: Imported) -> None:
    """The weights do not know strides and the side of the images; the arguments do."""
    arguments = read_plain_pickle(path)
    channels, side, _ = imported.image_shape
    expected: dict[str, Any] = {**(TINY if side == 16 else DEFAULT), "im_channels": channels,
                                "latent_dim": imported.num_latent}
    if not isinstance(arguments, dict):
        raise ArtifactError(f"{path} holds a {type(arguments).__name__}; expected a dict of the network's sizes.")
    differences = [f"{key} = {_listed(arguments.get(key))}, expected {value}" for key, value in expected.items()
                   if _listed(arguments.get(key)) != value]
    if differences:
        raise ArtifactError(f"{path} does not fit the weights beside it: {'; '.join(differences)}. unbraid rebuilds "
                            "the project's networks for 64x64 and 16x16 images; score any other as its "
                            "representation/pytorch_model.pt.")


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
