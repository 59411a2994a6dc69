"""Generators of hostile inputs: a small one for each kind, which changes the copy of a world and names a command."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hostile_judge import Input

from unbraid.common.configuration import gin_internals
from unbraid.common.configuration.bindings import _parameters

Generator = Callable[[random.Random, Path], Input]
GENERATORS: dict[str, Generator] = {}

# Commands on a world, each with the configuration that decides what it does.
TRAIN = ("train", ["--model_dir", "new/deep/model"], "train.gin")
EVALUATE = ("evaluate", ["--model_dir", "run/representation", "--output_dir", "new/deep/metrics"], "metric.gin")
EXPORT = ("export", ["--model_dir", "run/model", "--output_dir", "new/deep/export", "--formats", "torchscript"],
          "whitened.gin")
CONFIGURED = [TRAIN, EVALUATE, EXPORT]
REPORT = ("report", ["run", "--output_path", "new/report.html", "--no_pictures"])
AGGREGATE = ("aggregate", ["--result_file_pattern", "run", "--output_path", "new/rows.csv", "new/rows.json"])
LISTED = [REPORT, AGGREGATE]

NASTY_TEXTS = ["-1", "0", "1.5", "1e999", "-1e999", "'x'", "''", "None", "[]", "{}", "[1, 'a']", "True", "@mig",
               "@mig()", "@vae()", "%nothing", "1000000000000", "-1000000000000", "'a/b'", "('x',)", "{'a': 1}", "[[]]",
               "@AdamOptimizer", "'" + "x" * 100_000 + "'", "[" * 500 + "]" * 500, "'\\x1b[31m'", "0.1", "1e-320",
               "'a\\x00b'", "'\\ud800'", "'/dev/zero'", "'pipe.npz'", "'/'", "'.'", "'~nobody/x'"]
NASTY_VALUES: list[Any] = [None, [], {}, -1, 0, 1.5, "x", "", True, 10**400, [1], {"a": 1}, "x" * 100_000, -(10**12),
                           [[[[]]]], "\u202e\x1b[31m", "@mig", "None"]
ENDLESS = ("training_steps", "eval_steps")  # a large number of them is no mistake


def generator(kind: str) -> Callable[[Generator], Generator]:
    def register(function: Generator) -> Generator:
        GENERATORS[kind] = function
        return function

    return register


def with_config(command: tuple[str, list[str], str], *bindings: str) -> tuple[str, list[str]]:
    name, arguments, config = command
    return name, [*arguments, "--gin_config", config, *(["--gin_bindings", *bindings] if bindings else [])]


@generator("gin value")
def gin_value(draw: random.Random, world: Path) -> Input:
    """A parameter that the command uses, or any other of unbraid's, bound to a value of another type or range."""
    os.mkfifo(world / "pipe.npz")
    command = draw.choice(CONFIGURED)
    used = [line.split(" = ")[0] for line in (world / command[2]).read_text().splitlines() if " = " in line]
    name = draw.choice(used) if draw.random() < 0.6 else draw.choice(all_parameters())
    value = draw.choice(NASTY_TEXTS)
    if name.split(".")[-1] in ENDLESS and value == "1000000000000":
        value = "-3"
    return Input("gin value", f"{name} = {value[:60]}", *with_config(command, f"{name} = {value}"))


@generator("gin syntax")
def gin_syntax(draw: random.Random, world: Path) -> Input:
    """A gin file with characters, lines or bytes that do not belong there."""
    command = draw.choice(CONFIGURED)
    path = world / command[2]
    text = path.read_bytes()
    place = draw.randrange(len(text))
    bad = [b"\nimport nothing_like_it\n", b"\n%nothing\n", f"\ninclude '{path}'\n".encode(), b"\nmig.num_train = [\n",
           b"\nmig.num_train = '''\n", b"\xff\xfe\n", b"\nx = 'gr\xfc'\n", b"\n@\n", b"\nmig.num_train = 1 2\n",
           b"\ninclude '/dev/zero'\n", b"\nimport os.nothing\n", b"\n" + b"[" * 3000 + b"\n"]
    chosen = draw.choice(bad)
    harmless = [text[:place] + bytes([draw.randrange(256)]) + text[place:], text[:place],
                text[:place] + text[place + 3:]]
    is_bad = draw.random() < 0.6
    path.write_bytes(text + chosen if is_bad else draw.choice(harmless))
    name, arguments = with_config(command)
    return Input("gin syntax", repr(chosen[:40]) if is_bad else f"a byte at {place}", name, arguments, is_bad)


