"""Generators of hostile data: files of codes and factors, tables, and folders of pictures."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hostile_inputs import _damaged, _npy_contents, generator
from hostile_judge import CANARY, Input
from PIL import Image

NUM_POINTS = 24
EPS = (f"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n({CANARY}) (w) file closefile\nshowpage\n"
       "%%EOF\n").encode()
NASTY_CELLS = ["", "nan", "inf", "1e999", "x", "0x10", "²", "9" * 400, "9" * 5000, "\x00", "=1+1", "é", '"', "\n", "-0",
               "1e-320", "/etc/passwd", "../000.png", "\u202e", "True", " ", "x" * 200_000]
NASTY_ITEMS: list[Any] = [None, [], {}, [1], {"a": 1}, True, "", "x", -1, 10**30, 10**400, 1.5, float("nan"), "\ud800"]


def png(width: int, height: int, rows: bytes) -> bytes:
    """A picture of one bit per pixel, whatever its data are."""
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9))
            + chunk(b"IEND", b""))


def table_text(draw: random.Random, names: list[str], rows: list[list[Any]]) -> bytes:
    """CSV in which a cell, a name, a line or the encoding is not as it should be."""
    rows, names = [[str(cell) for cell in row] for row in rows], list(names)
    change = draw.choice(["cell", "name", "line", "names", "delimiter", "bytes", "encoding"])
    if change == "cell":
        draw.choice(rows)[draw.randrange(len(names))] = draw.choice(NASTY_CELLS)
    elif change == "name":
        names[draw.randrange(len(names))] = draw.choice(["", *names, *NASTY_CELLS])
    elif change == "line":
        rows.insert(draw.randrange(len(rows)), draw.choice([[], ["1"], ["1"] * 9]))
    elif change == "names":
        names = draw.choice([[""] * len(names), ["1"] * len(names), names[:1], []])
    text = io.StringIO()
    csv.writer(text, delimiter=draw.choice(";\t|") if change == "delimiter" else ",").writerows([names, *rows])
    content = text.getvalue().encode(draw.choice(["utf-16", "latin-1"]) if change == "encoding" else "utf-8", "replace")
    return _damaged(draw, content) if change == "bytes" else content


def json_lines(draw: random.Random, names: list[str], rows: list[list[Any]]) -> bytes:
    """JSON lines with an item, a key or the nesting of another kind."""
    lines = [dict(zip(names, row, strict=True)) for row in rows]
    line = draw.choice(lines)
    line[draw.choice([*names, "other"])] = draw.choice(NASTY_ITEMS)
    text = "\n".join(map(json.dumps, lines))
    return draw.choice([text, text + "\n" + "[" * 100_000, text + "\n{", "[]\n" * 5, text.replace("0", "9" * 5000, 1)]
                       ).encode()


def parquet(draw: random.Random, names: list[str], rows: list[list[Any]]) -> bytes:
    """A parquet file with a column of another type, two of one name, without rows, or damaged."""
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    number = len(rows)
    nasty = [pa.array([b"\xff"] * number, pa.binary()), pa.array([1] * number, pa.decimal128(9)), pa.nulls(number),
             pa.array([1] * number, pa.timestamp("s")), pa.array([[1, 2]] * number), pa.array([{"a": 1}] * number),
             pa.array([[1] * (row % 3) for row in range(number)]), pa.array([None, *[1] * (number - 1)]),
             pa.array([True] * number), pa.array(["x"] * number), pa.array([2**63] * number, pa.uint64())]
    place = draw.randrange(len(names))
    names = [*names, draw.choice([names[0], "extra"])]
    columns = [*columns[:place], draw.choice(nasty), *columns[place:]]
    table = pa.Table.from_arrays(columns, names=names)
    buffer = io.BytesIO()
    pq.write_table(table if draw.random() < 0.9 else table.slice(0, 0), buffer)
    return buffer.getvalue() if draw.random() < 0.8 else _damaged(draw, buffer.getvalue())


TABLES: dict[str, Callable[[random.Random, list[str], list[list[Any]]], bytes]] = {
    ".csv": table_text, ".tsv": table_text, ".jsonl": json_lines, ".parquet": parquet}


def _replaced(draw: random.Random, path: Path) -> str:
    """Puts something that is no file in a file's place."""
    what = draw.choice(["pipe", "folder", "/dev/zero", "loop", "nothing"])
    path.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what != "nothing":
        path.symlink_to(path.name if what == "loop" else what)
    return what


