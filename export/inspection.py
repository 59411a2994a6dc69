"""unbraid-export --inspect: what was understood of a file, as a table."""

from __future__ import annotations

from pathlib import Path

from ..common.commands import format_table
from .artifact import load_representation
from .foreign.probing import SHAPES, understand
from .foreign.understanding import Hints
from .formats import get_format
from .locating import ARTIFACTS, Located, locate
from .record import Record


def inspect(path: Path, hints: Hints, source: str | None = None, allow_pickled_code: bool = False) -> str:
    """The table for an artifact of ours, a stranger's graph, or a checkpoint.

    Raises ArtifactError or one of its kinds where the file is none of these or is refused."""
    located = locate(path)
    rows = [("file", str(located.path)), ("kind", located.kind)]
    if located.kind in ARTIFACTS:
        rows += _graph_rows(located, hints)
    else:
        rows += _checkpoint_rows(path, source, allow_pickled_code)
    return format_table(["what", "found"], rows)


def _graph_rows(located: Located, hints: Hints) -> list[tuple[str, str]]:
    load_representation(located.path)  # opens it with every check
    graph = get_format(located.kind).open(located.path, "cpu")
    if graph.record:
        return _record_rows(graph.record)
    return [("written by", "somebody else: no unbraid record inside"),
            *understand(graph, SHAPES, hints, located.path).rows()]  # type: ignore[arg-type]


def _record_rows(record: Record) -> list[tuple[str, str]]:
    source = record.source or {}
    return [("written by", f"unbraid {record.versions.get('unbraid', '')}"), ("contains", record.kind),
            ("images (C, H, W)", str(tuple(record.image_shape))), ("layout", record.image_layout),
            ("codes", f"{record.representation} of {record.num_latents} latents"),
            ("method", record.method or "unknown"), ("data set", record.data_set or "unknown"), ("imported from", source.get("project", "not imported"))]


def _checkpoint_rows(path: Path, source: str | None, allow_pickled_code: bool) -> list[tuple[str, str]]:
    from .importers.import_checkpoint import import_checkpoint

    imported, origin = import_checkpoint(path, source, allow_pickled_code)
    return [("format", origin["format"]), ("project", origin["project"]),
            ("images (C, H, W)", str(imported.image_shape)), ("codes", f"{imported.num_latent} latents"),
            ("decoder", "yes" if imported.decoder is not None else "no"), ("sha256", origin["sha256"])]
