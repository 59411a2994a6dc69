"""TensorFlow's SavedModel folders, TF1 Hub modules among them: variables and graphs as data.

Variables are read, and the part of a graph between an input and an output is run when it holds arithmetic only: nothing
that reads or writes files, or calls Python, is ever run."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import ArtifactError, MissingBackendError
from .state import State

VARIABLES = Path("variables") / "variables"
ARITHMETIC = frozenset((
    "Add", "AddN", "AddV2", "BiasAdd", "Cast", "ConcatV2", "Const", "Conv2D", "Conv2DBackpropInput", "Elu", "Exp",
    "ExpandDims", "Identity", "LeakyRelu", "MatMul", "Max", "Maximum", "Mean", "Min", "Minimum", "Mul", "Neg", "NoOp",
    "Pack", "Placeholder", "Prod", "RealDiv", "Relu", "Reshape", "Shape", "Sigmoid", "Slice", "Softplus", "Square",
    "Squeeze", "StridedSlice", "Sub", "Sum", "Tanh", "Transpose"))
READS = {"ReadVariableOp": "VarHandleOp", "Identity": "VariableV2"}
INNER = "module/"  # before the names of all variables in what disentanglement_lib's postprocessing writes
NOISE = "RandomStandardNormal"


def read_variables(folder: Path) -> State:
    """The numeric variables of a SavedModel folder by name; nothing is run.

    Raises ArtifactError for a damaged or incomplete folder, MissingBackendError without TensorFlow."""
    tensorflow = _import_tensorflow(folder)
    path = folder / VARIABLES
    if not path.with_suffix(".index").is_file():
        raise ArtifactError(f"{folder} lacks {VARIABLES}.index; expected a whole module: saved_model.pb beside the "
                            "folder variables. Copy it in full.")
    try:
        reader = tensorflow.train.load_checkpoint(str(path))
        arrays = {name: np.asarray(reader.get_tensor(name)) for name in sorted(reader.get_variable_to_shape_map())}
    except Exception as error:  # TensorFlow raises many kinds for damaged files
        raise ArtifactError(f"{path}.* cannot be read as TensorFlow variables ({str(error).splitlines()[0][:160]}). "
                            "They are damaged or not downloaded in full.") from error
    tensors = {name.removeprefix(INNER): torch.from_numpy(array.copy()) for name, array in arrays.items()
               if array.dtype.kind in "fiu"}
    return State(tensors, path.with_suffix(".index"))


class Module:
    """The graph of a SavedModel folder that is used after training, as data."""

    def __init__(self, folder: Path):
        """Raises ArtifactError for a file that is no SavedModel."""
        self.folder = folder
        self._tensorflow = _import_tensorflow(folder)
        from tensorflow.core.protobuf import saved_model_pb2

        path = folder / "saved_model.pb"
        model = saved_model_pb2.SavedModel()
        try:
            model.ParseFromString(path.read_bytes())
        except Exception as error:  # protobuf's DecodeError is not one class in all versions
            raise ArtifactError(f"{path} is no SavedModel, or not downloaded in full: {error}.") from error
        graphs = [graph for graph in model.meta_graphs if "train" not in graph.meta_info_def.tags]
        if not graphs:
            raise ArtifactError(f"{path} holds no graph for use after training.")
        self._graph = graphs[0]

    @cached_property
    def _nodes(self) -> Mapping[str, Any]:
        return {node.name: node for node in self._graph.graph_def.node}

    @property
    def signatures(self) -> Mapping[str, Any]:
        return self._graph.signature_def

    def input_shape(self, signature: str) -> tuple[int, ...]:
        """Shape of one row of its only input, such as (H, W, C)."""
        return tuple(dimension.size for dimension in self._input(signature).tensor_shape.dim[1:])

    def draws(self, signature: str, output: str) -> bool:
        """Whether an output depends on random numbers."""
        return any(node.op == NOISE for node in self._needed(self.signatures[signature].outputs[output].name))

    def run(self, signature: str, output: str, values: np.ndarray, variables: Mapping[str, torch.Tensor],
            noise: float = 0.0) -> np.ndarray:
        """One output for a batch, every normal random number being `noise`.

        Raises ArtifactError where the graph between input and output holds more than arithmetic."""
        wanted = self.signatures[signature].outputs[output].name
        fed = {self._input(signature).name.split(":")[0]: values, **self._variables(self._needed(wanted), variables),
               **{node.name: np.float32(noise) for node in self._needed(wanted) if node.op == NOISE}}
        nodes = self._needed(wanted, fed)
        if others := sorted({node.op for node in nodes if node.name not in fed} - ARITHMETIC):
            raise ArtifactError(f"{self.folder}: its graph holds {', '.join(others[:5])} beside the arithmetic of an "
                                "encoder. It is not run, so the weights cannot be compared with it; export the model "
                                "as ONNX (tf2onnx) and score that file.")
        try:
            return self._evaluate(nodes, wanted, fed)
        except Exception as error:  # TensorFlow raises many kinds for a graph that does not fit its variables
            raise ArtifactError(f"{self.folder}: its graph cannot be run on images {values.shape}: "
                                f"{str(error).splitlines()[0][:160]}") from error

    def _input(self, signature: str) -> Any:
        inputs = list(self.signatures[signature].inputs.values())
        if len(inputs) != 1:
            raise ArtifactError(f"{self.folder}: its signature {signature} has {len(inputs)} inputs; expected one.")
        return inputs[0]

    def _needed(self, tensor: str, stops: Collection[str] = ()) -> list[Any]:
        """The nodes that a tensor depends on, without what lies behind `stops`."""
        found: dict[str, Any] = {}
        names = [tensor]
        while names:
            name = names.pop().removeprefix("^").split(":")[0]
            if name not in found and name in self._nodes:
                found[name] = self._nodes[name]
                names += [] if name in stops else self._nodes[name].input
        return list(found.values())

    def _variables(self, nodes: list[Any], variables: Mapping[str, torch.Tensor]) -> dict[str, np.ndarray]:
        """Values of the nodes that read variables."""
        values = {}
        for node in nodes:
            source = self._nodes.get(node.input[0].split(":")[0]) if node.input else None
            name = source.name.removeprefix(INNER) if source is not None else ""
            if source is not None and READS.get(node.op) == source.op and name in variables:
                values[node.name] = variables[name].numpy()
        return values

    def _evaluate(self, nodes: list[Any], wanted: str, fed: Mapping[str, Any]) -> np.ndarray:
        """Runs nodes of which those in `fed` are replaced by values."""
        tf = self._tensorflow.compat.v1
        part = tf.GraphDef()
        for node in nodes:
            if node.name in fed:
                dtype = tf.as_dtype(np.asarray(fed[node.name]).dtype).as_datatype_enum
                part.node.add(name=node.name, op="Placeholder").attr["dtype"].type = dtype
            else:
                part.node.add().CopyFrom(node)
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(part, name="")
            with tf.Session(graph=graph) as session:
                return session.run(wanted, {f"{name}:0": value for name, value in fed.items()
                                            if name in {node.name for node in nodes}})


def _import_tensorflow(folder: Path) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its greetings are not about the user's file
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    try:
        import tensorflow
    except ImportError as error:
        raise MissingBackendError(f"Reading {folder}, a module of TensorFlow, needs it: pip install "
                                  "'unbraid[tensorflow]'.") from error
    return tensorflow
