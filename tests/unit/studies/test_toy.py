"""The two-dimensional toy of SARM appendix 8.1."""

import numpy as np
import pytest

from darkpixel.studies.toy import toy_pairs, train_toy

PAIRS = toy_pairs(20_000, seed=1)


@pytest.fixture(scope="module")
def model():
    return train_toy(PAIRS, iterations=1500, learning_rate=0.03, seed=1)


def test_learns_the_marginal_of_the_first(model):
    mean, log_sigma = model.first.tolist()
    assert mean == pytest.approx(0.0, abs=0.04)
    assert np.exp(2 * log_sigma) == pytest.approx(2.0, rel=0.04)


def test_learns_the_conditional_of_the_second(model):
    """x1 given x0 is N(x0 / 2, 1 / 2) at x0 = 0, where the linear layer is its bias."""
    assert model.second.weight[0, 0].item() == pytest.approx(0.5, abs=0.02)
    assert np.exp(2 * model.second.bias[1].item()) == pytest.approx(0.5, rel=0.04)


def test_samples_have_the_covariance_of_the_pairs(model):
    """Which is ((2, 1), (1, 1)) but for its own sampling error."""
    assert np.cov(PAIRS.T) == pytest.approx(np.array([[2.0, 1.0], [1.0, 1.0]]), abs=0.06)
    # 0.006 of sampling error, and a little misfit of the linear log standard deviation
    assert np.cov(model.sample(200_000, seed=2).T) == pytest.approx(np.cov(PAIRS.T), abs=0.04)


def test_density_integrates_to_one(model):
    import torch

    line = torch.linspace(-9, 9, 361, dtype=torch.float64)
    grid = torch.cartesian_prod(line, line)
    total = model.log_prob(grid).exp().sum() * (line[1] - line[0]) ** 2
    assert total.item() == pytest.approx(1.0, abs=1e-3)
