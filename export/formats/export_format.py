"""`torch.export`: the successor of TorchScript, a `.pt2` file.  torch is imported as in torchscript_format."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ArtifactError, UnsafeArtifactError
from ..files.bounded import check_archive, refuse_file_operations
from ..files.pickles import foreign_globals_in_zip
from ..files.record import RECORD_NAME, Record
from .signature import UNKNOWN, Signature

if TYPE_CHECKING:
    from .torch_runner import TorchRunner

suffix = ".pt2"
representation_file = "representation.pt2"
posterior_file = "posterior.pt2"
decoder_file = "decoder.pt2"


def convert(module: Any, example: Any, kind: str) -> Any:
    """With a batch of at least 2: a batch of 1 would be taken for a constant."""
    import torch

    with torch.no_grad():
        return torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("batch")},))


def save(graph: Any, path: Path, record: Record) -> None:
    import torch

    buffer = io.BytesIO()  # see torchscript_format
    torch.export.save(graph, buffer, extra_files={RECORD_NAME: record.to_json()})
    path.write_bytes(buffer.getvalue())


def open(path: Path, device: str) -> TorchRunner:
    """Raises ArtifactError for a file that torch.export did not write, UnsafeArtifactError for a foreign pickle in it.

    torch unpickles parts of a .pt2 file, so what they would import is looked at first."""
    import torch

    from .torch_runner import TorchRunner

    check_archive(path)
    with zipfile.ZipFile(path) as archive:
        refuse_file_operations(path, archive)
    names = foreign_globals_in_zip(path.read_bytes())
    if names:
        raise UnsafeArtifactError(f"{path} holds a pickle that would run code when read ({', '.join(names[:3])}), "
                                  "which torch.export does not write. It is refused; ask its author for an ONNX file.")
    extra = {RECORD_NAME: ""}
    try:
        program = torch.export.load(str(path), extra_files=extra)
    except Exception as error:
        raise ArtifactError(f"{path} cannot be read as a torch.export file: "
                            f"{str(error).strip().splitlines()[0]}") from error
    text = extra[RECORD_NAME]
    if device != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, device)  # also constants, and tensors that the graph makes itself
    return TorchRunner(program.module(), device, Record.from_json(text, path) if text else None, _signature(program))


def _signature(program: Any) -> Signature:
    import torch

    names = program.graph_signature.user_inputs
    values = [node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder" and node.name in names]
    if len(values) != 1 or not isinstance(values[0], torch.Tensor):
        return UNKNOWN
    shape = tuple(size if isinstance(size, int) else None for size in values[0].shape)
    return Signature(shape, str(values[0].dtype).removeprefix("torch."))
