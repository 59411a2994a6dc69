"""ONNX: one file, dynamic batch, run by ONNX Runtime; reading needs no torch."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from ...common.commands.other_libraries import send_nothing
from ...common.commands.wording import option
from ...common.numerics.plain_arrays import plain
from ...common.numerics.threads import core_limit, map_in_threads
from ..error_lines import telling_line
from ..errors import ArtifactError, MissingBackendError
from ..files.record import RECORD_NAME, Record
from . import TENSOR_NAMES
from .external_data import check_external_data
from .matrix_exponential import translations
from .quiet_torch import quiet_torch
from .signature import Signature

ELEMENT_TYPES = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16",
                 "tensor(bfloat16)": "bfloat16",
                 **{f"tensor({name})": name for name in ("uint8", "int8", "int32", "int64")}}
LARGEST_SEED = 2**31  # ONNX Runtime adds the operator's place in the graph, and wants 32 bits
PART = 64  # images that one thread encodes at a time; more do not fit into its cache

suffix = ".onnx"
representation_file = "representation.onnx"
posterior_file = "posterior.onnx"
decoder_file = "decoder.onnx"


def convert(module: Any, example: Any, kind: str) -> Any:
    """From the eager module: the dynamo exporter takes no TorchScript."""
    import torch

    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        return _convert_torchscript(module, example, kind)
    input_name, output_name = TENSOR_NAMES[kind]
    with quiet_torch():
        program = torch.onnx.export(
            module, (example,), dynamo=True, input_names=[input_name], output_names=[output_name],
            dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False, custom_translation_table=translations())
    assert program is not None
    return program.model_proto


def _convert_torchscript(module: Any, example: Any, kind: str) -> Any:
    """A module with somebody's TorchScript in it, by the exporter that torch has for that."""
    import onnx
    import torch

    input_name, output_name = TENSOR_NAMES[kind]
    file: Any = io.BytesIO()
    with quiet_torch(), torch.no_grad():
        graph = torch.jit.trace(module, example, check_trace=False)
        torch.onnx.export(graph, (example,), file, dynamo=False, input_names=[input_name], output_names=[output_name],
                          dynamic_axes={input_name: {0: "batch"}, output_name: {0: "batch"}})
    return onnx.load_model_from_string(file.getvalue())


def save(graph: Any, path: Path, record: Record) -> None:
    """One file: weights in a second one are easily lost, and a way to read files that are none of the model's."""
    import onnx

    onnx.helper.set_model_props(graph, {RECORD_NAME: record.to_json()})
    onnx.save_model(graph, str(path), save_as_external_data=False)


def open(path: Path, device: str) -> OnnxRunner:
    """Opens for "cpu" or "cuda".  Raises ArtifactError, or MissingBackendError when CUDA does not really run."""
    return OnnxRunner(path, device)


