"""Models as people write them: `encode` and `decode`, bound methods, distributions and output objects."""

from __future__ import annotations

import inspect
import itertools
import logging
import math
from collections.abc import Sequence
from typing import Any

import torch

from ...common.errors import UserError, one_sentence
from ..foreign.probing import LOG_VARIANCE_NAMES, MEAN_NAMES
from ..formats.torch_runner import flattened

logger = logging.getLogger(__name__)


class MethodModule(torch.nn.Module):
    """A method of a module, as the module's forward."""

    def __init__(self, owner: torch.nn.Module, name: str):
        super().__init__()
        self.owner, self.name = owner, name

    def forward(self, inputs: torch.Tensor) -> Any:
        return getattr(self.owner, self.name)(inputs)


class ImageModule(torch.nn.Module):
    """A decoder that returns nothing but images (N, C, H, W), whatever stands beside them in the decoder's output."""

    def __init__(self, decoder: torch.nn.Module, image_shape: Sequence[int]):
        super().__init__()
        self.decoder, self.image_shape = decoder, tuple(image_shape)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return images_among(self.decoder(codes), self.image_shape)


def as_module(model: Any) -> torch.nn.Module:
    """Returns a module, or a bound method of a module as a module.  Raises UserError for anything else."""
    if inspect.ismethod(model) and isinstance(model.__self__, torch.nn.Module):
        return MethodModule(model.__self__, model.__name__)
    if not isinstance(model, torch.nn.Module):
        raise UserError(f"Got {type(model).__name__}; expected a torch.nn.Module, or a method of one.")
    return model


def as_encoder(model: Any) -> torch.nn.Module:
    """Returns the module that gives codes: a module's `encode` if it has one, a bound method, or the module itself.

    Raises UserError for anything else."""
    module = as_module(model)
    return MethodModule(module, "encode") if callable(getattr(module, "encode", None)) else module


def decoder_of(model: Any, codes: torch.Tensor, image_shape: Sequence[int]) -> torch.nn.Module | None:
    """Returns the module's own `decode` if it makes images in [0, 1] of codes (N, D); else None, with a warning.

    image_shape: (C, H, W) of the images that the model encodes."""
    owner: Any = model.__self__ if inspect.ismethod(model) else model
    if not callable(getattr(owner, "decode", None)):
        return None
    decoder = MethodModule(owner, "decode").cpu().float().eval()
    try:
        with torch.inference_mode():
            images = images_among(decoder(codes), tuple(image_shape))
    except Exception as error:  # whatever somebody's module raises
        logger.warning("The decoder is left out: decode fails on codes %s (%s)", tuple(codes.shape),
                       one_sentence(error))
        return None
    if images.min() < 0 or images.max() > 1:
        logger.warning("The decoder is left out: decode gives no images (N, C, H, W) in [0, 1]. Give decoder= a module "
                       "that does, such as one with a sigmoid at its end.")
        return None
    return decoder


def images_among(output: Any, image_shape: tuple[int, ...]) -> torch.Tensor:
    """Returns the images (N, C, H, W) among the tensors of a decoder's output; flat images are unfolded.

    Raises UserError unless there is exactly one such tensor."""
    tensors = flattened(output)
    fitting = [tensor for tensor in tensors.values() if tensor.shape[1:] in (image_shape, (math.prod(image_shape),))]
    if len(fitting) != 1:
        raise UserError(f"The decoder returns {type(output).__name__} with {_shapes(tensors)}; expected images "
                        f"(N, {', '.join(map(str, image_shape))}).")
    return fitting[0] if fitting[0].ndim == 4 else fitting[0].unflatten(1, image_shape)


def codes_or_posterior(output: Any) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
    """Codes, or (mean, log-variance), of whatever an encoder returns: a tensor, a distribution, a tuple, a dict or an
    output object.

    Raises UserError where they cannot be told."""
    if isinstance(output, torch.Tensor):
        return output
    if (found := _of_distribution(output)) is not None:
        return found
    if isinstance(output, (tuple, list)) and not hasattr(output, "_fields"):
        distributions = [found for part in output if not isinstance(part, torch.Tensor)
                         and (found := _of_distribution(part)) is not None]
        if len(distributions) == 1:
            return distributions[0]
    return _among(flattened(output), output)


def _of_distribution(output: Any) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Mean and log-variance of an object with these properties, such as one of torch.distributions."""
    if isinstance(output, torch.distributions.Independent):
        return _of_distribution(output.base_dist)
    mean = next((value for name in ("mean", "loc", "mu") if isinstance(value := getattr(output, name, None),
                                                                      torch.Tensor)), None)
    if mean is None or isinstance(output, dict):
        return None
    if isinstance(output, torch.distributions.Distribution):
        return mean, torch.log(output.variance)
    log_variance = (getattr(output, name, None) for name in LOG_VARIANCE_NAMES)
    found = next((value for value in log_variance if isinstance(value, torch.Tensor)), None)
    return None if found is None else (mean, found)


def _among(named: dict[str, torch.Tensor], output: Any) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
    """The codes, or the pair of mean and log-variance, among all tensors of an output: told by their names, else by
    their shapes."""
    means, log_variances = ([tensor for wanted in names for name, tensor in named.items()
                             if name.lower().rpartition(".")[2] == wanted] for names in (MEAN_NAMES,
                                                                                        LOG_VARIANCE_NAMES))
    if means:
        return (means[0], log_variances[0]) if log_variances and log_variances[0].shape == means[0].shape else means[0]
    # Reconstructions (N, C, H, W) and losses () stand beside the codes in the outputs of most VAEs.
    candidates = next(filter(None, ([tensor for tensor in named.values() if tensor.ndim == number]
                                    for number in (2, 3, 4))), [])
    if len(candidates) == 1:
        return candidates[0]
    pairs = [(first, second) for first, second in itertools.combinations(candidates, 2)
             if first.shape[1:] == second.shape[1:]]
    if len(pairs) == 1:
        return pairs[0]
    inner = [value for value in getattr(output, "__dict__", {}).values() if _of_distribution(value) is not None]
    if len(inner) == 1:
        return codes_or_posterior(inner[0])
    raise UserError(f"The encoder returns {type(output).__name__} with {_shapes(named)}; expected codes (N, D), "
                    "(mean, log-variance), a distribution, or a field named mean, mu or alike. Give a method or module "
                    "that returns one of these.")


def _shapes(named: dict[str, torch.Tensor]) -> str:
    return ", ".join(f"{name} {('N', *tensor.shape[1:])}".replace("'N'", "N")
                     for name, tensor in named.items()) or "no tensors"
