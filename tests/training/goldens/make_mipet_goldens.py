"""Records mipet.npz from MIPET's own code (github.com/GIST-IRR/MIPET-VAEs): python make_mipet_goldens.py CLONE.

Weights come from numpy by parameter name, so that only names and shapes need be stored.  Double precision; weights are
single-precision numbers, which is what an import keeps.  Needs torch."""

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import nn

BATCH, NUM_LATENT, NUM_TRAIN = 3, 4, 100
ALPHA, BETA, GAMMA = 1.0, 4.0, 1.0  # of MIPET-beta-TCVAE


def weights(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform within 1.5 / sqrt(fan-in), by parameter name."""
    bound = 1.5 / np.sqrt(max(np.prod(shape[1:]), 16))
    drawn = np.random.RandomState(zlib.crc32(name.encode())).uniform(-bound, bound, shape)
    return drawn.astype(np.float32).astype(np.float64)


def inputs() -> tuple[np.ndarray, np.ndarray]:
    """Images (3, 1, 64, 64) in [0, 1] and noise (3, 4)."""
    random_state = np.random.RandomState(7)
    return random_state.uniform(size=(BATCH, 1, 64, 64)), random_state.normal(size=(BATCH, NUM_LATENT))


def configuration(class_name: str) -> object:
    """What their networks read; the decoder looks for MIPET in the name of its class."""
    return type(class_name, (), {
        "dataset": "dsprites", "dense_dim": [256, 128], "latent_dim": NUM_LATENT, "hidden_states": False,
        "num_sampling": 1, "dataset_size": NUM_TRAIN, "bayesian": False, "num_inv_equ": 2, "no_exp": False,
        "subspace_sizes_ls": [NUM_LATENT], "subgroup_sizes_ls": [16], "hy_rec": 0.1, "hy_hes": 40.0,
        "hy_commute": 20.0, "forward_eq_prob": 0.0})()


def total(name: str, terms: dict[str, torch.Tensor]) -> torch.Tensor:
    """The loss that their loop puts together."""
    if name == "beta_tc_vae":
        kl = ALPHA * terms["mi"] + BETA * terms["tc"] + GAMMA * terms["kld"]
    else:
        kl = terms["kld"] + terms.get("group", 0.0)
    return (terms["reconst"] + kl + terms["reg"]).sum()


def main(clone: str) -> None:
    sys.path.insert(0, clone)
    from models.mipet_betatcvae import MIPET_BetaTCVAE
    from models.mipet_commutativevae import MIPET_CommutativeVAE
    from models.mipet_vae import MIPET_VAE

    torch.set_default_dtype(torch.float64)
    images, noise = (torch.from_numpy(array) for array in inputs())
    torch.randn_like = lambda tensor: noise  # type: ignore[assignment,misc]
    classes = {"vae": MIPET_VAE, "beta_tc_vae": MIPET_BetaTCVAE, "commutative_lie_group_vae": MIPET_CommutativeVAE}
    record: dict[str, np.ndarray] = {}
    for name, model_class in classes.items():
        model = model_class(configuration("LieConfig" if "lie" in name else "MIPET_Config"))
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                parameter.copy_(torch.from_numpy(weights(key, tuple(parameter.shape))))
        shapes = {key: list(parameter.shape) for key, parameter in model.named_parameters()}
        record[f"{name}/shapes"] = np.array(json.dumps(shapes))
        for mode in ("eval", "train"):
            terms = model.train(mode == "train")(images, nn.BCELoss(reduction="sum"))[0]["obj"]
            loss = total(name, terms)
            record |= {f"{name}/{mode}/{term}": value.detach().numpy().sum() for term, value in terms.items()}
            record[f"{name}/{mode}/loss"] = loss.detach().numpy()
        gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
        record[f"{name}/gradients"] = np.array([  # sum and norm; NaN for what their code does not train
            [np.nan, np.nan] if gradient is None else [gradient.sum(), gradient.norm()] for gradient in gradients])
    np.savez_compressed(Path(__file__).parent / "mipet.npz", **record)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1])
