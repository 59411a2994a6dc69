"""amir-abdi/disentanglement-pytorch: the file `last`, or the TorchScript it exports."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import ArtifactError
from .filling import Filling, Imported, fill
from .registry import BaseSource, source
from .state import State

SIMPLE = [0, 2, 4, 6, 8, 10]
PADLESS = [0, 2, 4, 6, 8]


@source("disentanglement_pytorch")
class DisentanglementPytorch(BaseSource):
    """Network G of the VAE and AE families; the first half of a Gaussian encoder's output is the mean."""

    project = "amir-abdi/disentanglement-pytorch"

    def matches(self, keys: Collection[str]) -> bool:
        return any(key.startswith(("encoder.main.", "z_encoder.main.", "tiler.main.")) for key in keys)

    def convert(self, state: State) -> Imported:
        if any(key.startswith(("tiler.", "z_encoder.")) for key in state.tensors):
            raise ArtifactError(f"{state.path} is a conditional VAE of {self.project}: its networks also take labels, "
                                "so it is no representation of images alone. Export the part that is one with "
                                "unbraid.export.export_representation.")
        if "encoder.main.1.weight" in state.tensors:
            return _dense(state)
        return _convolutional(state)


def _convolutional(state: State) -> Imported:
    """SimpleConv64 (4x4 kernels, padding 1) or PadlessConv64 (3x3 kernels), as a VAE or as an autoencoder."""
    is_padless = state.size("encoder.main.0.weight", 2, default=4) == 3
    layers, head = (PADLESS, 11) if is_padless else (SIMPLE, 13)
    image_shape = (state.size("encoder.main.0.weight", 1, default=1), 64, 64)
    num_latent, is_gaussian = _head(state, f"encoder.main.{head}.weight")
    channels = [32, 32, 64, 128, 256, 256][: len(layers)]
    encoder = Filling("plain_conv_encoder", image_shape, num_latent, channels=channels, kernel=3 if is_padless else 4,
                      padding=0 if is_padless else 1, hidden=[], gaussian=is_gaussian)
    encoder.take("features", [f"encoder.main.{i}" for i in layers])
    return fill(state, _take_head(encoder, f"encoder.main.{head}", is_gaussian), _decoder(state, image_shape))


def _dense(state: State) -> Imported:
    """ShallowGaussianLinear or DeepGaussianLinear, with two heads."""
    num_layers = state.count(lambda i: f"encoder.main.{2 * i + 1}.weight")
    rows = [state.size(f"encoder.main.{2 * i + 1}.weight", 0, default=400) for i in range(num_layers)]
    image_shape = (state.size("encoder.main.1.weight", 1, default=4096) // 4096, 64, 64)
    num_latent = state.size("encoder.head_mu.weight", 0, default=10)
    encoder = Filling("plain_dense_encoder", image_shape, num_latent, hidden=rows)
    encoder.take("features", [f"encoder.main.{2 * i + 1}" for i in range(num_layers)])
    encoder.take("head", ["encoder.head_mu", "encoder.head_logvar"])
    return fill(state, encoder, _decoder(state, image_shape))


def _decoder(state: State, image_shape: tuple[int, int, int]) -> Filling:
    num_latent = state.size(_decoder_input(state), 1, default=10)
    if "decoder.main.0.weight" not in state.tensors:
        decoder = Filling("simple_conv64_decoder", image_shape, num_latent)
        return decoder.take("layers", [f"decoder.main.{i}" for i in (1, 3, 5, 7, 9, 11, 13)])
    num_layers = state.count(lambda i: f"decoder.main.{2 * i}.weight")
    hidden = [state.size(f"decoder.main.{2 * i}.weight", 0, default=400) for i in range(num_layers - 1)]
    decoder = Filling("plain_dense_decoder", image_shape, num_latent, hidden=hidden)
    return decoder.take("layers", [f"decoder.main.{2 * i}" for i in range(num_layers)])


def _decoder_input(state: State) -> str:
    return "decoder.main.0.weight" if "decoder.main.0.weight" in state.tensors else "decoder.main.1.weight"


def _head(state: State, key: str) -> tuple[int, bool]:
    """Number of latents, and whether the head also has log-variances: only the decoder's input tells."""
    outputs = state.size(key, 0, default=20)
    num_latent = state.size(_decoder_input(state), 1, default=outputs // 2)
    return num_latent, outputs != num_latent


def _take_head(encoder: Filling, layer: str, is_gaussian: bool) -> Filling:
    return encoder.take_halves("head", layer) if is_gaussian else encoder.take_layer("head", layer)
