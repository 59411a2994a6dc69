"""Records dlib_supervision.npz from disentanglement_lib's weakly and semi-supervised methods.

    TF_USE_LEGACY_KERAS=1 PYTHONPATH=CLONE python make_dlib_supervision_goldens.py

CLONE: of google-research/disentanglement_lib.  Needs tensorflow-cpu, tf_keras, gin-config, six and numpy; whatever else
its modules import, no loss uses, and is put aside.  The networks are linear maps given as arrays, noise and shuffling
are fixed, and the losses are those of the evaluation, in single precision."""

import sys
import types
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

PAIRS, NUM_LATENT, SIDE, FACTOR_SIZES = 3, 4, 4, [3, 5]
WEAK = ("group_vae_argmax", "group_vae_labels", "mlvae_argmax", "mlvae_labels")
SEMI: dict[str, dict[str, Any]] = {
    "s2_vae": {"beta": 2.0, "gamma_sup": 3.0}, "s2_beta_tc_vae": {"beta": 4.0, "gamma_sup": 3.0},
    "s2_dip_vae": {"lambda_od": 5.0, "lambda_d_factor": 10.0, "gamma_sup": 3.0, "dip_type": "ii"}}
MINE = {"beta": 2.0, "gamma_sup": 3.0}
LOSSES = ("l2", "xent", "cov", "embed")
GIN = """
reconstruction_loss.loss_fn = @bernoulli_loss
group_vae.beta = 2.0
mlvae.beta = 2.0
embed.sigma = 1.5
annealer.anneal_fn = @fixed
annealer.iteration_threshold = 1
"""


def inputs() -> dict[str, np.ndarray]:
    """Two lots of images (6, 4, 4, 1), noise, labels, the factor each pair differs in, the networks, and the order into
    which each of MINE's estimators shuffles the labels."""
    random_state = np.random.RandomState(11)
    images, labelled = random_state.uniform(size=(2, 2 * PAIRS, SIDE, SIDE, 1))
    arrays = {"images": images, "labelled": labelled, "noise": random_state.normal(size=(2 * PAIRS, NUM_LATENT)),
              "mean": random_state.normal(size=(SIDE**2, NUM_LATENT)) / 2,
              "log_variance": random_state.normal(size=(SIDE**2, NUM_LATENT)) / 4,
              "decoder": random_state.normal(size=(NUM_LATENT, SIDE**2)),
              "labels": np.stack([random_state.randint(size, size=2 * PAIRS) for size in FACTOR_SIZES], axis=1)}
    orders = np.random.RandomState(12).uniform(size=(len(FACTOR_SIZES), NUM_LATENT, 2 * PAIRS)).argsort(axis=2)
    return {"changed": np.array([2, 0, 3]), "orders": orders,
            **{name: array.astype(np.float32) for name, array in arrays.items()}}


def accept_old_names() -> None:
    """Lets the clone import: gin's old keywords, and modules that TensorFlow no longer has."""
    import gin
    import tensorflow.compat.v1 as tf

    original = gin.configurable

    def configurable(*arguments: Any, blacklist: Any = None, whitelist: Any = None, **options: Any) -> Any:
        lists = {"denylist": blacklist, "allowlist": whitelist}
        return original(*arguments, **options, **{name: value for name, value in lists.items() if value is not None})

    gin.configurable = configurable
    plugin = types.ModuleType("gin.tf")
    plugin.__dict__.update({name: getattr(gin, name) for name in dir(gin)})
    gin.tf = plugin  # type: ignore[attr-defined]
    estimator = "tensorflow_estimator.python.estimator.tpu"
    aside = ["tensorflow_hub", "tensorflow_probability", "tensorflow.contrib", f"{estimator}.tpu_estimator"]
    aside += [".".join(estimator.split(".")[:depth]) for depth in range(1, 5)]
    sys.modules |= {name: mock.MagicMock() for name in aside}
    sys.modules |= {"gin.tf": plugin, "gin.tf.external_configurables": types.ModuleType("external")}
    tf.disable_v2_behavior()
    tf.estimator = types.SimpleNamespace(ModeKeys=types.SimpleNamespace(TRAIN="train", EVAL="eval"))


def losses(name: str, weights: dict[str, Any], features: np.ndarray, labels: Any, noises: list[np.ndarray],
           label_loss: str = "xent") -> tuple[np.ndarray, np.ndarray]:
    """[loss, reconstruction, ELBO, regularizer, KL, and the labels' loss where there is one] of a method of theirs with
    the networks of `inputs`, and the variables it made, one after the other."""
    import gin
    import tensorflow.compat.v1 as tf

    arrays, draws = inputs(), iter(noises)

    def encode(self: Any, images: Any, is_training: bool) -> Any:
        flat = tf.reshape(images, [-1, SIDE**2])
        return tf.matmul(flat, arrays["mean"]), tf.matmul(flat, arrays["log_variance"])

    def sample(self: Any, mean: Any, log_variance: Any) -> Any:
        return mean + tf.exp(log_variance / 2) * next(draws)

    def decode(self: Any, latents: Any, shape: Any, is_training: bool) -> Any:
        return tf.reshape(tf.matmul(latents, arrays["decoder"]), [-1, SIDE, SIDE, 1])

    gin.clear_config()
    gin.parse_config([GIN, f"supervised_loss.loss_fn = @{label_loss}"])
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.get_or_create_global_step()
        tf.set_random_seed(0)
        model = type(name, (gin.get_configurable(name),), {
            "gaussian_encoder": encode, "sample_from_latent_distribution": sample, "decode": decode})(**weights)
        loss, terms = model.model_fn(tf.constant(features), labels, "eval", {})
        session.run(tf.global_variables_initializer())
        variables = [session.run(variable).ravel() for variable in tf.trainable_variables()]
        return np.array(session.run([loss, *terms])), np.concatenate([np.zeros(0), *variables])


def main() -> None:
    accept_old_names()
    import tensorflow.compat.v1 as tf
    from disentanglement_lib.methods.semi_supervised import semi_supervised_vae
    from disentanglement_lib.methods.unsupervised import vae
    from disentanglement_lib.methods.weak import weak_vae

    for module in (semi_supervised_vae, weak_vae):
        module.TPUEstimatorSpec = lambda mode, loss, eval_metrics: (loss, eval_metrics[1])
    arrays, record = inputs(), {}
    stacked = np.concatenate([arrays["images"][:PAIRS], arrays["images"][PAIRS:]], axis=1)
    for name in WEAK:
        noises = [arrays["noise"][:PAIRS], arrays["noise"][PAIRS:]]
        record[name], _ = losses(name, {}, stacked, arrays["changed"][:, None], noises)
    for name, weights in SEMI.items():
        for label_loss in LOSSES:
            labels = (arrays["labelled"], arrays["labels"])
            key, given = f"{name}/{label_loss}", {"factor_sizes": FACTOR_SIZES, **weights}
            record[key], record[f"{key}/variables"] = losses(name, given, arrays["images"], labels, [arrays["noise"]],
                                                             label_loss)
    orders = iter(arrays["orders"].reshape(-1, 2 * PAIRS))
    vae.shuffle_codes = lambda codes: tf.gather(codes, next(orders))
    record["s2_mine_vae"], record["s2_mine_vae/variables"] = losses(
        "s2_mine_vae", {"factor_sizes": FACTOR_SIZES, **MINE}, arrays["images"],
        (arrays["labelled"], arrays["labels"]), [arrays["noise"]])
    np.savez_compressed(Path(__file__).parent / "dlib_supervision.npz", **record)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
