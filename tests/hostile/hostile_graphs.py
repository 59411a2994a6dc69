"""Generators of strangers' graphs: ONNX and TorchScript with odd inputs, outputs and operators, and damaged `.pt2`."""

from __future__ import annotations

import io
import json
import os
import random
import zipfile
from pathlib import Path
from typing import Any

import torch
from hostile_inputs import NASTY_TEXTS, _damaged, generator
from hostile_judge import CANARY, Input
from onnx import TensorProto, helper

os.environ.setdefault("UNBRAID_TRIAL_SECONDS", "20")  # programs without an end are among these

TYPES = [TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16,
         TensorProto.UINT8, TensorProto.INT64, TensorProto.BOOL, TensorProto.STRING, TensorProto.COMPLEX64]
SHAPES: list[list[int | str] | None] = [["n", 1, 64, 64], ["n", 1, 64, 64], ["n", 64, 64, 1], ["n", 3, 64, 64],
                                        [1, 1, 64, 64], ["n", "c", "h", "w"], ["n", 4096], ["n"], [], None,
                                        ["n", 0, 64, 64], ["n", 1, 10**6, 10**6], [-1, 1, 64, 64], ["n"] * 9]
CODES = {  # bodies of TorchScript's forward
    "endless": "    x = input\n    while True:\n      x = torch.mul(x, x)\n    return torch.flatten(x, 1)\n",
    "large": "    x = torch.ones([100000, 100000])\n    return torch.add(torch.flatten(input, 1), torch.sum(x))\n",
    "reads": f"    x = torch.from_file(\"{CANARY}\", True, 10)\n    return torch.flatten(input, 1)\n",
    "saves": f"    torch.save(input, \"{CANARY}\")\n    return torch.flatten(input, 1)\n",
    "nested": f"    return {'(' * 100_000}input{')' * 100_000}\n",
    "raises": "    ops.prim.RaiseException(\"Traceback\\nof\\nmine:\")\n    return torch.flatten(input, 1)\n",
    "prints": "    print(\"{\\\"result\\\": 1}\")\n    return torch.flatten(input, 1)\n",
    "no codes": "    return torch.slice(torch.flatten(input, 1), 1, 0, 0)\n",
    "no images": "    return torch.slice(torch.flatten(input, 1), 0, 0, 0)\n",
    "NaN": "    return torch.div(torch.flatten(torch.zeros_like(input), 1), 0)\n",
    "random": "    return torch.rand_like(torch.flatten(input, 1))\n",
    "scalar": "    return torch.sum(input)\n",
    "whole numbers": "    return torch.to(torch.flatten(input, 1), 4)\n",
    "cuda": "    return torch.flatten(torch.cuda(input), 1)\n",
    "inplace": "    x = torch.mul_(input, 0)\n    return torch.flatten(x, 1)\n",
    "unknown": "    return torch.nothing_like_it(input)\n",
    "syntax": "    return (((\n",
    "text": "    return \"codes\"\n",
    "batch": "    return torch.sub(torch.flatten(input, 1), torch.mean(input))\n",
}