@generator("JSON")
def json_value(draw: random.Random, world: Path) -> Input:
    """A result file whose values, structure or text is not what unbraid writes."""
    path = draw.choice([*sorted((world / "run" / "metrics").rglob("*.json")), world / "rows.json"])
    values = json.loads(path.read_text())
    text = json.dumps(values)
    key = draw.choice(list(values))
    nasty = draw.choice(NASTY_VALUES)
    choices = [json.dumps({**values, key: nasty}), text[: draw.randrange(len(text))], "[" * 100_000,
               json.dumps([values]), json.dumps({**values, "path": nasty, "uuid": nasty}), text.replace("0", "9" * 400),
               "null", "",
               text.replace("}", ', "evaluation_results.discrete_mig": 1e400}')]
    path.write_bytes(draw.choice(choices).encode() if draw.random() < 0.8 else _damaged(draw, text.encode()))
    return _reading(draw, "JSON", path, key)


@generator("text")
def text_file(draw: random.Random, world: Path) -> Input:
    """A text beside the results that is not UTF-8, cut or something else."""
    texts = [path for path in (world / "run").rglob("*") if path.suffix in (".gin", ".csv") and path.is_file()]
    path = draw.choice(sorted(texts))
    path.write_bytes(_damaged(draw, path.read_bytes()))
    return _reading(draw, "text", path, "")


def _reading(draw: random.Random, kind: str, path: Path, key: str) -> Input:
    """A command that reads the results of a run."""
    what = f"{path.name} {key}"
    if path.name == "rows.json":
        return Input(kind, what, "aggregate", ["--result_file_pattern", str(path), "--output_path", "new/rows.csv",
                                               "--leaderboard", "new/board.md"])
    readers = [*LISTED, ("aggregate", ["--leaderboard", "run", "--table", "new/table.md"]),
               ("evaluate", ["--model_dir", "run/representation", "--output_dir", "run/metrics/mig", "--resume",
                             "--gin_config", "metric.gin"]),
               ("train", ["--model_dir", "run/model", "--resume", "--gin_config", "train.gin",
                          "--gin_bindings", "model.training_steps = 6"])]
    name, arguments = draw.choice(readers)
    return Input(kind, what, name, list(arguments))


@generator("checkpoint")
def checkpoint(draw: random.Random, world: Path) -> Input:
    """A checkpoint with a key of another type, or damaged bytes."""
    path = world / "run" / "model" / "checkpoint.pt"
    if draw.random() < 0.2:
        what = "damaged"
        path.write_bytes(_damaged(draw, path.read_bytes()))
    else:
        content = torch.load(path, weights_only=True)
        holder, key = draw.choice(list(_places(content)))
        holder[key] = draw.choice([*NASTY_VALUES, torch.zeros(3), torch.zeros(2, 2)])
        what = f"{key} = {str(holder[key])[:40]}"
        torch.save(content, path)
    resumed = ["--model_dir", "run/model", "--resume", "--gin_config", "train.gin", "--gin_bindings",
               "model.training_steps = 6"]
    if draw.random() < 0.6:
        return Input("checkpoint", what, "train", resumed)
    return Input("checkpoint", what, "export", ["--model_dir", "run/model", "--output_dir", "new/deep/export",
                                                "--formats", "torchscript"])


