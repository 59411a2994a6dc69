"""Matrix groups: exponentials and penalties against loops."""

import pytest
import torch

from unbraid.common.errors import ConfigurationError
from unbraid.training.losses.lie_algebra import LieAlgebra, subspaces


@pytest.fixture
def algebra() -> LieAlgebra:
    return LieAlgebra([4, 9], [2, 3], basis_scale=0.5).double()


def test_features_are_the_exponentials_row_by_row(algebra: LieAlgebra) -> None:
    latents = torch.randn(4, 5, dtype=torch.float64)
    features = algebra(latents)
    first, second = algebra.bases
    for row, z in zip(features, latents, strict=True):
        matrices = [torch.matrix_exp(z[0] * first[0] + z[1] * first[1]),
                    torch.matrix_exp(z[2] * second[0] + z[3] * second[1] + z[4] * second[2])]
        torch.testing.assert_close(row, torch.cat([matrix.flatten() for matrix in matrices]))


def test_zero_is_the_identity(algebra: LieAlgebra) -> None:
    features = algebra(torch.zeros(1, 5).double())[0]
    torch.testing.assert_close(features[:4].reshape(2, 2), torch.eye(2).double())


@pytest.mark.parametrize(("penalty", "of_pair"), [
    ("hessian", lambda a, b: b @ a), ("commutator", lambda a, b: a @ b - b @ a),
    ("transposed", lambda a, b: (b @ a) - (b @ a).T)])
def test_penalties_against_loops(algebra: LieAlgebra, penalty: str, of_pair) -> None:
    expected = sum(of_pair(basis[a], basis[b]).square().sum() / len(basis) ** 2
                   for basis in algebra.bases for a in range(len(basis)) for b in range(len(basis)) if a != b)
    value = {"hessian": algebra.hessian_penalty, "commutator": algebra.commutator_penalty,
             "transposed": lambda: algebra.commutator_penalty(transpose=True)}[penalty]()
    torch.testing.assert_close(value, expected)


def test_diagonal_matrices_commute() -> None:
    algebra = LieAlgebra([9], [4])
    with torch.no_grad():
        algebra.bases[0].copy_(torch.diag_embed(torch.randn(4, 3)))
    assert float(algebra.commutator_penalty()) == pytest.approx(0, abs=1e-9)


def test_one_latent_has_nothing_to_commute_with() -> None:
    assert float(LieAlgebra([9], [1]).hessian_penalty()) == 0


def test_sizes_must_fit() -> None:
    with pytest.raises(ConfigurationError, match=r"subgroup_sizes \[10\] .* each size a square number"):
        LieAlgebra([10], [3])
    with pytest.raises(ConfigurationError, match=r"subspace_sizes \[4, 4\] add up to 8 latents, but .* is 10"):
        subspaces(10, [4, 4])
