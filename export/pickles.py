"""What a pickle would import, found by reading its opcodes; nothing is unpickled."""

from __future__ import annotations

import io
import pickletools
import zipfile

ZIP_BYTES = b"PK\x03\x04"
PICKLE_BYTES = b"\x80"
# Tensors in plain containers, as torch.save writes them.
PLAIN = ("collections.OrderedDict", "torch._utils._rebuild_tensor", "torch._utils._rebuild_parameter",
         "torch.serialization._get_layout", "torch.device", "torch.Size")


def foreign_globals(data: bytes) -> list[str]:
    """Names that unpickling `data` would import beside those of tensors in plain containers.

    Damaged pickles yield what was found before the damage, and the name "?"."""
    names: list[str] = []
    strings: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in ("GLOBAL", "INST"):
                names.append(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL":
                names.append(".".join(strings[-2:]) if len(strings) > 1 else "?")
            elif isinstance(argument, str):
                strings.append(argument)
    except ValueError:
        names.append("?")
    return [name for name in names if not name.startswith(PLAIN) and not _is_torch_type(name)]


def foreign_globals_in_zip(data: bytes, depth: int = 2) -> list[str]:
    """`foreign_globals` of every pickle in a zip archive, and in the zip archives it holds."""
    names = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            content = archive.read(member)
            if content.startswith(ZIP_BYTES) and depth:
                names += foreign_globals_in_zip(content, depth - 1)
            elif content.startswith(PICKLE_BYTES) and member.filename.endswith((".pkl", ".pt", ".pickle", ".bin")):
                names += foreign_globals(content)
    return names


def _is_torch_type(name: str) -> bool:
    """Storage classes and dtypes, such as torch.FloatStorage and torch.float32."""
    parts = name.split(".")
    return parts[0] == "torch" and len(parts) == 2 and (
        parts[1].endswith("Storage") or parts[1].startswith(("float", "int", "uint", "bfloat", "bool", "complex")))
