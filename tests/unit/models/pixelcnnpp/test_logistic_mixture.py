"""The discretised logistic mixture: probabilities, their gradients, and what is drawn."""

import math

import pytest
import torch
from scipy import stats
from torch import Tensor

from darkpixel.models.pixelcnnpp.logistic_mixture import LogisticMixture


def mixture(components: int = 3, levels: int = 6, unit: float = 2.5) -> LogisticMixture:
    made = LogisticMixture(components, levels)
    made.unit.fill_(unit)
    return made


def parameters(n: int, components: int = 3, spread: float = 1.0) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return spread * torch.randn(n, 3 * components, generator=generator)


@pytest.mark.parametrize("levels", [1, 2, 6, 275])
@pytest.mark.parametrize("spread", [0.3, 2.0, 10.0])
def test_probabilities_of_all_levels_sum_to_one(levels: int, spread: float) -> None:
    made = mixture(levels=levels)
    given = parameters(50, spread=spread)[:, None].expand(-1, levels + 1, -1)
    log_p = made.log_prob(given, torch.arange(levels + 1).expand(50, -1))
    torch.testing.assert_close(log_p.exp().sum(1), torch.ones(50), atol=1e-4, rtol=0)


def test_probabilities_are_the_masses_of_the_logistics() -> None:
    """By scipy's cumulative, in double precision, the edge levels with all that lies beyond."""
    made = mixture(levels=4, unit=1.5)
    given = parameters(20)
    logits, location, log_scale = given.double().split(3, 1)
    edges = torch.tensor([-math.inf, 0.5, 1.5, 2.5, 3.5, math.inf], dtype=torch.float64)
    scale = log_scale.clamp(min=-2 - math.log(1.5)).exp()
    cumulative = stats.logistic.cdf(edges / 1.5, location[..., None], scale[..., None])
    masses = torch.as_tensor(cumulative).diff(dim=-1)
    expected = (logits.softmax(1)[..., None] * masses).sum(1)
    found = made.log_prob(given[:, None].expand(-1, 5, -1), torch.arange(5).expand(20, -1))
    torch.testing.assert_close(found.double().exp(), expected, atol=1e-6, rtol=1e-5)


def test_far_levels_keep_finite_probabilities_and_gradients() -> None:
    """A level 100 scales away has no mass in float32 by a difference of cumulatives."""
    made = mixture(components=2, levels=275, unit=10.0)
    given = torch.tensor([0.0, 0.0, 0.1, 0.2, -9.0, -9.0]).repeat(3, 1).requires_grad_()
    log_p = made.log_prob(given, torch.tensor([0, 137, 275]))
    log_p.sum().backward()
    assert torch.isfinite(log_p).all()
    assert float(log_p[1].detach()) < -900
    assert given.grad is not None
    assert torch.isfinite(given.grad).all()
    assert (given.grad[:, 2:4].abs().sum(1) > 0).all()


def test_drawn_levels_have_the_probabilities_of_the_mixture() -> None:
    made = mixture(levels=4)
    given = parameters(1, spread=0.7)
    n = 40_000
    u = torch.rand(n, 2, generator=torch.Generator().manual_seed(1)).clamp(2.0**-25, 1 - 2.0**-24)
    counts = made.sample(given.expand(n, -1), u).long().bincount(minlength=5)
    wanted = made.log_prob(given.expand(5, -1), torch.arange(5)).double().exp()
    assert float(wanted.min()) * n > 5
    assert stats.chisquare(counts, wanted / wanted.sum() * n).pvalue > 1e-3


def test_more_uniform_is_a_higher_level_and_extremes_are_levels() -> None:
    made = mixture(components=2, levels=6)
    given = torch.tensor([[0.0, 0.0, -1.0, 2.0, -1.0, 0.0]])
    u = torch.linspace(2.0**-25, 1 - 2.0**-24, 999)
    for component in (2.0**-25, 1 - 2.0**-24):
        pairs = torch.stack([torch.full_like(u, component), u], 1)
        levels = made.sample(given.expand(len(u), -1), pairs)
        assert (levels.diff() >= 0).all()
        assert float(levels.min()) >= 0
        assert float(levels.max()) <= 6
        assert torch.equal(levels, levels.round())
        assert not torch.signbit(levels).any()


def test_fit_gives_the_distribution_of_the_levels() -> None:
    """Zeros within 0.03, the mean of the others within 10%."""
    counts = torch.tensor([9400, *(int(400 * math.exp(-level / 20)) for level in range(1, 100))])
    made = LogisticMixture(10, 276)
    start = made.fit(counts)
    assert float(made.top) == 99
    levels = torch.arange(100)
    p = made.log_prob(start.expand(100, -1), levels).double().exp()
    wanted = counts.double() / counts.sum()
    assert float(p[0]) == pytest.approx(float(wanted[0]), abs=0.03)
    mean, expected = ((q[1:] * levels[1:]).sum() / q[1:].sum() for q in (p, wanted))
    assert float(mean) == pytest.approx(float(expected), rel=0.1)


def test_fit_to_images_with_a_single_level() -> None:
    made = LogisticMixture(10, 276)
    start = made.fit(torch.tensor([1000, 3]))
    p = made.log_prob(start.expand(2, -1), torch.arange(2)).exp()
    assert torch.isfinite(start).all()
    assert float(p[0]) == pytest.approx(0.997, abs=0.01)
