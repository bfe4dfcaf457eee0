"""Densities in bins, with and without a bound: they integrate to one, and samples follow them."""

import itertools

import numpy as np
import pytest
import torch

from darkpixel.models.sparse_transformer.binned import TAILS, Bins

BINS = 6


def bins(is_bounded):
    return Bins(torch.tensor(0.0), torch.tensor(3.0), BINS, is_bounded=is_bounded)


def logits():
    return torch.randn(BINS + TAILS, generator=torch.Generator().manual_seed(0))


def density(x, bound, is_bounded):
    many = logits().expand(len(x), -1)
    bounds = None if bound is None else torch.full((len(x),), bound)
    return (-bins(is_bounded).nats(many, torch.from_numpy(x).float(), bounds)).exp().double()


BOUNDS = pytest.mark.parametrize("bound", [None, torch.inf, 4.0, 3.0, 2.2, 1.5, 0.01, -0.5])


@BOUNDS
@pytest.mark.parametrize("is_bounded", [False, True])
def test_density_integrates_to_one(bound, is_bounded):
    if is_bounded and bound is not None and bound < 0:
        return  # nothing is possible
    low = 0.0 if is_bounded else -6.0
    high = 8.0 if bound is None else min(bound, 8.0)
    edges = np.linspace(low, high, 200_001)
    middles, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    assert float(density(middles, bound, is_bounded).sum() * width) == pytest.approx(1, abs=1e-3)


@BOUNDS
@pytest.mark.parametrize("is_bounded", [False, True])
def test_samples_follow_the_density_up_to_the_bound(bound, is_bounded):
    if is_bounded and bound is not None and bound < 0:
        return
    n = 40_000
    u = torch.rand(2, n, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    bounds = None if bound is None else torch.full((n,), bound)
    drawn = bins(is_bounded).draw(logits().expand(n, -1), u[0], u[1], bounds).numpy()
    assert bound is None or drawn.max() <= bound + 1e-6
    assert not is_bounded or drawn.min() >= 0
    assert len(np.unique(drawn)) > 0.99 * n
    edges = np.quantile(drawn, np.linspace(0.001, 0.999, 25))
    counts, _ = np.histogram(drawn, edges)
    fine = np.concatenate([np.linspace(a, b, 401) for a, b in itertools.pairwise(edges)])
    fine = fine.reshape(24, 401)
    middles, widths = (fine[:, 1:] + fine[:, :-1]) / 2, np.diff(fine)
    found = density(middles.ravel(), bound, is_bounded).numpy().reshape(24, 400)
    expected = (found * widths).sum(1) * n
    assert np.sum((counts - expected) ** 2 / expected) < 24 + 5 * np.sqrt(48)


def test_a_number_that_rounding_puts_beyond_its_bound_counts_as_at_it():
    bound = torch.tensor([1.5, 2.2, 3.0])
    nats = bins(True).nats(logits().expand(3, -1), bound + 1e-6, bound)
    assert nats.isfinite().all()
    assert torch.equal(nats, bins(True).nats(logits().expand(3, -1), bound, bound))
