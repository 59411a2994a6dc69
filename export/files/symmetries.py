"""The group elements that some models learn beside their networks: plain arrays in `symmetries.npz`.

    codebook          (S, K, D, D)  CFASL: K generators in each of S sections; codes (rows) move to z expm(G)
    selector_weight   (2 S + S K, 4 D) and selector_bias (2 S + S K,)  CFASL: chooses generators for a pair of images
    selector_std2     "logvar" or "mean": what the selector takes the second image's standard deviation from
    basis_0, ...      (latents of the subgroup, m, m)  Lie group: group features expm(sum_j z_j A_j), a matrix a latent
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...common.disk.arrays import TEXTS, Wanted, read_npz
from ...common.disk.files import atomic_file
from ...common.disk.reading import UnreadableError
from ..errors import ArtifactError

FILE_NAME = "symmetries.npz"


@dataclass(frozen=True)
class Selector:
    """CFASL's linear map from a pair of posteriors to switches and weights of the codebook's generators."""

    weight: np.ndarray
    bias: np.ndarray
    std2: str = "logvar"


@dataclass(frozen=True)
class Symmetries:
    """Either or both of CFASL's codebook and a Lie algebra's bases."""

    codebook: np.ndarray | None = None
    """(S, K, D, D) float32."""
    selector: Selector | None = None
    bases: tuple[np.ndarray, ...] = ()
    """A (latents, m, m) float32 array for each subgroup."""

    def __bool__(self) -> bool:
        return self.codebook is not None or bool(self.bases)


NO_SYMMETRIES = Symmetries()


def cfasl_symmetries(tensors: Mapping[str, Any], codebook: str, selector: str, std2: str) -> Symmetries:
    """Codebook and selector out of a model's tensors, by the names they have there; empty without a codebook."""
    if codebook not in tensors:
        return NO_SYMMETRIES
    elements = np.asarray(tensors[codebook], dtype=np.float32)
    num_latents = elements.shape[1]
    chooses = None
    if f"{selector}.weight" in tensors:
        weight, bias = (np.asarray(tensors[f"{selector}.{part}"], dtype=np.float32) for part in ("weight", "bias"))
        chooses = Selector(weight, bias, std2)
    return Symmetries(elements.reshape(num_latents, -1, num_latents, num_latents), chooses)


def with_bases(symmetries: Symmetries, decoder: Mapping[str, Any]) -> Symmetries:
    """The symmetries with the Lie algebra that a decoder's tensors hold, whatever it is wrapped in."""
    bases = {int(match[1]): np.asarray(tensor, dtype=np.float32) for name, tensor in decoder.items()
             if (match := re.search(r"(?:^|\.)algebra\.bases\.(\d+)$", name))}
    return dataclasses.replace(symmetries, bases=tuple(bases[i] for i in sorted(bases)))


def save_symmetries(folder: Path, symmetries: Symmetries) -> None:
    """Writes `folder`/symmetries.npz; nothing where there are no symmetries."""
    if not symmetries:
        return
    arrays = {f"basis_{i}": basis for i, basis in enumerate(symmetries.bases)}
    if symmetries.codebook is not None:
        arrays["codebook"] = symmetries.codebook
    if symmetries.selector is not None:
        arrays |= {"selector_weight": symmetries.selector.weight, "selector_bias": symmetries.selector.bias,
                   "selector_std2": np.array(symmetries.selector.std2)}
    with atomic_file(folder / FILE_NAME) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]


def load_symmetries(folder: Path) -> Symmetries:
    """What lies in `folder`/symmetries.npz; empty without the file.  Raises ArtifactError for a damaged one."""
    path = folder / FILE_NAME
    if not path.is_file():
        return NO_SYMMETRIES
    try:
        arrays = read_npz(path, _wanted)
    except UnreadableError as error:
        raise ArtifactError(f"{path} cannot be read as symmetries: {error} Export the model again.") from error
    bases = [f"basis_{i}" for i in range(sum(name.startswith("basis_") for name in arrays))]
    if missing := [name for name in bases if name not in arrays]:
        raise ArtifactError(f"{path} cannot be read as symmetries: it has no {missing[0]}. Export the model again.")
    symmetries = Symmetries(arrays.get("codebook"), _selector(arrays, path), tuple(arrays[name] for name in bases))
    _check(symmetries, path)
    return symmetries


def _wanted(name: str) -> Wanted | None:
    """What each array of the file has to be."""
    axes = {"codebook": 4, "selector_weight": 2, "selector_bias": 1}
    if name == "selector_std2":
        return Wanted(TEXTS, (0,))
    if name in axes:
        return Wanted(num_axes=(axes[name],))
    return Wanted(num_axes=(3,)) if re.fullmatch(r"basis_\d{1,4}", name) else None


def _selector(arrays: Mapping[str, np.ndarray], path: Path) -> Selector | None:
    if "selector_weight" not in arrays:
        return None
    try:
        return Selector(arrays["selector_weight"], arrays["selector_bias"], str(arrays["selector_std2"]))
    except KeyError as error:
        raise ArtifactError(f"{path} has a selector_weight, but no {error}. Export the model again.") from error


def _check(symmetries: Symmetries, path: Path) -> None:
    problems = []
    codebook, selector = symmetries.codebook, symmetries.selector
    if codebook is not None and (codebook.ndim != 4 or len({codebook.shape[0], *codebook.shape[2:]}) != 1):
        problems.append(f"codebook has shape {codebook.shape}, expected (D, K, D, D)")
    elif codebook is not None and selector is not None:
        expected = (codebook.shape[0] * (codebook.shape[1] + 2), 4 * codebook.shape[0])
        if selector.weight.shape != expected or selector.bias.shape != expected[:1]:
            problems.append(f"selector_weight has shape {selector.weight.shape}, expected {expected}")
    for i, basis in enumerate(symmetries.bases):
        if basis.ndim != 3 or basis.shape[1] != basis.shape[2]:
            problems.append(f"basis_{i} has shape {basis.shape}, expected (latents, m, m)")
    if problems:
        raise ArtifactError(f"{path} holds no symmetries as unbraid writes them: {'; '.join(problems)}. "
                            "Export the model again.")