def _places(content: Any, depth: int = 4) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of nested dictionaries and lists."""
    if depth and isinstance(content, (dict, list)):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield content, key
            yield from _places(value, depth - 1)


@generator("flag")
def flag(draw: random.Random, world: Path) -> Input:
    """A number or name on the command line that is out of range, beyond every number, or no number."""
    os.mkfifo(world / "pipe.csv")
    name, arguments = draw.choice([
        ("data", ["preview", "dummy_data", "--output", "new/a.png"]), REPORT, AGGREGATE,
        ("aggregate", ["--result_file_pattern", "run", "--table", "new/table.tex"]), with_config(EVALUATE),
        ("aggregate", ["--result_file_pattern", "run", "--figure", "new/a.svg", "--test", "welch"]),
        ("aggregate", ["--result_file_pattern", "run", "--scatter", "mig", "mig", "new/a.png"]),
        ("export", ["--baseline", "pca", "--data_set", "dummy_data", "--output_dir", "new/export", "--formats",
                    "torchscript"]),
        ("study", ["--models", "run/representation", "--metrics", "mig", "--output_dir", "new/study", "--dry_run"]),
        ("study", ["--study", "jl1_vae", "--model_num", "0", "--output_dir", "new/study", "--dry_run"]),
        ("reproduce", ["--model_num", "0", "--output_directory", "new/run", "--only_print"]),
        ("visualize", ["run", "samples", "--output_dir", "new/pictures"]),
        ("visualize", ["run", "traversals", "--output_dir", "new/pictures"]),
        ("visualize", ["run", "reconstruct", "--output_dir", "new/pictures"]),
        ("visualize", ["run", "gif-traversals", "--output_dir", "new/pictures"]),
        ("evaluate", ["--model_dir", "run/representation/pytorch_model.pt", "--output_dir", "new/metrics",
                      "--gin_config", "metric.gin"])])
    action = draw.choice(_options(name, arguments))
    value = draw.choice(["-1", "0", "1e9", "1000000000000", "x", "", "nan", "inf", "-inf", "1.5", "\x1b[31m", "\udcff",
                         "9" * 5000, "-" + "9" * 400, "100000", "²", "0-999999999999", "1/0", "pipe.csv", "/etc/passwd",
                         "nothing/at/all", "/", "\x00", "{method}", "{", "x=1", "local:0", "http://localhost:1/a"])
    count = action.nargs if isinstance(action.nargs, int) else 1
    return Input("flag", f"{action.option_strings[-1]} {value[:40]!r}", name,
                 [*arguments, *[f"{action.option_strings[-1]}={value}"][: count or 1], *[value] * (count - 1)])


def _options(command: str, arguments: list[str]) -> list[argparse.Action]:
    """The options of a command that take a value, but for its outputs and what may take long."""
    modules = {"data": "ground_truth.__main__", "report": "evaluation.reporting.report",
               "evaluate": "evaluation.__main__", "aggregate": "evaluation.reporting.aggregate",
               "visualize": "evaluation.visualize.shared.flags", "export": "export.__main__",
               "study": "study.__main__", "reproduce": "training.studies.reproduce"}
    parser = importlib.import_module(f"unbraid.{modules[command]}").build_parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            parser = action.choices[arguments[0]]
    return [action for action in parser._actions if action.option_strings and action.nargs != 0
            and action.dest not in ("help", "output", "output_dir", "output_path", "output_directory",
                                    "repeats", "jobs", "list")]


@generator("array")
def array(draw: random.Random, world: Path) -> Input:
    """An .npz file of matrices, a linear map or own data, whose headers lie or whose arrays are of another kind."""
    command, path, keys = draw.choice([
        (("report", REPORT[1]), next((world / "run").rglob("*.npz")), ("matrix", "factor_names")),
        (("export", ["--model_dir", "run/model", "--output_dir", "new/export", "--formats", "torchscript",
                     "--gin_config", "linear.gin"]), world / "map.npz", ("matrix", "offset")),
        (("train", ["--model_dir", "new/model", "--gin_config", "own.gin"]), world / "data.npz",
         ("images", "factor_sizes", "factor_names", "factors")),
        (("data", ["preview", "custom", "--gin_bindings", "custom_data.path = 'data.npz'", "--output", "new/a.png"]),
         world / "data.npz", ("images", "factor_sizes", "factor_names", "factors"))])
    key = draw.choice(keys)
    if draw.random() < 0.2:
        what = "damaged bytes"
        path.write_bytes(_damaged(draw, path.read_bytes()))
    else:
        what, content = draw.choice(list(_npy_contents().items()))
        _replace_member(path, f"{key}.npy" if what != "without suffix" else key, content)
    return Input("array", f"{path.name} {key} {what}", command[0], list(command[1]))


def _npy_contents() -> dict[str, bytes]:
    """Members of an .npz archive that are not what a reader hopes for."""
    def npy(value: Any) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(value))
        return buffer.getvalue()

    def header(text: str) -> bytes:
        return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(64)

    huge = "{'descr': '<f8', 'fortran_order': %s, 'shape': (%d, %d)}"
    return {"0-D": npy(1.0), "1-D": npy([1.0, 2.0]), "3-D": npy(np.zeros((2, 2, 2))), "5-D": npy(np.zeros((1,) * 5)),
            "empty": npy(np.zeros((0, 3))), "no columns": npy(np.zeros((3, 0))), "NaN": npy(np.full((3, 3), np.nan)),
            "inf": npy(np.full(3, np.inf)), "texts": npy([["a", "b"]]), "bytes": npy([b"a", b"\xff"]),
            "objects": npy(np.array([{"a": 1}, None], dtype=object)), "complex": npy(np.eye(3) * 1j),
            "negative": npy([-3, 4]), "huge": header(huge % (False, 10**9, 10**9)),
            "huge columns": header(huge % (True, 10**6, 10**6)), "overflow": header(huge % (False, 2**62, 4)),
            "negative sizes": header(huge % (False, -1, -1)), "nested": header("(" * 5000), "code": header(
                "__import__('os').system('touch CANARY')"), "nothing": b"", "text": b"hello",
            "without suffix": npy([1.0]),
            "large": npy(np.zeros((2000, 2000))), "records": npy(np.zeros(3, dtype=[("a", "f8")])),
            "dates": npy(np.array(["2020-01-01"], dtype="datetime64[D]"))}


def _replace_member(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    members.pop(f"{name}.npy", None)
    members[name] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)


@generator("record")
def record(draw: random.Random, world: Path) -> Input:
    """An artifact whose record holds values of other types."""
    path = world / "run" / "representation" / "pytorch_model.pt"
    with zipfile.ZipFile(path) as archive:
        members = [(member, archive.read(member)) for member in archive.namelist()]
    (name,) = (member for member, _ in members if member.endswith("extra/unbraid.json"))
    values = json.loads(dict(members)[name])
    key = draw.choice(list(values))
    nasty = draw.choice(NASTY_VALUES)
    text = draw.choice([json.dumps({**values, key: nasty}), "[" * 100_000, "[]", "{", json.dumps({"a": nasty}), "\x00"])
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members:
            archive.writestr(member, text.encode() if member == name else data)
    command = draw.choice([("export", ["--inspect", str(path)]), REPORT, (
        "evaluate", ["--model_dir", str(path), "--output_dir", "new/deep/metrics", "--gin_config", "metric.gin"])])
    return Input("record", f"{key} = {str(nasty)[:40]}", command[0], list(command[1]))


@generator("path")
def odd_path(draw: random.Random, world: Path) -> Input:
    """An output that cannot be written."""
    for name in ("loop", "loop.html", "loop.csv", "loop.png"):
        (world / name).symlink_to(name)  # an output may replace a link; no folder can lie below one
    (world / "dangling").symlink_to("nowhere/at/all")
    place = draw.choice(["train.gin/a", "x" * 300, "/dev/null/a", "/proc/1/nothing/a", "loop/a", "train.gin/b/c",
                         "y/" * 2500 + "a", "/dev/full/a", "loop", "new/\udcff\udc80"])
    commands = [("train", ["--gin_config", "train.gin", "--model_dir", place]),
                ("export", ["--model_dir", "run/model", "--formats", "torchscript", "--output_dir", place]),
                ("evaluate", ["--model_dir", "run/representation", "--gin_config", "metric.gin",
                              "--output_dir", place]),
                ("report", ["run", "--no_pictures", "--output_path", f"{place}.html"]),
                ("aggregate", ["--result_file_pattern", "run", "--output_path", "new/rows.json", f"{place}.csv"]),
                ("visualize", ["run", "samples", "--output_dir", place]),
                ("data", ["preview", "dummy_data", "--output", f"{place}.png"])]
    name, arguments = draw.choice(commands)
    can_be = place == "loop" and name in ("report", "aggregate", "data")  # loop.csv beside the loop
    return Input("path", place[:40], name, arguments, must_refuse=not can_be)


@generator("full disk")
def full_disk(draw: random.Random, world: Path) -> Input:
    """A disk on which no file grows beyond some bytes."""
    del world
    commands = [with_config(TRAIN), with_config(EVALUATE), with_config(EXPORT), REPORT, AGGREGATE,
                ("aggregate", ["--result_file_pattern", "run", "--leaderboard", "new/board.html", "--table", "new/t.md",
                               "--output_path", "new/rows.json"]),
                ("visualize", ["run", "samples", "--output_dir", "new/pictures"]),
                ("data", ["preview", "dummy_data", "--output", "new/a.png"])]
    name, arguments = draw.choice(commands)
    return Input("full disk", name, name, list(arguments), largest_file=draw.choice([0, 1, 100, 700, 5000, 60_000]))


def _damaged(draw: random.Random, content: bytes) -> bytes:
    """Bytes cut, overwritten, repeated, or something else."""
    place = draw.randrange(max(1, len(content)))
    noise = bytes(draw.randrange(256) for _ in range(draw.choice([1, 3, 20])))
    return draw.choice([content[:place], content[:place] + noise + content[place + len(noise):], b"", noise,
                        content[:place] + b"\xff\xfe\xfc" + content[place:], content + content, b"\x00" * 50,
                        content.replace(b"\n", b"\n,,,\n"), content.replace(b",", b";"), b"[" * 100_000])


def all_parameters() -> list[str]:
    """Every parameter of unbraid that gin can bind."""
    return [f"{selector.split('.')[-1]}.{name}" for selector in sorted(gin_internals.configurables())
            if not selector.startswith("gin.") for name in _parameters(selector)]
