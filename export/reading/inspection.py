"""unbraid-export --inspect: what was understood of a file, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..files.locating import ARTIFACTS, Located, locate
from ..files.record import Record
from ..foreign.graph_description import Hints
from ..foreign.probing import SHAPES
from ..foreign.trial import understand_in_trial
from ..formats import file_name, get_format
from .artifact import load_representation

if TYPE_CHECKING:
    from ..importers.unwrapping import Choice


def inspect(path: Path, hints: Hints, source: str | None = None, allow_pickled_code: bool = False,
            choice: Choice | None = None) -> str:
    """The table for an artifact of ours, a stranger's graph, or a checkpoint.

    Raises ArtifactError or one of its kinds where the file is none of these or is refused."""
    located = locate(path)
    rows = [("file", str(located.path)), ("kind", located.kind)]
    if located.kind in ARTIFACTS:
        rows += _graph_rows(located, hints)
    else:
        rows += _checkpoint_rows(path, source, allow_pickled_code, choice)
    width = max(len(what) for what, _ in rows)
    return "\n".join(f"{what.ljust(width)}  {found}" for what, found in rows)


def _graph_rows(located: Located, hints: Hints) -> list[tuple[str, str]]:
    graph = load_representation(located.path).graph  # opens it with every check
    if graph.record:
        return [*_record_rows(graph.record), ("beside it", _companions(located) or "nothing")]
    how = understand_in_trial(graph, located.kind, SHAPES, hints, located.path)
    return [("written by", "somebody else: no unbraid record inside"), *how.rows()]


def _record_rows(record: Record) -> list[tuple[str, str]]:
    source = record.source or {}
    return [("written by", f"unbraid {record.versions.get('unbraid', '')}"), ("contains", record.kind),
            ("images (C, H, W)", str(tuple(record.image_shape))), ("layout", record.image_layout),
            ("codes", f"{record.representation} of {record.num_latents} latents"),
            ("method", record.method or "unknown"), ("data set", record.data_set or "unknown"),
            ("imported from", source.get("project", "not imported"))]


def _companions(located: Located) -> str:
    file_format = get_format(located.kind)
    return ", ".join(kind for kind in ("posterior", "decoder")
                     if (located.path.parent / file_name(file_format, kind)).is_file())


def _checkpoint_rows(path: Path, source: str | None, allow_pickled_code: bool,
                     choice: Choice | None) -> list[tuple[str, str]]:
    from ..importers.import_checkpoint import import_checkpoint
    from ..importers.unwrapping import Choice

    imported, origin = import_checkpoint(path, source, allow_pickled_code, choice or Choice())
    return [("format", origin["format"]), ("project", origin["project"]),
            ("images (C, H, W)", str(imported.image_shape or "those of --data_set")),
            ("codes", f"{imported.statistic} of {imported.num_latent or 'an unknown number of'} latents"),
            ("decoder", "yes" if imported.decoder or hasattr(imported.encoder, "decode") else "no"),
            ("sha256", origin["sha256"])]
