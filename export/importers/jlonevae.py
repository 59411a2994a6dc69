"""travers-rhodes/jlonevae: `model_state_dict.pt` beside `model_type.txt` and `model_args.p`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...common.disk.reading import read_text
from ...common.errors import UserError
from ..errors import ArtifactError
from ..files.pickles import read_plain_pickle
from .filling import Filling, Imported, KeyMismatchError, fill
from .registry import BaseSource, source
from .state import State

MOST_BYTES = 1 << 20  # of a text beside the weights
# What model_args.p says of the two networks that the project's scripts train, but for channels and latents.
DEFAULT = {"im_side_len": 64, "emb_conv_layers_channels": [32, 32, 64, 64], "emb_conv_layers_strides": [2, 2, 2, 2],
           "emb_conv_layers_kernel_sizes": [4, 4, 4, 4], "emb_fc_layers_num_features": [256],
           "gen_fc_layers_num_features": [256, 1024], "gen_first_im_side_len": 4,
           "gen_conv_layers_strides": [2, 2, 2, 2], "gen_conv_layers_kernel_sizes": [4, 4, 4, 4]}
TINY = {"im_side_len": 16, "emb_conv_layers_channels": [64, 128], "emb_conv_layers_strides": [2, 2],
        "emb_conv_layers_kernel_sizes": [3, 3], "emb_fc_layers_num_features": [128],
        "gen_fc_layers_num_features": [128, 1024], "gen_first_im_side_len": 4,
        "gen_conv_layers_strides": [2, 2, 1], "gen_conv_layers_kernel_sizes": [3, 3, 3]}
NUMBERS = ("im_channels", "latent_dim", *(key for key, value in DEFAULT.items() if isinstance(value, int)))
LISTS = ("gen_conv_layers_channels", *(key for key, value in DEFAULT.items() if isinstance(value, list)))

Sizes = Mapping[str, Any]


@source("jlonevae")
class JLOneVAE(BaseSource):
    """Any network of its family; without model_args.p the two that the project trains, which the kernels tell apart."""

    project = "travers-rhodes/jlonevae"

    def matches(self, keys: Collection[str]) -> bool:
        return "fcmu.weight" in keys and "emb_convs.0.weight" in keys

    def convert(self, state: State) -> Imported:
        arguments_file = state.path.parent / "model_args.p"
        if not arguments_file.is_file():
            return _filled(state, _published_sizes(state))
        sizes = _sizes_of_file(arguments_file)
        try:
            return _filled(state, sizes)
        except KeyMismatchError as error:
            raise KeyMismatchError(f"{error} Expected is what {arguments_file} says.") from error
        except UserError as error:
            raise ArtifactError(f"{arguments_file} describes no network: {error}") from error

    def check_folder(self, folder: Path, imported: Imported) -> Imported:
        type_file = folder / "model_type.txt"
        if type_file.is_file():
            _check_type(type_file)
        return imported


def _filled(state: State, sizes: Sizes) -> Imported:
    image_shape = (sizes["im_channels"], sizes["im_side_len"], sizes["im_side_len"])
    encoder = Filling("jl1_any_encoder", image_shape, sizes["latent_dim"], channels=sizes["emb_conv_layers_channels"],
                      kernels=sizes["emb_conv_layers_kernel_sizes"], strides=sizes["emb_conv_layers_strides"],
                      hidden=sizes["emb_fc_layers_num_features"])
    encoder.take("features", _names("emb_convs", sizes["emb_conv_layers_channels"])
                 + _names("emb_fcs", sizes["emb_fc_layers_num_features"])).take("head", ["fcmu", "fclogvar"])
    decoder = Filling("jl1_any_decoder", image_shape, sizes["latent_dim"], hidden=sizes["gen_fc_layers_num_features"],
                      first_side=sizes["gen_first_im_side_len"], channels=sizes["gen_conv_layers_channels"],
                      kernels=sizes["gen_conv_layers_kernel_sizes"], strides=sizes["gen_conv_layers_strides"])
    decoder.take("layers", _names("gen_fcs", sizes["gen_fc_layers_num_features"])
                 + _names("gen_convs", sizes["gen_conv_layers_channels"]))
    return fill(state, encoder, decoder)


def _names(kind: str, sizes: Sequence[int]) -> list[str]:
    return [f"{kind}.{i}" for i in range(len(sizes))]


def _published_sizes(state: State) -> Sizes:
    """Those that the project trains: the weights do not know strides and the side of the images."""
    is_tiny = state.size("emb_convs.0.weight", 2, default=4) == 3
    channels = state.size("emb_convs.0.weight", 1, default=1)
    return {**(TINY if is_tiny else DEFAULT), "im_channels": channels,
            "gen_conv_layers_channels": [*([64, 32] if is_tiny else [64, 32, 32]), channels],
            "latent_dim": state.size("fcmu.weight", 0, default=10)}


def _sizes_of_file(path: Path) -> Sizes:
    """Raises ArtifactError unless the file holds every size."""
    sizes = read_plain_pickle(path)
    if not isinstance(sizes, dict):
        raise ArtifactError(f"{path} holds a {type(sizes).__name__}; expected a dict of the network's sizes.")
    strange = [f"{key} = {sizes.get(key)}, expected a whole number" for key in NUMBERS if not _is_size(sizes.get(key))]
    strange += [f"{key} = {sizes.get(key)}, expected whole numbers" for key in LISTS if not _are_sizes(sizes.get(key))]
    strange += [f"{part}_conv_layers_channels, _strides and _kernel_sizes differ in length" for part in ("emb", "gen")
                if not strange and len({len(sizes[f"{part}_conv_layers_{what}"])
                                        for what in ("channels", "strides", "kernel_sizes")}) > 1]
    if strange:
        raise ArtifactError(f"{path} does not describe a network of jlonevae: {'; '.join(strange)}.")
    return sizes


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _are_sizes(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(map(_is_size, value))


def _check_type(path: Path) -> None:
    lines = read_text(path, "the model type of a jlonevae", MOST_BYTES).splitlines()
    found = lines[0].strip() if lines else ""
    if found != "conv_vae":
        raise ArtifactError(f"{path} says {found!r}; expected 'conv_vae', the one model type of jlonevae.")