class OnnxRunner:
    """An ONNX Runtime session with one input; a graph of ours has one output, a stranger's may have more."""

    def __init__(self, path: Path, device: str):
        check_external_data(path)
        self._path, self._device = path, device
        self._session = _open_session(path, device)
        text = self._session.get_modelmeta().custom_metadata_map.get(RECORD_NAME)
        self.record = Record.from_json(text, path) if text else None
        # Images in parallel beat threads inside each operator, which wait for one another at its end. Not for graphs
        # that draw random numbers, or of which nothing is known.
        self.takes_parts = device == "cpu" and self.record is not None and self.record.representation != "sample"
        if self.takes_parts:
            self._session = _open_session(path, device, threads_per_operator=1)
        if device == "cuda" and self.provider != "CUDAExecutionProvider":
            raise MissingBackendError(f"CUDA was asked for, but ONNX Runtime runs {path.name} on {self.provider}. "
                                      f"{_how_to_get_cuda()}, or use {option('device', 'cpu')}.")
        self._input, self.signature = self._only_input(self._session.get_inputs(), path)
        self._outputs = [node.name for node in self._session.get_outputs()]

    @property
    def provider(self) -> str:
        """The execution provider that runs now: ONNX Runtime may change it after a failure."""
        return self._session.get_providers()[0]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        if not self.takes_parts or len(values) < 2 * PART:
            return self._run(values)
        return np.concatenate(list(map_in_threads(self._run, np.array_split(values, len(values) // PART))))

    def seed_noise(self, seed: int) -> None:
        """Opens the session anew: ONNX Runtime seeds the operators that draw when it makes them, else by the clock."""
        _import_runtime().set_seed(seed % LARGEST_SEED)
        self._session = _open_session(self._path, self._device, threads_per_operator=1 if self.takes_parts else 0)

    def _run(self, values: np.ndarray) -> np.ndarray:
        return self._session.run(self._outputs[:1], {self._input: plain(values)})[0]

    def all_outputs(self, values: np.ndarray, dtype: str) -> dict[str, np.ndarray]:
        """Every tensor of numbers among the outputs, by name; bfloat16, which numpy lacks, as float32."""
        values = plain(values.astype(_numpy_type(dtype), copy=False))
        outputs = self._session.run(None, {self._input: values})
        return {name: output.astype(np.float32) if output.dtype.name == "bfloat16" else output
                for name, output in zip(self._outputs, outputs, strict=True)
                if isinstance(output, np.ndarray) and output.dtype.kind in "fiubV"}

    @staticmethod
    def _only_input(nodes: list[Any], path: Path) -> tuple[str, Signature]:
        if len(nodes) != 1:
            raise ArtifactError(f"{path} has {len(nodes)} inputs ({', '.join(node.name for node in nodes)}); "
                                "a representation has one.")
        (node,) = nodes
        shape = tuple(size if isinstance(size, int) else None for size in node.shape) or None
        return node.name, Signature(shape, ELEMENT_TYPES.get(node.type))


def _numpy_type(name: str) -> Any:
    if name != "bfloat16":
        return np.dtype(name)
    import ml_dtypes  # comes with onnx

    return ml_dtypes.bfloat16


def _open_session(path: Path, device: str, threads_per_operator: int = 0) -> Any:
    """threads_per_operator: 0 leaves the choice to ONNX Runtime, or takes as many as the process may use."""
    runtime = _import_runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 3  # errors only; they are raised as well
    options.intra_op_num_threads = threads_per_operator or core_limit()
    providers: list[Any] = ["CPUExecutionProvider"]
    if device == "cuda":
        # TF32 changes codes by about 1e-3, enough to move points between bins; the search for the fastest convolution
        # may end differently each time.
        providers.insert(0, ("CUDAExecutionProvider", {"use_tf32": 0, "cudnn_conv_algo_search": "DEFAULT"}))
        options.use_deterministic_compute = True
        _load_cuda_libraries(runtime)
    try:
        session = runtime.InferenceSession(str(path), options, providers=providers)
        session.disable_fallback()  # else what fails on the GPU is run again on the CPU, in silence
        return session
    except Exception as error:
        raise ArtifactError(f"{path} is not a readable ONNX model: {telling_line(error)}") from error


def _how_to_get_cuda() -> str:
    """What to do where a session has no CUDA, told by how ONNX Runtime was built."""
    if not has_cuda():
        return "This ONNX Runtime was built without CUDA: install the extra unbraid[gpu] instead of unbraid[cpu]"
    from onnxruntime.capi import build_and_package_info

    wanted = getattr(build_and_package_info, "cuda_version", "another version")
    return (f"It was built for CUDA {wanted}, whose libraries or cuDNN it cannot load here; install an onnxruntime-gpu "
            "and a torch for the same CUDA (docs/interface.md says which go together)")


def is_installed() -> bool:
    """Whether some ONNX Runtime can be imported."""
    try:
        _import_runtime()
    except MissingBackendError:
        return False
    return True


def has_cuda() -> bool:
    """Whether the installed ONNX Runtime was built with CUDA; whether that works shows only when a session is made."""
    return "CUDAExecutionProvider" in _import_runtime().get_available_providers()


def _import_runtime() -> Any:
    send_nothing()
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingBackendError("Running ONNX files needs ONNX Runtime: pip install 'unbraid[cpu]', or "
                                  "'unbraid[gpu]' on a machine with an NVIDIA GPU.") from error
    return onnxruntime


def _load_cuda_libraries(runtime: Any) -> None:
    """Lets ONNX Runtime find the CUDA libraries that came with torch."""
    if hasattr(runtime, "preload_dlls"):
        runtime.preload_dlls()
