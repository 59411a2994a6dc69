"""Records cfasl.npz from CFASL's own code (github.com/GIST-IRR/CFASL): python make_cfasl_goldens.py CLONE.

Weights come from numpy by parameter name, so that only names and shapes need be stored.  Double precision; weights are
single-precision numbers, which is what an import keeps.  The noise of latents, the noise of switches (none) and the
choice of symmetries are fixed.  Needs torch."""

import json
import sys
import zlib
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.nn import functional

BATCH, NUM_LATENT = 4, 4
CHOSEN = [1, 3, 0, 2]  # a symmetry for each section, whose directions the perpendicular loss compares
WEIGHTS = {"alpha": 2.0, "gamma": 3.0, "lamb": 5.0, "epsilon": 7.0}
CONTROL = {"t_total": 100, "const_kld": 16.0, "min_beta": 1.0, "max_beta": 100.0, "k_i": 0.1, "k_p": 1.0}
GROUP = {"hy_rec": 0.1, "hy_hes": 40.0, "hy_commute": 20.0}
NUM_STEPS = 3  # of the controller, whose set point moves


def weights(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform within 1.5 / sqrt(fan-in), by parameter name."""
    bound = 1.5 / np.sqrt(max(np.prod(shape[1:]), 16))
    drawn = np.random.RandomState(zlib.crc32(name.encode())).uniform(-bound, bound, shape)
    return drawn.astype(np.float32).astype(np.float64)


def inputs() -> tuple[np.ndarray, np.ndarray]:
    """Images (4, 1, 64, 64) in [0, 1] and noise (4, 4)."""
    random_state = np.random.RandomState(7)
    return random_state.uniform(size=(BATCH, 1, 64, 64)), random_state.normal(size=(BATCH, NUM_LATENT))


def switches(logits: torch.Tensor, tau: float, hard: bool = False, dim: int = -1) -> torch.Tensor:
    """functional.gumbel_softmax without its noise."""
    del hard
    return (logits / tau).softmax(dim)


def configuration() -> object:
    return type("GroupConfig", (), {
        "dataset": "dsprites", "dense_dim": [256, 128], "latent_dim": NUM_LATENT, "hidden_states": False,
        "num_sampling": 1, "bayesian": False, "no_exp": False, "subspace_sizes_ls": [NUM_LATENT], "lamb": 1.0,
        "subgroup_sizes_ls": [16], "forward_eq_prob": 0.0, "th": 0.2, **GROUP, **CONTROL})()


def total(terms: dict[str, torch.Tensor]) -> torch.Tensor:
    """The loss that their loop puts together."""
    codebook = sum(terms[name] for name in ("orthogonal", "parallel", "commutative", "sparse"))
    return (terms["reconst"] + terms["kld"] + terms.get("group", 0.0) + WEIGHTS["alpha"] * codebook
            + WEIGHTS["gamma"] * terms["sector"] + WEIGHTS["lamb"] * terms["equivariant_1"]
            + WEIGHTS["epsilon"] * terms["equivariant_2"]).sum()


def main(clone: str) -> None:
    sys.path.insert(0, clone)
    sys.modules |= {f"dataset.{name}": mock.MagicMock() for name in ("dsprites", "car", "smallnorb", "shapes3d",
                                                                     "celebA")}
    from models.groupbetavae import CNNGroupVAE
    from models.groupcommutativevae import CNNGroupCommutativeVAE
    from models.groupcontrolvae import CNNGroupControlVAE

    torch.set_default_dtype(torch.float64)
    images, noise = (torch.from_numpy(array) for array in inputs())
    torch.randn_like = lambda tensor: noise  # type: ignore[assignment,misc]
    functional.gumbel_softmax = switches
    np.random.choice = lambda *arguments, **options: np.array(CHOSEN)
    classes = {"vae": CNNGroupVAE, "control_vae": CNNGroupControlVAE,
               "commutative_lie_group_vae": CNNGroupCommutativeVAE}
    record: dict[str, np.ndarray] = {}
    for name, model_class in classes.items():
        model = model_class(configuration()).train()
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                parameter.copy_(torch.from_numpy(weights(key, tuple(parameter.shape))))
        shapes = {key: list(parameter.shape) for key, parameter in model.named_parameters()}
        record[f"{name}/shapes"] = np.array(json.dumps(shapes))
        for step in range(NUM_STEPS if name == "control_vae" else 1):
            terms = model(images, nn.BCELoss(reduction="sum"))[0]["obj"]
            loss = total(terms)
            record |= {f"{name}/{step}/{term}": np.asarray(torch.as_tensor(value).detach()).sum()
                       for term, value in terms.items()}
            record[f"{name}/{step}/loss"] = loss.detach().numpy()
        gradients = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
        record[f"{name}/gradients"] = np.array([  # sum and norm; NaN for what their code does not train
            [np.nan, np.nan] if gradient is None else [gradient.sum(), gradient.norm()] for gradient in gradients])
    np.savez_compressed(Path(__file__).parent / "cfasl.npz", **record)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(sys.argv[1])
