"""Losses of a VAE without sampling: reconstruction from the posterior's mean, and KL divergence of every latent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.errors import UnknownNameError, UserError
from ...common.numerics.array_likes import as_numbers
from ..declaration import Metric, Score
from ..inputs import as_codes
from ..result import MetricResult

LOWEST_LOGARITHM = -100.0  # as in torch.nn.functional.binary_cross_entropy


def bernoulli(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Returns the cross-entropy in nats of every pixel; a grey pixel counts as a probability."""
    with np.errstate(divide="ignore"):
        white, black = np.log(reconstructions), np.log1p(-reconstructions)
    return np.asarray(-(images * np.maximum(white, LOWEST_LOGARITHM)
                        + (1 - images) * np.maximum(black, LOWEST_LOGARITHM)))


def l2(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Returns the squared error of every pixel, without a factor 1/2."""
    return np.asarray(np.square(images - reconstructions))


def gaussian_disvae(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Returns 255 times the squared error, disentangling-vae's "gaussian"."""
    return 255 * l2(images, reconstructions)


def laplace_disvae(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Returns 3 times the absolute error, disentangling-vae's "laplace"."""
    return np.asarray(3 * np.abs(images - reconstructions))


PICTURES = "(n, H, W, C) with values from 0 to 1"
LOSSES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    function.__name__: function for function in (bernoulli, l2, gaussian_disvae, laplace_disvae)}


@Metric(
    "vae_losses", paper="Kingma and Welling 2014", needs="autoencoder",
    citations=("kingma2014auto",),
    scores=(Score("reconstruction_loss", "reconstruction loss", "the mean of the posterior gives the image back",
                  (0, np.inf), "small", "no sampling, so lower than in training; compare within one data set and loss",
                  better="low"),),
    other_keys={"kl_loss": None, "kl_loss_{latent}": None, "elbo": "high", "num_images": None})
def vae_losses(images: Any, reconstructions: Any, means: Any, log_variances: Any, *,
               loss: str = "bernoulli") -> MetricResult:
    """Computes the means over images of the reconstruction loss and of the KL divergence from N(0, 1).

    Args:
        images: (n, H, W, C) in [0, 1].
        reconstructions: (n, H, W, C) in [0, 1], decoded from the means of the posterior.
        means: (n, num_codes) of the posterior.
        log_variances: (n, num_codes).
        loss: 'bernoulli' (cross-entropy in nats), 'l2', or 'gaussian_disvae' and 'laplace_disvae' with
            disentangling-vae's factors 255 and 3; summed over pixels and channels.

    Returns:
        `reconstruction_loss`; `kl_loss`, nats, the sum of `kl_loss_0`, `kl_loss_1` and so on, one for each latent;
        `elbo`, minus the sum of both.  The protocol adds `num_images`.

    Raises:
        UserError: for arrays of other shapes and for an unknown loss.

    >>> image = np.full((1, 2, 2, 1), 0.5)
    >>> round(vae_losses(image, image, [[1.0, 0.0]], [[0.0, 0.0]])["reconstruction_loss"], 3)  # 4 log 2
    2.773
    >>> vae_losses(image, image, [[1.0, 0.0]], [[0.0, 0.0]])["kl_loss_0"]
    0.5
    """
    if loss not in LOSSES:
        raise UnknownNameError("vae_losses.loss", loss, LOSSES)
    images, reconstructions = _pictures(images, "images"), _pictures(reconstructions, "reconstructions")
    means, log_variances = as_codes(means, "means", least=1), as_codes(log_variances, "log_variances", least=1)
    if images.shape != reconstructions.shape or means.shape != log_variances.shape or len(images) != len(means):
        raise UserError(f"images, reconstructions, means and log_variances have shapes {images.shape}, "
                        f"{reconstructions.shape}, {means.shape} and {log_variances.shape}; expected (n, H, W, C) "
                        "twice and (n, num_codes) twice.")
    reconstruction = float(LOSSES[loss](images, reconstructions).sum(axis=(1, 2, 3)).mean())
    divergences = np.mean(0.5 * (np.square(means) + np.exp(log_variances) - log_variances - 1), axis=0)
    return MetricResult({
        "reconstruction_loss": reconstruction, "kl_loss": float(divergences.sum()),
        "elbo": -reconstruction - float(divergences.sum()),
        **{f"kl_loss_{latent}": float(divergence) for latent, divergence in enumerate(divergences)}})


def _pictures(values: Any, name: str) -> np.ndarray:
    pictures = as_numbers(values, name, PICTURES).astype(np.float64)
    if pictures.ndim != 4 or not len(pictures) or pictures.min() < 0 or pictures.max() > 1:
        raise UserError(f"{name} have shape {pictures.shape}; expected {PICTURES}.")
    return pictures
