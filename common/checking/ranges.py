"""Ranges that go with the names of parameters: a name means the same in every metric, method and network.

A parameter with a range of its own declares it in its annotation, `Annotated[int, Interval(...)]`."""

from __future__ import annotations

import re

from ..system.memory import total_memory
from .values import ANY_NUMBER, Interval

POINT_BYTES = 1_000  # codes and factors of a point, and what estimators make of them
IMAGE_BYTES = 50_000  # an image of 64 x 64 x 3 in float32
BATCH_BYTES = 400_000  # an image of a batch with what a small convolutional network keeps of it for the gradient
UNIT_BYTES = 4_000  # weights of a unit with some thousand neighbours
SEED = Interval(0, 2**32 - 1)
SHARE = Interval(0, 1)
AT_LEAST_0, AT_LEAST_1, ABOVE_0 = Interval(0), Interval(1), Interval(0, is_low_open=True)
BELOW_1 = Interval(0, 1, is_high_open=True)
BETWEEN_0_AND_1 = Interval(0, 1, is_low_open=True, is_high_open=True)


def interval_of(parameter: str) -> Interval:
    """The range of the parameters of this name; any finite number where none is declared."""
    for pattern, low, item_bytes in SIZES:
        if re.fullmatch(pattern, parameter):
            return as_many_as_fit(low, item_bytes)
    return next((interval for pattern, interval in RANGES if re.fullmatch(pattern, parameter)), ANY_NUMBER)


# Sizes are bounded by memory: what a single one takes at the least, in bytes.
SIZES = (
    (r"num_(train|test|eval|points|data_points|images|samples|pairs|variance_estimate|labelled_samples|"
     r"test_points_per_class|local_clusters)", 1, POINT_BYTES),
    (r"global_subset_size|num_trees|num_bins|n_neighbors|n_experiment|repeats", 1, POINT_BYTES),
    (r"batch_size|sampling_batch_size|jacobian_batch_size", 1, BATCH_BYTES),
    (r"num_latent|num_hidden|num_components|token_size|sub_sec|num_transformations|ipe_factors|hidden|(base_)?channels|"
     r"subgroup_sizes|subspace_sizes|first_side", 1, UNIT_BYTES),
)
RANGES = (
    (r"(\w+_)?seed", SEED),
    (r"training_steps|eval_steps|checkpoint_steps|log_steps|steps|decay_steps|decay_until|step_increment|"
     r"setpoint_steps|max_iter|max_iterations|max_depths|factor_sizes|kernels?|strides|num_fixed_factors", AT_LEAST_1),
    (r"annealing_steps|warmup_steps|decay_from|iteration_threshold|keep_steps|padding|num_factors_to_remove|"
     r"num_observed_factors|dropped_factors|denylist_factors|image_range|continuous_factors|model_num|boundaries",
     AT_LEAST_0),
    (r"beta1|beta2|decay|momentum|prune_fraction", BELOW_1),
    (r"prob_random|train_percentage|diff_quantile|locality_proportion|max_features|forward_eg_prob", SHARE),
    (r"split", BETWEEN_0_AND_1),
    (r"learning_rate|\w+_learning_rate|alphas|weight_decay|threshold|kl_\w+_threshold|basis_scale|codebook_std",
     AT_LEAST_0),
    (r"clip_norm|temperature|maximum|C|decay_rate|step_size", ABOVE_0),
)


def as_many_as_fit(low: int, item_bytes: int) -> Interval:
    """Numbers of things that take `item_bytes` each, from `low` to what fits into memory, where that is known."""
    memory = total_memory()
    if memory is None:
        return Interval(low)
    return Interval(low, memory // item_bytes, why=f"as many as fit into the {memory / 1e9:.0f} GB of memory here")
