"""Records jl1.npz from JL1-VAE's own code (github.com/travers-rhodes/jlonevae): python make_jl1_goldens.py CLONE.

Weights come from numpy by parameter name, so that they need not be stored.  In double precision, where forward
differences are not drowned in rounding.  Needs torch and opt_einsum."""

import sys
import zlib
from pathlib import Path

import numpy as np
import torch

BATCH, NUM_LATENT, BETA, GAMMA = 3, 4, 4.0, 0.1


def weights(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform within 1.5 / sqrt(fan-in), by parameter name."""
    bound = 1.5 / np.sqrt(max(np.prod(shape[1:]), 16))
    return np.random.RandomState(zlib.crc32(name.encode())).uniform(-bound, bound, shape)


def inputs() -> tuple[np.ndarray, np.ndarray]:
    """Images (3, 1, 64, 64) in [0, 1] and latents (3, 4)."""
    random_state = np.random.RandomState(7)
    return random_state.uniform(size=(BATCH, 1, 64, 64)), random_state.normal(
        size=(BATCH, NUM_LATENT))


def main(clone: str) -> None:
    sys.path.insert(0, clone)
    from jlonevae_lib.architecture import vae_jacobian
    from jlonevae_lib.architecture.vae import ConvVAE
    from jlonevae_lib.train.loss_function import vae_loss_function

    torch.set_default_dtype(torch.float64)
    model = ConvVAE(NUM_LATENT, 64, 1, [32, 32, 64, 64], [2, 2, 2, 2], [4, 4, 4, 4], [256], [256, 1024], 4,
                    [64, 32, 32, 1], [2, 2, 2, 2], [4, 4, 4, 4])
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(weights(name, tuple(parameter.shape))))
    images, latents = (torch.from_numpy(array) for array in inputs())
    mean, log_variance = model.encode(images)
    decoded = model.decode(latents)
    loss, reconstruction, kl, *_ = vae_loss_function(decoded, images, mean, log_variance, BETA)
    record = {"mean": mean, "log_variance": log_variance, "decoded": decoded[:, :, ::8, ::8], "loss": loss,
              "reconstruction": reconstruction, "kl": kl}
    for norm, penalty_of in (("jlone", vae_jacobian.jacobian_loss_function),
                             ("jltwo", vae_jacobian.jacobian_l2_loss_function)):
        penalty = penalty_of(model, latents, log_variance, "cpu")
        record[norm] = penalty
        gradients = torch.autograd.grad(GAMMA * penalty, [*model.gen_fcs.parameters(), *model.gen_convs.parameters()])
        record[f"{norm}_gradient_sums"] = torch.stack([gradient.sum() for gradient in gradients])
        record[f"{norm}_gradient_norms"] = torch.stack([gradient.norm() for gradient in gradients])
    arrays = {name: value.detach().numpy() for name, value in record.items()}
    np.savez_compressed(Path(__file__).parent / "jl1.npz", **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1])
