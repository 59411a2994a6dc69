"""TorchScript: what the NeurIPS 2019 challenge kit and JL1-VAE store and read as `pytorch_model.pt`.

torch deprecates it; its warnings are filtered around its calls only.  It is imported by the functions that need it, so
that a folder of ONNX files is read without torch.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...common.commands.wording import option
from ..errors import ArtifactError, UnsafeArtifactError
from ..files.bounded import advice_on_arrays, check_archive, refuse_file_operations
from ..files.pickles import PICKLE_BYTES, ZIP_BYTES, foreign_globals
from ..files.record import RECORD_NAME, Record
from .quiet_torch import quiet_torch
from .signature import UNKNOWN, Signature

if TYPE_CHECKING:
    from .torch_runner import TorchRunner

LARGEST_BATCH = 4096

suffix = ".pt"
representation_file = "pytorch_model.pt"
posterior_file = "posterior.pt"
decoder_file = "decoder.pt"


def convert(module: Any, example: Any, kind: str) -> Any:
    """Traced; verification on real images does what trace checking does, and more."""
    import torch

    with quiet_torch(), torch.no_grad():
        return torch.jit.trace(module, example, check_trace=False)


def save(graph: Any, path: Path, record: Record) -> None:
    import torch

    buffer = io.BytesIO()  # written to a path, torch aborts the process when the disk is full
    with quiet_torch():
        torch.jit.save(graph, buffer, _extra_files={RECORD_NAME: record.to_json()})
    path.write_bytes(buffer.getvalue())  # no view: kept in a traceback, it crashes CPython 3.12.1's garbage collector


def open(path: Path, device: str) -> TorchRunner:
    """Raises UnsafeArtifactError for a pickle, ArtifactError for anything else that is no TorchScript."""
    import torch

    from .torch_runner import TorchRunner

    check_is_torchscript(path)
    extra = {RECORD_NAME: ""}
    try:
        with quiet_torch():
            module = torch.jit.load(str(path), map_location=device, _extra_files=extra)
    except RuntimeError as error:
        raise ArtifactError(f"{path} is a damaged TorchScript file: {str(error).strip().splitlines()[0]}") from error
    text = extra[RECORD_NAME]
    text = text.decode() if isinstance(text, bytes) else text
    if device != "cpu":
        _check_devices(module, device, path)
    record = Record.from_json(text, path) if text else None
    return TorchRunner(module.eval(), device, record, UNKNOWN if record else _signature(module))


def _signature(module: Any) -> Signature:
    """TorchScript keeps no shapes, but a batch size written into the program is one of its constants."""
    try:
        graph = module.inlined_graph  # its nodes live as long as it does
    except RuntimeError:  # a module without forward; calling it says so
        return UNKNOWN
    nodes = graph.findAllNodes("prim::Constant")
    numbers = {node.i("value") for node in nodes if "value" in node.attributeNames() and node.kindOf("value") == "i"}
    return Signature(constants=tuple(sorted(number for number in numbers if 1 < number <= LARGEST_BATCH)))


def _check_devices(module: Any, device: str, path: Path) -> None:
    """Raises ArtifactError for a graph that makes tensors on another device: tracing writes down the one it ran on."""
    named = set(re.findall(r'Device = prim::Constant\[value="([a-z]+)', str(module.inlined_graph)))
    if others := sorted(named - {device.partition(":")[0]}):
        raise ArtifactError(f"{path} was traced on {others[0]} and makes tensors there, so it cannot run on {device}. "
                            f"Use {option('device', others[0])}, or trace it again with the model and its input on "
                            f"{device}.")


def open_pickled_module(path: Path, device: str, is_understood: bool = True) -> TorchRunner:
    """Opens a module that was pickled whole, perhaps under a key of a dict.  This runs whatever code the file names.

    is_understood: whether `encode` is asked, if there is one, and outputs are named as an export understands them."""
    from ..importers.pickled_module import UnderstoodModule, whole_module
    from ..importers.reading import unpickled
    from ..importers.unwrapping import NO_CHOICE
    from .torch_runner import TorchRunner

    content = unpickled(path, device)
    module = whole_module(content, path, NO_CHOICE)
    if module is None:
        raise ArtifactError(f"{path} holds a {type(content).__name__}; a representation must be a torch.nn.Module.")
    return TorchRunner((UnderstoodModule(module) if is_understood else module).eval(), device, None)


def check_is_torchscript(path: Path) -> None:
    """Looks at the file's bytes only; nothing in it runs."""
    start = _first_bytes(path)
    if not start.startswith(ZIP_BYTES):
        if start.startswith(PICKLE_BYTES):
            raise UnsafeArtifactError(_refusal(path, "a Python pickle"))
        raise ArtifactError(f"{path} is no model: expected TorchScript (a zip archive), found bytes "
                            f"{start[:8].hex(' ')}." + advice_on_arrays(path))
    check_archive(path)
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        if any("/code/" in member or member.endswith("/model.json") for member in members):
            refuse_file_operations(path, archive)
            return
        pickles = [member for member in members if member.endswith("data.pkl")]
        data = archive.read(pickles[0]) if pickles else b""
    if not pickles:
        raise ArtifactError(f"{path} is a zip archive, but no model: it holds {', '.join(members[:3]) or 'nothing'}."
                            + advice_on_arrays(path))
    if names := foreign_globals(data):
        raise UnsafeArtifactError(_refusal(path, f"a pickled module ({', '.join(names[:3])})"))
    raise ArtifactError(f"{path} holds weights only (a state dict), not a network. Export the module that they belong "
                        "to with unbraid.export.export_representation.")


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _refusal(path: Path, what: str) -> str:
    return (f"{path} is {what}, not TorchScript. Reading it would run code from the file, so it is refused; "
            f"if you trust where it comes from, add {option('allow_pickled_code')}.")
