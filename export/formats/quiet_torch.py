"""What torch says about its own exporters, which a user of an export can do nothing about."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

LOGGERS = ("torch.onnx", "onnxscript", "onnx_ir")  # report progress and node counts as warnings


@contextlib.contextmanager
def quiet_torch() -> Iterator[None]:
    """Within the block, torch's exporters and readers tell nothing of their deprecation, progress and traces.

    A trace may differ from the model it is made of; here every graph is compared with it afterwards."""
    from torch.jit import TracerWarning

    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    with warnings.catch_warnings():
        for category in (DeprecationWarning, FutureWarning, TracerWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", category=UserWarning, module=r"torch\.onnx")  # about names of axes
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
