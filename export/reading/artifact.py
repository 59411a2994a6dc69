"""Reading an exported representation: ours, or anybody's TorchScript, ONNX or torch.export file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...common.commands.wording import option
from ..errors import ArtifactError, MissingBackendError, NoModelError, UnsafeArtifactError
from ..files.bounded import check_is_file
from ..files.locating import ARTIFACTS, Located, locate, sha256_of
from ..files.record import Record
from ..foreign.adapter import ForeignRunner
from ..foreign.dill_model import DillGraph, find_dill
from ..foreign.graph_description import Hints, Understanding
from ..foreign.trial import try_out
from ..formats import FORMAT_NAMES, Format, Runner, file_name, get_format
from .batch_dependence import RowCheck
from .graph_calls import columns_of_images

logger = logging.getLogger(__name__)

BACKENDS = ("auto", *FORMAT_NAMES)
DEVICES = ("cpu", "cuda")
NO_HINTS = Hints()
ABSENT = {
    "representation": "Export a trained model with unbraid-export --model_dir ... --output_dir ...",
    "posterior": "Exports of models that give mean and log-variance hold one; an export made before unbraid wrote them "
                 "is made again with unbraid-export.",
    "decoder": "Exports of models whose checkpoint has a decoder hold one.",
}


class Representation:
    """A representation function: images (n, H, W, C) float32 in [0, 1] to codes (n, num_latents) float32.

    Swaps to the graph's (n, C, H, W), and checks what comes back."""

    code_names: Sequence[str] = ()  # artifacts do not name their codes

    def __init__(self, path: Path, backend: str, device: str, runner: Runner, hints: Hints = NO_HINTS,
                 allow_batch_dependence: bool = False):
        self.path, self.backend, self.device, self.hints = path, backend, device, hints
        self.graph = runner
        self.allow_batch_dependence = allow_batch_dependence
        self._rows = RowCheck(path, allow_batch_dependence)

    @property
    def record(self) -> Record | None:
        """What the artifact says of itself; None for a stranger's."""
        return self.graph.record

    @property
    def provider(self) -> str:
        """The execution provider or device that really runs."""
        return self.graph.provider

    @property
    def is_concurrent(self) -> bool:
        """Whether several threads, each with images of its own, make better use of the cores than one."""
        return getattr(self.graph, "takes_parts", False)

    @property
    def sha256(self) -> str:
        """Hash of the file, and of the files beside it that hold its weights, to tell artifacts apart in results."""
        return sha256_of(Located(self.path, self.backend))

    @property
    def understanding(self) -> Understanding | None:
        """How a stranger's graph is called; None for an artifact of ours, and before the first call."""
        return getattr(self.graph, "understanding", None)

    @property
    def batch_dependence(self) -> float | None:
        """The largest change of an image's code by the other images of its batch; None before the first call."""
        return self._rows.difference

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Raises InputMismatchError when the model refuses the images, ArtifactError when its codes are not 2-D, and
        BatchDependenceError, on the first call, when the code of an image depends on the other images."""
        def encode(batch: np.ndarray) -> np.ndarray:
            return columns_of_images(self.graph, batch, self.path)

        codes = encode(images)
        self._rows(encode, images)
        return codes

    def seed_noise(self, seed: int) -> None:
        """Lets what the graph draws from now on follow from the seed."""
        self.graph.seed_noise(seed)

    def is_deterministic(self, images: np.ndarray) -> bool:
        """Whether the same images get the same codes twice."""
        return bool(np.array_equal(self(images), self(images), equal_nan=True))


def load_representation(path: str | Path, backend: str = "auto", device: str = "cpu",
                        allow_pickled_code: bool = False, hints: Hints = NO_HINTS,
                        allow_batch_dependence: bool = False) -> Representation:
    """Opens an artifact: a file, a `representation/` folder, or a run that holds one.

    backend: "auto" takes the fastest that is there; "onnx", "torchscript" or "export" insist.  device: "cpu" or
    "cuda".  allow_pickled_code: also opens a pickled module, which runs code from the file.  hints: what cannot be
    found out about a stranger's graph.  allow_batch_dependence: also uses a graph whose code of an image depends on the
    other images of its batch, which is otherwise an error of the first call.
    Raises ArtifactError or one of its kinds, with what to do next."""
    file, backend, runner = _opened(Path(path), backend, device, allow_pickled_code,
                                    hints.output is None and hints.head is None)
    if runner.record and runner.record.kind != "representation":
        raise ArtifactError(f"{file} is a {runner.record.kind}, not a representation.")
    # A file with a record is called as the record promises; any other has to be understood.
    is_tried = device == "cpu" and backend in FORMAT_NAMES and not allow_pickled_code
    called = runner if runner.record else ForeignRunner(runner, hints, file, backend if is_tried else None)
    logger.info("Representation %s, backend %s, running on %s.", file, backend, runner.provider)
    return Representation(file, backend, device, called, hints, allow_batch_dependence)


def _opened(path: Path, backend: str, device: str, allow_pickled_code: bool,
            is_understood: bool) -> tuple[Path, str, Any]:
    """The file, its backend and its graph.

    is_understood: whether a pickled module is asked as an export would ask it; otherwise by its forward."""
    if dill := _only_dill(path, backend, device):
        return dill, "dill", DillGraph(dill, allow_pickled_code)
    file, backend = find_artifact(path, backend, device)
    if backend == "torchscript" and allow_pickled_code:
        return file, backend, _open_trusted(file, device, is_understood)
    return file, backend, open_artifact(file, backend, device)


def open_artifact(path: Path, backend: str, device: str) -> Runner:
    """The graph of one file, which has proved itself in a child process.  Raises ArtifactError or one of its kinds."""
    if backend != "onnx" or device == "cuda":
        from ..formats.torch_runner import check_device

        check_device(device)
    try_out(path, backend)
    return get_format(backend).open(path, device)


def find_artifact(path: Path, backend: str = "auto", device: str = "cpu",
                  kind: str = "representation") -> tuple[Path, str]:
    """The file to open and its backend, for a file or a folder.

    In a folder every format is looked for under its own name for `kind`, there and in its `representation/`."""
    formats = _formats_to_try(backend, device)
    if path.exists():
        check_is_file(path)
    if path.is_file():
        return path, _backend_of_file(path, backend)
    if not path.exists():
        raise ArtifactError(f"There is no {path}. Give an exported file, or a folder that holds one.")
    candidates = [(folder / file_name(file_format, kind), name)
                  for folder in (path, path / "representation") for name, file_format in formats.items()]
    for candidate, name in candidates:
        if candidate.is_file():
            return candidate, name
    if kind == "representation" and (found := _only_graph(path)) and found.kind in formats:
        return found.path, found.kind
    if backend == "auto" and formats.keys() != set(FORMAT_NAMES):
        return find_artifact(path, "onnx", device, kind)  # names the runtime that is missing
    names = " or ".join(sorted({candidate.name for candidate, _ in candidates}))
    raise ArtifactError(f"{path} holds no exported {kind}: expected {names}, there or in representation/. "
                        f"{ABSENT[kind]}")


def _only_graph(folder: Path) -> Located | None:
    """The one finished graph of any name in a folder or below it.  Raises ArtifactError where there are several."""
    try:
        located = locate(folder)
    except NoModelError:
        return None
    return located if located.kind in ARTIFACTS else None


def _formats_to_try(backend: str, device: str) -> dict[str, Format]:
    if backend not in BACKENDS:
        raise MissingBackendError(f"Unknown backend {backend!r}; expected one of {', '.join(BACKENDS)}.")
    if device not in DEVICES:
        raise MissingBackendError(f"Unknown device {device!r}; expected one of {', '.join(DEVICES)}.")
    names: tuple[str, ...] = FORMAT_NAMES if backend == "auto" else (backend,)
    if backend == "auto" and not _onnx_runs(device):
        names = tuple(name for name in names if name != "onnx")
    return {name: get_format(name) for name in names}


def _onnx_runs(device: str) -> bool:
    from ..formats import onnx_format

    return onnx_format.is_installed() and (device == "cpu" or onnx_format.has_cuda())


def _backend_of_file(path: Path, backend: str) -> str:
    """The backend for one file, told by its suffix; a TorchScript file may have any other."""
    by_suffix = {".onnx": "onnx", ".pt2": "export"}.get(path.suffix, "torchscript")
    if backend not in ("auto", by_suffix):
        raise ArtifactError(f"{path} is a file for the backend {by_suffix}; {option('backend', backend)} "
                            "cannot run it.")
    return by_suffix


def _only_dill(path: Path, backend: str, device: str) -> Path | None:
    """The kit's pickled function, where the path holds nothing better."""
    dill = find_dill(path)
    if dill is None or dill == path:
        return dill
    try:
        find_artifact(path, backend, device)
    except ArtifactError:
        return dill
    return None


def _open_trusted(path: Path, device: str, is_understood: bool) -> Runner:
    """TorchScript, or a module that was pickled whole."""
    try:
        return open_artifact(path, "torchscript", device)
    except UnsafeArtifactError:
        from ..formats import torchscript_format

        logger.warning("Unpickling %s, which runs code from the file, as allowed.", path)
        return torchscript_format.open_pickled_module(path, device, is_understood)
