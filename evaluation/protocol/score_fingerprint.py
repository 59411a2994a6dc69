"""The fingerprint of a score: everything that can change its numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...common.fingerprint import VERSION, Fingerprint, code_sha256, library_versions, user_code
from ...export.foreign.graph_description import Hints
from ...export.reading.decoder import decoder_sha256
from ...export.reading.posterior import posterior_sha256
from ...ground_truth.ground_truth_data import GroundTruthData
from ...ground_truth.named_data import data_identity
from .resolved import ResolvedMetric

if TYPE_CHECKING:
    from ...export.reading.artifact import Representation
    from .evaluate import Evaluator

SCORE_CODE = ("common", "metrics", "ground_truth", "evaluation/metrics", "evaluation/protocol", "evaluation/sampling",
              "evaluation/settings", "evaluation/compatibility",
              "export/files", "export/foreign", "export/formats", "export/reading")
CODES_CODE = ("common", "ground_truth", "evaluation/sampling", "export/files", "export/foreign", "export/formats",
              "export/reading")
RUNTIMES = {"onnx": ("onnxruntime", "onnxruntime-gpu"), "dill": (), "codes": ()}
TORCH = ("torch",)


def score_fingerprint(metric: ResolvedMetric, evaluators: Sequence[Evaluator],
                      data_set: GroundTruthData) -> Fingerprint:
    """evaluators: of the model that is scored, or of all models for a metric that compares them."""
    first = evaluators[0].representation
    return {
        "artifact": _artifacts(metric, evaluators),
        "backend": f"{first.backend} on {first.provider}",
        "hint": hint_texts(first.hints, first.allow_batch_dependence),
        "setting": dict(metric.all_bindings),
        "data file": data_identity(data_set),
        "user code": user_code([metric.function.__module__, *metric.modules]),
        VERSION: {"unbraid": code_sha256(*SCORE_CODE),
                  **library_versions("numpy", "scipy", "scikit-learn", "numba", *RUNTIMES.get(first.backend, TORCH))},
    }


def codes_fingerprint(representation: Representation, name: str, data_set: GroundTruthData) -> Fingerprint:
    """Everything that can change the codes of the images of a data set; name: its key among data sets."""
    return {
        "artifact": representation.sha256,
        "backend": f"{representation.backend} on {representation.provider}",
        "hint": hint_texts(representation.hints, representation.allow_batch_dependence),
        "data set": name,
        "data file": data_identity(data_set),
        VERSION: {"unbraid": code_sha256(*CODES_CODE),
                  **library_versions("numpy", *RUNTIMES.get(representation.backend, TORCH))},
    }


def hint_texts(hints: Hints, allow_batch_dependence: bool) -> dict[str, str]:
    """The hints that were given, by the flags that give them."""
    given = {field.name: getattr(hints, field.name) for field in dataclasses.fields(hints)
             if getattr(hints, field.name) != field.default}
    given |= {"allow_batch_dependence": True} if allow_batch_dependence else {}
    return {f"--{name}": str(value) for name, value in given.items()}


def _artifacts(metric: ResolvedMetric, evaluators: Sequence[Evaluator]) -> Any:
    """Content hashes: of the one representation, or of every file that the metric reads of the models."""
    if metric.input == "codes":
        return evaluators[0].representation.sha256
    found = {}
    for number, evaluator in enumerate(evaluators):
        found[f"model {number}"] = evaluator.representation.sha256
        found[f"posterior {number}"] = posterior_sha256(evaluator.representation.path)
        if metric.input == "autoencoder":
            found[f"decoder {number}"] = decoder_sha256(evaluator.representation.path)
    return found
