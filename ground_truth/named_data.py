"""The data set that gin names: `dataset.name`, as in disentanglement_lib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import gin

from ..common.checking.ranges import BETWEEN_0_AND_1
from ..common.configuration.parsing import bindings_in_use, note_used, parameters_used
from ..common.disk.file_identity import describe_files
from .bases.parts import Part, part_of
from .files.reads import noted_reads
from .ground_truth_data import GroundTruthData
from .registry import data_sets
from .sets import custom, points  # noqa: F401  (gin has to know their parameters before it parses)

IN_PYTHON = "python:"  # begins the names of data sets that are objects, which nothing but `known` can find


@gin.configurable("dataset", denylist=["known"])
def get_named_ground_truth_data(name: str = gin.REQUIRED, known: dict[str, GroundTruthData] | None = None,
                                split: Annotated[float, BETWEEN_0_AND_1] | None = None, part: Part | None = None,
                                split_seed: int = 0) -> GroundTruthData:
    """The data set `name`; made once when `known`, the data sets made so far by `data_set_key`, is given.

    split: share of the images in the part 'train'; the others are the part 'held_out'.  part: the part that is
    returned, None for the whole data set.  split_seed: seed of the division, see bases/parts.py.

    Its attribute `files` holds the files that it is read from, `parameters` those of gin that it was made with.
    Raises UnknownNameError, with suggestions, for any other name."""
    known = {} if known is None else known
    key = data_set_key(name)
    if key not in known:
        before = parameters_used()
        with noted_reads() as files:
            data: Any = data_sets()[name]()
        data.files = sorted({*files, *map(Path, getattr(data, "files", ()))})
        data.parameters = {part: values for part, values in parameters_used().items() if part not in before}
        known[key] = data
    # A configuration that finds the data set made has used these parameters, too.
    note_used(getattr(known[key], "parameters", None) or {})
    return part_of(known[key], split, part, split_seed)


def data_set_key(name: str) -> str:
    """The name, followed by what gin binds of the data set: two configurations may name two files by "custom"."""
    if name.startswith(IN_PYTHON):
        return name
    factory = getattr(data_sets()[name], "__name__", "")
    bound = [f"{key}={value}" for key, value in sorted(bindings_in_use().items())
             if key.rpartition(".")[0].split("/")[-1].split(".")[-1] == factory]
    return " ".join([name, *bound])


def data_identity(data: GroundTruthData) -> dict[str, str]:
    """Content hashes of the data set's files by name; empty for images that are drawn."""
    return describe_files(data_files(data))


def data_files(data: GroundTruthData) -> Sequence[Path]:
    """The files that a data set was read from; none for one that is drawn, or an object that names none."""
    return [Path(file) for file in getattr(data, "files", ())]
