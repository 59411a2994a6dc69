"""nmichlo/disent: a Lightning checkpoint, of whose pickled objects the attributes are read as data."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Collection
from typing import Any

from ...common.errors import UserError
from ...training.architectures.sequential import LAYERS
from ..errors import ArtifactError
from .filling import Filling, Imported, Pictures, fill
from .inert_unpickling import Shell
from .registry import BaseSource, source
from .state import State

ENCODER, DECODER = "_model._encoder.model.", "_model._decoder.model."
LOSSES = ("_dfc_loss.", "_AeAndVaeMixin__recon_handler.")  # tensors of a loss, which scores need not
SWISH = "disent.nn.activations.Swish"
# cfg.recon_loss, without a kernel's name behind it, whose decoders give logits; those of the others give pictures,
# normalised as the input is.
LOSSES_OF_LOGITS = ("bce", "bernoulli", "c_bernoulli")
LOSSES_OF_PICTURES = ("mse", "mae", "normal")

Layers = list[tuple[str, dict[str, Any]]]


@source("disent")
class Disent(BaseSource):
    """Its VAEs (means first) and autoencoders, layer by layer as the pickled model has them.

    A state_dict without the model is read as Conv64, FC or Linear, which its keys tell apart, and has no decoder."""

    project = "nmichlo/disent"
    normalises = True

    def matches(self, keys: Collection[str]) -> bool:
        return any(key.startswith(ENCODER) for key in keys)

    def convert(self, state: State) -> Imported:
        model, configuration = _hyper_parameter(state, "model"), _hyper_parameter(state, "cfg")
        if not model:
            return fill(state, _published_encoder(state), ignored=(DECODER, *LOSSES))
        try:
            return _rebuilt(state, model, configuration.get("recon_loss"))
        except ArtifactError:
            raise
        except UserError as error:
            raise ArtifactError(f"The model that {state.path} describes cannot be rebuilt: {error}") from error


def _hyper_parameter(state: State, name: str) -> dict[str, Any]:
    """The attributes of an object among the hyper-parameters; none where there is no such object."""
    found = state.hyper_parameters.get(name) if isinstance(state.hyper_parameters, dict) else None
    return _attributes(found)


def _attributes(found: Any) -> dict[str, Any]:
    return found.state if isinstance(found, Shell) and isinstance(found.state, dict) else {}


def _rebuilt(state: State, model: dict[str, Any], loss: Any) -> Imported:
    sides = _children(model)
    encoder_attributes = _attributes(sides.get("_encoder"))
    image_shape, num_latent = encoder_attributes.get("_x_shape"), encoder_attributes.get("_z_size")
    if not isinstance(num_latent, int) or not isinstance(image_shape, tuple) or len(image_shape) != 3:
        raise ArtifactError(f"The model in {state.path} has no _x_shape and _z_size; expected an "
                            "AutoEncoder of disent.")
    encoder = Filling("sequential_encoder", image_shape, num_latent, layers=_layers(sides.get("_encoder")),
                      gaussian=encoder_attributes.get("_z_multiplier") == 2).take_all("layers", ENCODER)
    kind = loss if loss in (*LOSSES_OF_LOGITS, *LOSSES_OF_PICTURES) else str(loss).split("_")[0]
    if kind not in (*LOSSES_OF_LOGITS, *LOSSES_OF_PICTURES):
        return fill(state, encoder, ignored=(DECODER, *LOSSES))
    decoder = Filling("sequential_decoder", image_shape, num_latent, layers=_layers(sides.get("_decoder")))
    imported = fill(state, encoder, decoder.take_all("layers", DECODER), ignored=LOSSES)
    if kind in LOSSES_OF_LOGITS:
        return imported
    assert isinstance(imported.decoder, Pictures)
    return dataclasses.replace(imported, decoder=imported.decoder.decoder, decodes_input=True)


def _layers(side: Any) -> Layers:
    """The layers of an encoder or decoder, which the project keeps in one sequence."""
    layers: Layers = []
    for shell in _children(_attributes(_children(_attributes(side)).get("model"))).values():
        path = getattr(shell, "name", "?")
        name = "SiLU" if path == SWISH else path.removeprefix("torch.nn.modules.").split(".")[-1]
        if name not in LAYERS or not path.startswith(("torch.nn.modules.", SWISH)):
            raise ArtifactError(f"The model has a layer of the class {path}, which is not rebuilt. Known are "
                                f"{', '.join(LAYERS)}; export the model as TorchScript where it was made.")
        attributes = _attributes(shell)
        layers.append((name, {key: attributes[key] for key in LAYERS[name] if key in attributes}))
    return layers


def _children(module: dict[str, Any]) -> dict[str, Any]:
    """The submodules among a module's attributes."""
    found = module.get("_modules")
    return dict(found) if isinstance(found, dict) else {}


def _published_encoder(state: State) -> Filling:
    """Conv64, FC or Linear."""
    num_latent = state.size(f"{DECODER}0.weight", 1, default=10)
    if f"{ENCODER}0.weight" in state.tensors:
        channels = state.size(f"{ENCODER}0.weight", 1, default=1)
        layers, inputs = _convolutional(channels), 256
    else:
        channels = state.size(f"{ENCODER}1.weight", 1, default=4096) // 4096
        hidden = [1200, 1200] if f"{ENCODER}3.weight" in state.tensors else []
        layers, inputs = _dense(channels * 4096, hidden), [channels * 4096, *hidden][-1]
    outputs = state.size(f"{ENCODER}{len(layers)}.weight", 0, default=2 * num_latent)
    layers.append(("Linear", {"in_features": inputs, "out_features": outputs}))
    return Filling("sequential_encoder", (channels, 64, 64), num_latent, layers=layers,
                   gaussian=outputs != num_latent).take_all("layers", ENCODER)


def _convolutional(channels: int) -> Layers:
    layers: Layers = []
    for inputs, outputs in ((channels, 32), (32, 32), (32, 64), (64, 64)):
        layers += [("Conv2d", {"in_channels": inputs, "out_channels": outputs, "kernel_size": 4, "stride": 2,
                               "padding": 2}), ("ReLU", {})]
    return layers + _dense(1600, [256])


def _dense(num_inputs: int, hidden: list[int]) -> Layers:
    layers: Layers = [("Flatten", {})]
    for inputs, outputs in itertools.pairwise([num_inputs, *hidden]):
        layers += [("Linear", {"in_features": inputs, "out_features": outputs}), ("ReLU", {})]
    return layers
