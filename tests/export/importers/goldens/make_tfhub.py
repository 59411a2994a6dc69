"""Writes tfhub/ with disentanglement_lib's own architectures and exporters: python make_tfhub.py CLONE OUTPUT_DIR.

Needs Python 3.11, tensorflow-cpu 2.15.1, tensorflow_hub 0.12.0, protobuf 3.20.3, gin-config 0.3.0, numpy 1, six.  The
names that TensorFlow 2 has dropped or moved, and that no function used here calls, are replaced by empty modules."""

import importlib
import os
import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf

SIDE, LATENTS, BATCH = 16, 2, 16


def stand_ins() -> None:
    """Modules that disentanglement_lib and tensorflow_hub import by their names of TensorFlow 1."""
    trackable = [importlib.import_module(f"tensorflow.python.trackable.{name}")
                 for name in ("data_structures", "base", "autotrackable")]
    tracking = types.ModuleType("tensorflow.python.training.tracking")
    tracking.data_structures, tracking.base, tracking.tracking = trackable
    contrib = types.ModuleType("tensorflow.contrib")
    contrib.framework, contrib.tpu = types.ModuleType("framework"), types.ModuleType("tpu")
    sys.modules.update({"tensorflow.python.training.tracking": tracking, "tensorflow.contrib": contrib,
                        "tensorflow_probability": types.ModuleType("tensorflow_probability")})


def initialise(session: tf.Session) -> None:
    """Random weights; biases too, which would otherwise be zero and hide a mistake."""
    session.run(tf.global_variables_initializer())
    random_state = np.random.RandomState(7)
    for variable in tf.trainable_variables():
        if "bias" in variable.name:
            variable.load(random_state.normal(size=variable.shape.as_list(), scale=0.1).astype("f"), session)


def train(model, shape: list[int], path: str) -> str:
    """A checkpoint of the model as it is after no step."""
    with tf.Graph().as_default(), tf.Session() as session:
        mean, logvar = model.gaussian_encoder(tf.placeholder(tf.float32, [None, *shape]), True)
        model.decode(model.sample_from_latent_distribution(mean, logvar), shape, True)
        initialise(session)
        return tf.train.Saver().save(session, path)


def answers(output: Path, shape: list[int]) -> dict[str, np.ndarray]:
    """What the modules themselves say to fixed images and codes."""
    import tensorflow_hub as hub

    random_state = np.random.RandomState(0)
    images = random_state.uniform(size=(BATCH, *shape)).astype("f")
    codes = random_state.normal(size=(BATCH, LATENTS)).astype("f")
    with tf.Graph().as_default(), tf.Session() as session:
        trained = hub.Module(str(output / "model" / "tfhub"))
        encoded = trained({"images": tf.constant(images)}, signature="gaussian_encoder", as_dict=True)
        decoded = trained({"latent_vectors": tf.constant(codes)}, signature="decoder", as_dict=True)
        processed = hub.Module(str(output / "postprocessed" / "mean" / "tfhub"))
        representation = processed({"images": tf.constant(images)}, signature="representation", as_dict=True)
        session.run(tf.global_variables_initializer())
        encoded, decoded, representation = session.run([encoded, decoded, representation])
    return {"images": images, "codes": codes, "mean": encoded["mean"], "logvar": encoded["logvar"],
            "decoded": decoded["images"], "representation": representation["default"]}


def main(clone: str, output: Path) -> None:
    stand_ins()
    sys.path.insert(0, clone)
    import gin
    from disentanglement_lib.methods.unsupervised import gaussian_encoder_model, vae
    from disentanglement_lib.postprocessing import methods
    from disentanglement_lib.utils import convolute_hub

    tf.disable_v2_behavior()
    config = [f"encoder.num_latent = {LATENTS}", "encoder.encoder_fn = @test_encoder",
              "decoder.decoder_fn = @test_decoder"]
    gin.parse_config(config)
    model, shape, trained = vae.BetaVAE(beta=1.0), [SIDE, SIDE, 1], str(output / "model" / "tfhub")
    os.makedirs(output / "model" / "results" / "gin")
    (output / "model" / "results" / "gin" / "train.gin").write_text(
        "\n".join([*config, "reconstruction_loss.activation = 'tanh'"]) + "\n")
    with tempfile.TemporaryDirectory() as scratch:
        checkpoint = train(model, shape, f"{scratch}/weights")
        with tf.Graph().as_default():
            gaussian_encoder_model.export_as_tf_hub(model, shape, checkpoint, trained)
    for name, method in (("mean", methods.mean_representation), ("sampled", methods.sampled_representation)):
        transform, _ = method(None, None, None, None)
        convolute_hub.convolute_and_save(
            trained, "gaussian_encoder", str(output / "postprocessed" / name / "tfhub"),
            lambda mean, logvar, transform=transform: {"default": transform(mean=mean, logvar=logvar)}, None,
            "representation")
    np.savez(output / "answers.npz", **answers(output, shape))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
