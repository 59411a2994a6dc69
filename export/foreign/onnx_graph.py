"""A stranger's ONNX graph with our input and output around it."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..formats import TENSOR_NAMES
from ..postprocessing.affine import AffineMap
from .graph_description import Understanding

PREFIX = "theirs."
ELEMENT_TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "float64": TensorProto.DOUBLE,
                 "bfloat16": TensorProto.BFLOAT16, "uint8": TensorProto.UINT8, "int8": TensorProto.INT8,
                 "int32": TensorProto.INT32, "int64": TensorProto.INT64}


def adapted(model: onnx.ModelProto, how: Understanding, kind: str, affine: AffineMap | None = None) -> onnx.ModelProto:
    """The part of a graph between `images` (N, C, H, W) float32 in [0, 1] and the output of `kind`.

    kind: "representation", whose codes may go through `affine`, or "posterior"."""
    outputs = [how.output] + ([how.log_variance] if how.log_variance and kind == "posterior" else [])
    part = onnx.utils.Extractor(model).extract_model([_only_input(model)], outputs)
    onnx.compose.add_prefix(part, PREFIX, inplace=True)
    constants = _Constants()
    before = _input_nodes(how, part.graph.input[0].name, constants)
    after = _output_nodes(how, [f"{PREFIX}{name}" for name in outputs], kind, affine, constants)
    graph = helper.make_graph(
        [*before, *part.graph.node, *after], "adapted",
        [helper.make_tensor_value_info(TENSOR_NAMES[kind][0], TensorProto.FLOAT, ["batch", *how.image_shape])],
        [helper.make_tensor_value_info(TENSOR_NAMES[kind][1], TensorProto.FLOAT, ["batch", None])],
        [*part.graph.initializer, *constants.tensors], sparse_initializer=part.graph.sparse_initializer)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version,
                             functions=part.functions)


def columns(how: Understanding, kind: str) -> list[int] | None:
    """Which columns of the outputs, side by side, make up the output of `kind`; None for all as they are."""
    if how.head_columns is None:
        return None
    means, log_variances = how.head_columns
    return [*means, *log_variances] if kind == "posterior" else means


class _Constants:
    """Constants of the nodes around the graph."""

    def __init__(self) -> None:
        self.tensors: list[Any] = []

    def add(self, name: str, value: Any, dtype: Any = np.float32) -> str:
        self.tensors.append(numpy_helper.from_array(np.asarray(value, dtype=dtype), name))
        return name


def _only_input(model: onnx.ModelProto) -> str:
    given = {tensor.name for tensor in model.graph.initializer}
    (name,) = (node.name for node in model.graph.input if node.name not in given)  # as it was run, so there is one
    return name


def _input_nodes(how: Understanding, wanted: str, constants: _Constants) -> list[onnx.NodeProto]:
    nodes, current = [], "images"
    if how.statistics is not None:
        mean, std = (np.reshape(numbers, (1, -1, 1, 1)) for numbers in how.statistics)
        nodes += [helper.make_node("Sub", [current, constants.add("input_mean", mean)], ["centered"]),
                  helper.make_node("Div", ["centered", constants.add("input_std", std)], ["normalised"])]
        current = "normalised"
    if how.layout == "NHWC":
        nodes.append(helper.make_node("Transpose", [current], ["channels_last"], perm=[0, 2, 3, 1]))
        current = "channels_last"
    if how.takes_pixels:
        nodes.append(helper.make_node("Round", [current], ["pixels"]))
        current = "pixels"
    return [*nodes, helper.make_node("Cast", [current], [wanted], to=ELEMENT_TYPES[how.dtype])]


def _output_nodes(how: Understanding, outputs: list[str], kind: str, affine: AffineMap | None,
                  constants: _Constants) -> list[onnx.NodeProto]:
    nodes = [node for name in outputs for node in _flat_nodes(how, name)]
    nodes += [helper.make_node("Concat", [f"{name}.flat" for name in outputs], ["joined"], axis=1),
              helper.make_node("Cast", ["joined"], ["floats"], to=TensorProto.FLOAT)]
    current = "floats"
    if (chosen := columns(how, kind)) is not None:
        nodes.append(helper.make_node("Gather", [current, constants.add("columns", chosen, np.int64)], ["chosen"],
                                      axis=1))
        current = "chosen"
    if affine is not None:
        nodes += [helper.make_node("Sub", [current, constants.add("center", affine.center)], ["differences"]),
                  helper.make_node("MatMul", ["differences", constants.add("matrix", affine.matrix)], ["mapped"]),
                  helper.make_node("Add", ["mapped", constants.add("offset", affine.offset)], ["shifted"])]
        current = "shifted"
    return [*nodes, helper.make_node("Identity", [current], [TENSOR_NAMES[kind][1]])]


def _flat_nodes(how: Understanding, name: str) -> list[onnx.NodeProto]:
    """From one output of theirs to columns (N, D): tokens, and places of a map, one after the other."""
    nodes, current = [], name

    def add(operation: str, **attributes: Any) -> None:
        nonlocal current
        nodes.append(helper.make_node(operation, [current], [f"{current}'"], **attributes))
        current = f"{current}'"

    if (how.maps, how.layout) == ("tokens", "NCHW"):
        add("Transpose", perm=[0, 2, 3, 1])
    if how.maps == "pooled":
        add("Cast", to=TensorProto.FLOAT)
        if how.layout == "NHWC":
            add("Transpose", perm=[0, 3, 1, 2])
        add("GlobalAveragePool")
    return [*nodes, helper.make_node("Flatten", [current], [f"{name}.flat"], axis=1)]
