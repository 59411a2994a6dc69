"""One graph in every format: converted, written, opened again, compared, and only then left in the folder."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from ..errors import ArtifactError
from ..files.record import Record
from ..formats import Format, Runner, file_name, get_format

logger = logging.getLogger(__name__)

Convert = Callable[[Format], Any]
Verify = Callable[[Runner, str], float]


def write_graph(convert: Convert, verify: Verify, record: Record, folder: Path, formats: Sequence[str],
                optional: Collection[str] = ()) -> Record:
    """Writes a graph of the record's kind in `formats`; returns the record with the largest difference of all files.

    convert: the graph in one format.  verify: from an opened file and its name to its largest difference from what it
    was made of; raises ExportMismatchError.  optional: formats that are left out, with a warning, where they cannot be.
    Raises ArtifactError for any other that cannot be."""
    differences = []
    for name in formats:
        try:
            differences.append(_write(convert, verify, record, folder, name))
        except ArtifactError as error:
            if name not in optional:
                raise
            logger.warning("Left out the format %s: %s", name, error)
            (folder / file_name(get_format(name), record.kind)).unlink(missing_ok=True)
    return dataclasses.replace(record, largest_difference=max(differences))


def _write(convert: Convert, verify: Verify, record: Record, folder: Path, name: str) -> float:
    file_format = get_format(name)
    path = folder / file_name(file_format, record.kind)
    try:
        graph = convert(file_format)
    except Exception as error:
        raise ArtifactError(f"The {record.kind} cannot be exported as {name}: {summary(error)}") from error
    file_format.save(graph, path, record)
    difference = verify(file_format.open(path, "cpu"), path.name)
    logger.info("%s verified: largest difference %.3g.", path.name, difference)
    file_format.save(graph, path, dataclasses.replace(record, largest_difference=difference))
    return difference


def summary(error: BaseException) -> str:
    """The first informative line of an exporter's report."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