@generator("codes file")
def codes_file(draw: random.Random, world: Path) -> Input:
    """Codes and factors in files of their own, one of which is not what it should be."""
    values = np.random.RandomState(0).randn(NUM_POINTS, 3)
    factors = np.array([[point // 4, point % 4] for point in range(NUM_POINTS)])
    np.save(world / "codes.npy", values)
    np.save(world / "factors.npy", factors)
    is_codes = draw.random() < 0.5
    suffix = draw.choice([".npy", ".npz", *TABLES])
    path = world / f"{'codes' if is_codes else 'factors'}{suffix}"
    names, rows = (["a", "b", "c"], values.tolist()) if is_codes else (["x", "y"], factors.tolist())
    if suffix in TABLES:
        what = suffix
        path.write_bytes(TABLES[suffix](draw, names, rows))
    elif suffix == ".npy":
        what, content = draw.choice(list(_npy_contents().items()))
        path.write_bytes(content)
    else:
        np.savez(path, **{path.stem: values if is_codes else factors, "data_set": np.array(draw.choice(NASTY_CELLS))})
        what = "damaged .npz"
        path.write_bytes(_damaged(draw, path.read_bytes()))
    if draw.random() < 0.15:
        what = _replaced(draw, path)
    given = ["--codes", path.name if is_codes else "codes.npy", "--factors", "factors.npy" if is_codes else path.name]
    return Input("codes file", f"{path.name} {what}", "evaluate", [
        *given, "--gin_config", "mig", "--gin_bindings", "mig.num_train = 20", "--output_dir", "new/metrics"])


@generator("pictures")
def pictures(draw: random.Random, world: Path) -> Input:
    """A folder of pictures with a table, one file of which is not what it should be."""
    folder = world / "pictures"
    folder.mkdir()
    rows: list[list[Any]] = []
    for number in range(NUM_POINTS):
        name = f"{number:03}.png"
        Image.fromarray(np.full((64, 64), 10 * number, np.uint8)).save(folder / name)
        rows.append([name, number // 4, number % 4])
    names = ["file", "x", "y"]
    (folder / "factors.csv").write_text("\n".join(",".join(map(str, row)) for row in [names, *rows]))
    chosen = folder / f"{draw.choice([0, 5]):03}.png"
    what = draw.choice(["table", "damaged", "no file", "format", "bomb", "link", "parquet"])
    if what in ("table", "parquet"):
        suffix = ".parquet" if what == "parquet" else draw.choice(list(TABLES))
        (folder / "factors.csv").unlink()
        (folder / f"factors{suffix}").write_bytes(TABLES[suffix](draw, names, rows))
    elif what == "damaged":
        chosen.write_bytes(_damaged(draw, chosen.read_bytes()))
    elif what == "no file":
        what = _replaced(draw, chosen)
    elif what == "format":
        chosen.write_bytes(draw.choice([EPS, b"<svg/>", b"P6 99999 99999 255\n", b"GIF89a", b"BM" + bytes(60)]))
    elif what == "bomb":
        side = draw.choice([9_000, 30_000, 2**31 - 1])
        chosen.write_bytes(png(side, side, bytes(10_000)))
    else:
        (folder / "link").symlink_to(".")
        (folder / "999.png").symlink_to("999.png")
    bindings = ["custom_data.path = 'pictures'", *draw.choice([[], ["custom_data.resize = 64"]])]
    name, arguments = draw.choice([
        ("data", ["preview", "custom", "--output", "new/a.png", "--gin_bindings", *bindings]),
        ("data", ["images", "custom", "--output", "new/a.npy", "--gin_bindings", *bindings]),
        ("train", ["--model_dir", "new/model", "--gin_config", "train.gin", "--gin_bindings",
                   "dataset.name = 'custom'", *bindings])])
    return Input("pictures", f"{chosen.name} {what}", name, list(arguments))