def script(path: Path, code: str) -> Path:
    """A TorchScript module whose forward is `code`, a function of `input`."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Flatten(), torch.zeros(2, 1, 64, 64)), buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(path, "w") as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename.endswith("/flatten.py") or b"def forward" in content:
                content = content[: content.index(b"-> Tensor:\n") + len(b"-> Tensor:\n")] + code.encode()
            target.writestr(member.filename, content)
    return path


def onnx_model(draw: random.Random) -> Any:
    """A graph from one input to codes, odd in several ways at once."""
    kind, shape = draw.choice(TYPES), draw.choice(SHAPES)
    bodies = {
        "flatten": [helper.make_node("Flatten", ["x"], ["codes"], axis=1)],
        "identity": [helper.make_node("Identity", ["x"], ["codes"])],
        "shape": [helper.make_node("Shape", ["x"], ["codes"])],
        "cast": [helper.make_node("Cast", ["x"], ["codes"], to=draw.choice(TYPES))],
        "mean": [helper.make_node("ReduceMean", ["x"], ["codes"])],
        "noise": [helper.make_node("RandomNormalLike", ["x"], ["y"]), helper.make_node("Flatten", ["y"], ["codes"])],
        "huge": [helper.make_node("ConstantOfShape", ["sizes"], ["codes"])],
        "custom": [helper.make_node("Evil", ["x"], ["codes"], domain="com.evil")],
        "unknown": [helper.make_node("Evil", ["x"], ["codes"])],
        "cycle": [helper.make_node("Add", ["x", "codes"], ["codes"])],
        "missing": [helper.make_node("Add", ["x", "nothing"], ["codes"])],
        "sequence": [helper.make_node("SequenceConstruct", ["x", "x"], ["codes"])],
        "endless": [helper.make_node("Loop", ["most", "", "x"], ["codes"], body=_endless())],
        "none": [],
    }
    what = draw.choice(list(bodies))
    graph = helper.make_graph(
        bodies[what], draw.choice(["g", "", "\x00", "x" * 1000]), [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("codes", draw.choice([kind, *TYPES]), draw.choice([["n", 3], *SHAPES]))],
        [helper.make_tensor("sizes", TensorProto.INT64, [2], [10**6, 10**6]),
         helper.make_tensor("most", TensorProto.INT64, [], [2**62])])
    if draw.random() < 0.2:
        weights = graph.initializer.add(name="w", data_type=TensorProto.FLOAT, dims=[4])
        weights.data_location = TensorProto.EXTERNAL
        entry = weights.external_data.add()
        entry.key, entry.value = "location", draw.choice(["/etc/passwd", "../run/model/checkpoint.pt", "nothing",
                                                          "\x00", "x" * 5000, "."])
    version = helper.make_opsetid("", draw.choice([13, 15, 15, 15, 17, 999, -1]))
    model = helper.make_model(graph, opset_imports=[version], ir_version=draw.choice([8, 8, 8, 8, 999, 0]))
    if draw.random() < 0.3:
        entry = model.metadata_props.add()
        entry.key, entry.value = "unbraid", draw.choice(["{}", "[", json.dumps({"format_version": 1}), *NASTY_TEXTS])
    return what, model


def _endless() -> Any:
    nodes = [helper.make_node("Identity", ["going"], ["still"]), helper.make_node("Sin", ["before"], ["after"])]
    value = helper.make_tensor_value_info
    return helper.make_graph(nodes, "body", [value("number", TensorProto.INT64, []), value(
        "going", TensorProto.BOOL, []), value("before", TensorProto.FLOAT, None)], [
            value("still", TensorProto.BOOL, []), value("after", TensorProto.FLOAT, None)])


@generator("graph")
def graph(draw: random.Random, world: Path) -> Input:
    """Somebody's ONNX, TorchScript or .pt2 file, opened by a command that reads models."""
    kind = draw.choice(["onnx", "onnx", "torchscript", "ours"])
    if kind == "onnx":
        path = world / "theirs.onnx"
        what, model = onnx_model(draw)
        content = model.SerializeToString()
        path.write_bytes(content if draw.random() < 0.9 else _damaged(draw, content))
    elif kind == "torchscript":
        what = draw.choice(list(CODES))
        path = script(world / "theirs.pt", CODES[what])
    else:
        path = world / "run" / "representation" / draw.choice(["representation.pt2", "representation.onnx",
                                                               "pytorch_model.pt", "decoder.pt2"])
        path = path if path.exists() else path.with_name("representation.pt2")
        what = _change_member(draw, path) if path.suffix != ".onnx" else "damaged"
        if path.suffix == ".onnx":
            path.write_bytes(_damaged(draw, path.read_bytes()))
    flags = draw.choice([[], [], ["--layout", "NHWC"], ["--output", draw.choice(["0", "x", "9", "1.0", "-1", ""])],
                         ["--head", "halves"], ["--maps", "pooled"], ["--value_range", "0", "255"]])
    name, arguments = draw.choice([
        ("export", ["--inspect", str(path), *flags]),
        ("export", ["--from", str(path), "--output_dir", "new/export", "--data_set", "dummy_data", *flags]),
        ("evaluate", ["--model_dir", str(path), "--output_dir", "new/metrics", "--gin_config", "metric.gin", *flags])])
    return Input("graph", f"{path.name} {what}", name, list(arguments))


def _change_member(draw: random.Random, path: Path) -> str:
    """Damages, drops or adds a member of a zip archive."""
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    name = draw.choice(list(members))
    change = draw.choice(["damaged", "dropped", "absolute", "parent", "twice"])
    if change == "damaged":
        members[name] = _damaged(draw, members[name])
    elif change == "dropped":
        del members[name]
    elif change in ("absolute", "parent"):
        members[f"/tmp/{CANARY}" if change == "absolute" else f"../{CANARY}"] = members.pop(name)
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        if change == "twice":
            archive.filelist.append(archive.filelist[0])
    return f"{name} {change}"

