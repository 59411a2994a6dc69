"""What a device decides: precision, determinism, which errors are its own, and which commands are told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from trainings import CONFIGS, training

from unbraid.common.errors import ConfigurationError
from unbraid.common.numerics.gpu_numerics import use_exact_kernels
from unbraid.export.errors import DeviceError, InputMismatchError
from unbraid.export.formats import onnx_format
from unbraid.export.reading.artifact import load_representation
from unbraid.export.reading.graph_calls import columns_of_images
from unbraid.export.reading.posterior import posterior_of
from unbraid.training.running.placement import place
from unbraid.training.speed.precision import float32, use_precision
from unbraid.training.studies.reproduce import commands

BETA_VAE = next(path for path in CONFIGS if path.stem == "beta_vae_dsprites_full")


@pytest.fixture
def settings() -> Iterator[None]:
    """The process's settings, put back afterwards."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    saved = cudnn.allow_tf32, matmul.allow_tf32, cudnn.deterministic, cudnn.benchmark
    yield
    cudnn.allow_tf32, matmul.allow_tf32, cudnn.deterministic, cudnn.benchmark = saved


def tf32() -> tuple[bool, bool]:
    return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize(("precision", "expected"), [("float32", False), ("tf32", True)])
def test_tf32_is_off_in_training_unless_asked_for(precision: str, expected: bool, settings) -> None:
    place(torch.nn.Sequential(torch.nn.Linear(2, 2)).to("meta"), "meta", "float32")
    assert tf32() == (False, False)
    use_exact_kernels(tf32=precision == "tf32")
    assert tf32() == (expected, expected)
    assert torch.backends.cudnn.deterministic
    assert not torch.backends.cudnn.benchmark
    with float32():
        assert tf32() == (False, False)
    assert tf32() == (expected, expected)


def test_tf32_is_refused_on_the_cpu() -> None:
    with pytest.raises(ConfigurationError, match=r"model\.precision is 'tf32', which only NVIDIA GPUs compute"):
        use_precision(torch.nn.Sequential(), "tf32", "cpu")


def test_training_on_the_cpu_does_not_start_cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*arguments: object) -> None:
        raise AssertionError("CUDA was started")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for name in ("get_rng_state_all", "set_rng_state_all", "mem_get_info", "_lazy_init"):
        monkeypatch.setattr(torch.cuda, name, started)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with training(BETA_VAE) as state:
        state.model_dir = tmp_path
        state.save()
        state.restore()


@pytest.mark.parametrize(("message", "expected"), [
    ("CUDA out of memory. Tried to allocate 20.00 GiB.", "too little free memory"),
    ("Failed to allocate memory for requested buffer of size 17", "too little free memory"),
    ("CUDNN_STATUS_EXECUTION_FAILED\nmore", r"The GPU failed: CUDNN_STATUS_EXECUTION_FAILED\. Check it"),
    ("CUDA error: an illegal memory access was encountered", "The GPU failed: CUDA error: an illegal"),
])
def test_failures_of_the_gpu_are_not_blamed_on_the_images(message: str, expected: str) -> None:
    class Failing:
        record = None

        def __call__(self, values: np.ndarray) -> np.ndarray:
            raise RuntimeError(message)

    with pytest.raises(DeviceError, match=f"model.onnx failed on 3 images. .*{expected}"):
        columns_of_images(Failing(), np.zeros((3, 4, 4, 1)), Path("model.onnx"))


def test_other_failures_are(exported: Path) -> None:
    runner = onnx_format.open(exported / onnx_format.representation_file, "cpu")
    runner.record = None
    with pytest.raises(InputMismatchError, match="fails on images of shape"):
        columns_of_images(runner, np.zeros((3, 9, 9, 1)), Path("model.onnx"))


def test_onnx_runtime_does_not_fall_back(exported: Path) -> None:
    runner = onnx_format.open(exported / onnx_format.representation_file, "cpu")
    assert not runner._session._enable_fallback
    assert runner.provider == "CPUExecutionProvider"
    runner._session.set_providers(["CPUExecutionProvider"])
    assert runner.provider == runner._session.get_providers()[0]


@pytest.mark.parametrize("backend", ["onnx", "torchscript", "export"])
def test_the_posterior_runs_as_the_representation_does(exported: Path, images: np.ndarray, backend: str) -> None:
    posterior = posterior_of(load_representation(exported, backend))
    assert posterior.path.suffix == load_representation(exported, backend).path.suffix
    np.testing.assert_allclose(posterior(images[:3])[0], load_representation(exported, backend)(images[:3]), atol=1e-5)


def test_reproduce_tells_the_commands_that_compute() -> None:
    found = commands("jl1_vae", 0, Path("run"), device="cuda")
    assert {command[0]: command[1:3] == ["--device", "cuda"] for command in found} == {
        "unbraid.training": True, "unbraid.export": False, "unbraid.evaluation": True}
    assert not any("--device" in command for command in commands("jl1_vae", 0, Path("run")))
