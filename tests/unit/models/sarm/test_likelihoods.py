"""Distributions of non-zero pixels: normalised, finite, and sampled as they say."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from darkpixel.models.build import build_model
from darkpixel.models.sarm.discrete import Discrete, power_grid, smoothed_counts
from darkpixel.models.sarm.initialisation import rounding_errors
from darkpixel.models.sarm.likelihoods import Exponential, Gamma, Likelihood, TruncatedLogistic


def _continuous(name: str) -> Likelihood:
    made: dict[str, Likelihood] = {
        "logistic": TruncatedLogistic(5),
        "logistic_below": TruncatedLogistic(3, truncate_above=True),
        "exponential": Exponential(),
        "gamma": Gamma(),
    }
    made[name].fit(largest=100.0, typical=4.0)
    return made[name]


CONTINUOUS = ["logistic", "logistic_below", "exponential", "gamma"]


def _end(likelihood: Likelihood) -> float:
    return 105.0 if getattr(likelihood, "truncate_above", False) else math.inf


@pytest.mark.parametrize("name", CONTINUOUS)
@pytest.mark.parametrize("seed", range(4))
def test_density_integrates_to_one(name: str, seed: int) -> None:
    torch.manual_seed(seed)
    likelihood = _continuous(name)
    # spread kept to what a quadrature resolves; extremes are tested below
    parameters = (0.6 * torch.randn(1, likelihood.size)).double()

    def density(log_x: float) -> float:
        x = torch.tensor([math.exp(log_x)], dtype=torch.float64)
        return float(likelihood.log_prob(parameters, x).exp() * x)

    end = min(math.log(_end(likelihood)), 12.0)
    total = integrate.quad(density, -25.0, end, limit=400, points=[-2, 0, 1, 2, 3])[0]
    assert total == pytest.approx(1.0, abs=2e-4)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_samples_follow_the_density(name: str) -> None:
    torch.manual_seed(1)
    likelihood = _continuous(name)
    parameters = 0.5 * torch.randn(1, likelihood.size)
    n = 20_000
    u1, u2 = torch.rand(2, n, generator=torch.Generator().manual_seed(0)).clamp(1e-7, 1 - 1e-7)
    x = likelihood.sample(parameters.expand(n, -1), u1, u2)
    assert (x > 0).all()
    grid = torch.logspace(-6, min(math.log10(_end(likelihood)), 3.5), 4001, dtype=torch.float64)
    density = likelihood.log_prob(parameters.expand(len(grid), -1), grid.float()).exp().double()
    cdf = integrate.cumulative_trapezoid(density.numpy(), grid.numpy(), initial=0)
    below = float(density[0] * grid[0])
    uniform = np.interp(x.double().numpy(), grid.numpy(), cdf + below)
    assert stats.kstest(uniform, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("name", CONTINUOUS)
def test_extreme_parameters_and_values_stay_finite(name: str) -> None:
    likelihood = _continuous(name)
    extremes = torch.tensor([-1e4, -50.0, 0.0, 50.0, 1e4])
    parameters = torch.cartesian_prod(*[extremes] * min(likelihood.size, 3))
    parameters = parameters.reshape(-1, min(likelihood.size, 3))
    repeats = -(-likelihood.size // parameters.shape[1])
    parameters = parameters.repeat_interleave(repeats, 1)[:, : likelihood.size].requires_grad_()
    for value in (1e-6, 1e-3, 1.0, 1e2):
        x = torch.full((len(parameters),), value)
        log_prob = likelihood.log_prob(parameters, x)
        (grad,) = torch.autograd.grad(log_prob.sum(), parameters)
        assert log_prob.isfinite().all()
        assert grad.isfinite().all()
        for u in (2.0**-25, 0.5, 1 - 2.0**-24):
            sample = likelihood.sample(parameters.detach(), torch.full_like(x, u), x * 0 + u)
            assert sample.isfinite().all()
            assert (sample > 0).all()


def test_truncation_above_bounds_the_samples() -> None:
    likelihood = _continuous("logistic_below")
    parameters = torch.full((1000, likelihood.size), 3.0)
    u = torch.linspace(2.0**-25, 1 - 2.0**-24, 1000)
    assert likelihood.sample(parameters, u, u).max() <= 105.0 * (1 + 1e-5)


def test_grid_is_uniform_in_the_transformed_value() -> None:
    for power in (1.0, 1.3, 2.0):
        steps = power_grid(50, power, 200.0).double().pow(1 / power).diff()
        torch.testing.assert_close(steps, steps.mean().expand_as(steps), rtol=1e-4, atol=1e-5)
    # p = 1 with one level per GeV: whole numbers, as in the paper
    assert power_grid(276, 1.0, 276.0).tolist() == pytest.approx(range(1, 277))


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_quantising_rounds_to_the_nearest_level_and_keeps_levels(power: float) -> None:
    likelihood = Discrete(4, None, power)
    likelihood.fit(largest=99.4, typical=3.0)
    assert len(likelihood.grid) == 100
    assert torch.equal(likelihood.quantise(likelihood.grid), likelihood.grid)
    assert likelihood.quantise(torch.zeros(3)).tolist() == [0, 0, 0]
    x = 120 * torch.rand(5000, generator=torch.Generator().manual_seed(0)) ** 3
    levels = torch.cat([torch.zeros(1), likelihood.grid]).pow(1 / power)
    nearest = (x.pow(1 / power)[:, None] - levels).abs().min(1).values
    found = (x.pow(1 / power) - likelihood.quantise(x).pow(1 / power)).abs()
    torch.testing.assert_close(found, nearest, atol=1e-4, rtol=0)
    top = float(likelihood.grid[-1])
    assert likelihood.clipped(torch.tensor([0.5, top, top * 1.1, 500.0])) == 2


def test_discrete_probabilities_sum_to_one_and_samples_follow_them() -> None:
    torch.manual_seed(0)
    likelihood = Discrete(4, 6, 1.5)
    likelihood.fit(largest=20.0, typical=3.0)
    parameters = torch.randn(1, 4)
    with torch.no_grad():
        p = likelihood.log_prob(parameters.expand(6, -1), likelihood.grid).exp()
        assert float(p.sum()) == pytest.approx(1, abs=1e-6)
        u = (torch.arange(10_000) + 0.5) / 10_000  # inverse CDF: exact frequencies
        x = likelihood.sample(parameters.expand(len(u), -1), u, u)
    frequency = (x[:, None] == likelihood.grid).float().mean(0)
    torch.testing.assert_close(frequency, p, atol=3e-4, rtol=0)


def test_rare_levels_share_their_counts_and_frequent_ones_keep_theirs() -> None:
    counts = torch.tensor([0, 0, 500, 40, 9, 3, 12, 0, 5, 0, 0, 4, 1, 0, 1, 0, 0, 0])
    found = smoothed_counts(counts)
    assert found[[2, 3, 6]].tolist() == [500, 40, 12]
    assert found[15:].tolist() == pytest.approx([1 / 18] * 3)  # above all that there is
    assert found[9:15].tolist() == pytest.approx([6 / 6] * 6)  # 1 + 1 + 4
    assert found[7:9].tolist() == [2.5, 2.5]
    assert found[4:6].tolist() == [9, 3]  # 12 together would be more than 10
    assert found[:2].tolist() == pytest.approx([1 / 18] * 2)  # another run, nothing in it
    assert smoothed_counts(torch.zeros(5, dtype=torch.long)).tolist() == [0.2] * 5


def test_discrete_starts_with_the_frequencies_of_the_levels_tail_included() -> None:
    """A tail that falls: as heavy at the start as it is, at every height, and no heavier."""
    generator = torch.Generator().manual_seed(0)
    x = 0.5 * torch.rand(400_000, generator=generator).pow(-1 / 3)  # P(x > t) = (t / 0.5)^-3
    likelihood = Discrete(4, 600, 2.0)
    likelihood.fit(largest=2 * float(x.max()), typical=float(x.mean()))
    likelihood.start_from(likelihood.counts(x.view(100, -1)))
    with torch.no_grad():
        p = likelihood.log_prob(torch.zeros(600, 4), likelihood.grid).exp()
    grid = likelihood.grid
    assert float(p.sum()) == pytest.approx(1, abs=1e-5)
    for threshold, rel in ((1.0, 0.01), (5.0, 0.1), (10.0, 0.1), (20.0, 0.5)):  # 20: 7 pixels
        share = float((likelihood.quantise(x) > threshold).double().mean())
        assert float(p[grid > threshold].sum()) == pytest.approx(share, rel=rel), threshold
    assert float(p @ grid) == pytest.approx(float(x.mean()), rel=0.01)
    assert float(p @ grid**2) == pytest.approx(float(x.square().mean()), rel=0.05)
    likelihood.start_from(torch.zeros(600, dtype=torch.long))  # no pixel of the stage is ever lit
    assert likelihood.upsample.bias.tolist() == pytest.approx([-math.log(600)] * 600)


def test_logits_of_levels_are_exact_under_autocast() -> None:
    likelihood = Discrete(4, 300, 1.5)
    parameters, x = torch.randn(50, 4), likelihood.grid[:50]
    with torch.no_grad():
        expected = likelihood.log_prob(parameters, x)
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(likelihood.log_prob(parameters, x), expected)


def test_power_is_chosen_by_the_damage_that_rounding_does() -> None:
    """Many small pixels: one-GeV levels lose them, a power keeps them."""
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(400, 10, 10, generator=generator).pow(6) * 60
    images[images < 0.05] = 0
    errors = rounding_errors(images, 0.1)
    assert list(errors) == [1.0, 1.1, 1.2, 1.3, 1.5, 2.0]
    assert errors[1.5] < errors[1.0]
    coarse, fine = (Discrete(1, None, power) for power in (1.0, 1.5))
    for grid in (coarse, fine):
        grid.fit(float(images.max()), 1.0)
        assert grid.clipped(images) == 0
    zeros = [float((x == 0).float().mean()) for x in (images, coarse.quantise(images))]
    assert zeros[1] > zeros[0] + 0.1
    model = build_model({"model": "sarm", "layers": 1, "units": 8}, (10, 10), seed=0)
    model.fit_to_data(lambda: iter([images]))
    assert model.fitted()["power"] == min(errors, key=errors.__getitem__) > 1.0
