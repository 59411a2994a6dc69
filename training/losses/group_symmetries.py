"""CFASL's layer of symmetries: a codebook of generators, a selector for pairs, and their losses (arXiv:2401.08897).

Latents are rows: z moves by the symmetry G to z expm(G).  S sections, one for each latent, hold K symmetries each."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from ..posterior import Posterior
from .matrix_exponential import matrix_exp

COSINE_EPSILON = 1e-9
NORM_EPSILON = 1e-12  # an untouched latent has a difference of length zero, and no direction


class GroupSymmetries(nn.Module):
    """A codebook (S K, D, D), section by section, and the linear map that chooses from it for a pair of images."""

    def __init__(self, num_latent: int, num_symmetries: int, codebook_init: str = "trunc_normal",
                 codebook_std: float = 1.0):
        """codebook_init: 'trunc_normal' (cut at two standard deviations) or 'normal'."""
        super().__init__()
        self.num_latent, self.num_symmetries = num_latent, num_symmetries
        codebook = torch.empty(num_latent * num_symmetries, num_latent, num_latent)
        if codebook_init == "normal":
            nn.init.normal_(codebook, std=codebook_std)
        else:
            nn.init.trunc_normal_(codebook, std=codebook_std, a=-2 * codebook_std, b=2 * codebook_std)
        self.codebook = nn.Parameter(codebook)
        self.selector = nn.Linear(4 * num_latent, (num_symmetries + 2) * num_latent)
        nn.init.xavier_uniform_(self.selector.weight)

    def differences(self, latents: torch.Tensor) -> torch.Tensor:
        """(S, K, B, D): z - z expm(G) for every symmetry and every latent vector of (B, D)."""
        differences = latents - latents @ matrix_exp(self.codebook)
        return differences.unflatten(0, (self.num_latent, self.num_symmetries))

    def select(self, posterior: Posterior, std2_of_mean: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """Switch logits (P, S, 2) and selection weights (P, S, K) for the P pairs (b, b + P) of a batch of 2 P.

        std2_of_mean: reference: the original takes exp(mean / 2) for the second image's standard deviation."""
        (mean1, mean2), (log1, log2) = posterior.mean.chunk(2), posterior.log_variance.chunk(2)
        std2 = torch.exp((mean2 if std2_of_mean else log2) / 2)
        chosen = self.selector(torch.cat([mean1, torch.exp(log1 / 2), mean2, std2], dim=1))
        switches, selection = chosen.split([2 * self.num_latent, self.num_symmetries * self.num_latent], dim=1)
        return (switches.unflatten(1, (self.num_latent, 2)),
                selection.unflatten(1, (self.num_latent, self.num_symmetries)).softmax(dim=2))

    def actions(self, switch: torch.Tensor, selection: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """expm(A) and expm(-A), each (P, D, D), of A = sum_sk switch_s selection_sk G_sk."""
        weights = (switch.unsqueeze(2) * selection).flatten(1)
        generator = torch.einsum("pg,gij->pij", weights, self.codebook)
        forward, inverse = matrix_exp(torch.stack([generator, -generator]))
        return forward, inverse


def parallel_loss(differences: torch.Tensor) -> torch.Tensor:
    """Mean of -log cos^2 over all pairs of differences (S, K, B, D) of one section, themselves included."""
    directions = functional.normalize(differences.flatten(1, 2), dim=2, eps=NORM_EPSILON)
    squares = (directions @ directions.transpose(1, 2)).square()
    return -torch.log(squares + COSINE_EPSILON).mean()


def perpendicular_loss(differences: torch.Tensor, chosen: torch.Tensor) -> torch.Tensor:
    """Sum of cos^2 between differences of different sections over (S B)^2, of one symmetry a section.

    differences: (S, K, B, D).  chosen: (S,) indices of the symmetries."""
    num_sections, _, batch_size, _ = differences.shape
    of_sections = differences[torch.arange(num_sections, device=chosen.device), chosen]
    directions = functional.normalize(of_sections.flatten(0, 1), dim=1, eps=NORM_EPSILON)
    squares = (directions @ directions.T).square()
    section = torch.arange(num_sections, device=squares.device).repeat_interleave(batch_size)
    return (squares * (section[:, None] != section)).mean()


def sparsity_loss(differences: torch.Tensor) -> torch.Tensor:
    """Mean of (sum_d Delta_d^2 - max_d Delta_d^2)^2: zero where a symmetry moves one latent only."""
    squares = differences.square()
    return (squares.sum(dim=-1) - squares.amax(dim=-1)).square().mean()


def commutativity_loss(codebook: torch.Tensor) -> torch.Tensor:
    """Mean over all pairs of symmetries and all entries of (G_i G_j - G_j G_i)^2; codebook: (S K, D, D)."""
    products = torch.einsum("aij,bjk->abik", codebook, codebook)
    return (products - products.transpose(0, 1)).square().mean()


def published_commutativity_loss(codebook: torch.Tensor) -> torch.Tensor:
    """What CFASL's code computes in that place; codebook: (S K, D, D).

    reference: its products are G_i H_j, where a reshape without moving axes makes H_j of the rows j, S K + j, ... of
    all symmetries; only the first K are compared, and the p-th of n pairs is counted n - p + 1 times."""
    num, dim, _ = codebook.shape
    rows = codebook.reshape(dim, num, dim).transpose(0, 1)
    products = torch.einsum("aij,bjk->abik", codebook[:num // dim], rows[:num // dim])
    first, second = torch.triu_indices(num // dim, num // dim, offset=1, device=codebook.device)
    squares = (products[first, second] - products[second, first]).square().sum(dim=(1, 2))
    counts = torch.arange(len(first), 0, -1, device=codebook.device)
    return 2 * (counts * squares).sum() / (num * dim) ** 2


def sector_loss(switch_logits: torch.Tensor, latents: torch.Tensor, threshold: float,
                double_softmax: bool = False) -> torch.Tensor:
    """Cross-entropy of the switches with "this latent differs by more than threshold", summed over latents, mean over
    pairs.

    switch_logits: (P, S, 2).  latents: (2 P, D).  double_softmax: reference: the original takes probabilities for
    logits, so the loss of a latent cannot fall below 0.3133."""
    first, second = latents.detach().chunk(2)
    changed = ((first - second).abs() > threshold).long()
    logits = switch_logits.softmax(dim=2) if double_softmax else switch_logits
    return functional.cross_entropy(logits.flatten(0, 1), changed.flatten(), reduction="sum") / len(first)
