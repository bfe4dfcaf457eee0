"""log_density of SARM: a density in GeV with a point mass at zero, for every pixel."""

import itertools

import numpy as np
import pytest
import torch
from sarm_toys import discrete, make_sarm, toy_images
from scipy import integrate


def one_pixel(**settings):
    return make_sarm(1, centres=[], layers=1, **settings)


def density(model, values):
    """At each of some values of the one pixel, (n,) float64."""
    with torch.no_grad():
        images = torch.as_tensor(values, dtype=torch.float32).reshape(-1, 1, 1)
        return model.log_density(images).double().exp().numpy()


@pytest.mark.parametrize("likelihood", ["truncated_logistic", "exponential"])
def test_continuous_density_integrates_to_one(likelihood):
    model = one_pixel(likelihood=likelihood)
    log_x = np.linspace(-14, 9, 20_001)
    x = np.exp(log_x)
    total = integrate.trapezoid(density(model, x) * x, log_x)
    assert density(model, [0.0])[0] + total == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_discrete_density_integrates_to_one(power):
    model = one_pixel(power=power, levels=6)
    grid = discrete(model.stages[0]).grid.double()
    edges = [float(grid[-1]) * ((j + 0.5) / 6) ** power for j in range(7)]
    # constant within a cell: the middle of each is enough, and its two ends must agree with it
    total, *_ = density(model, [0.0])
    for low, high in itertools.pairwise(edges):
        inside = density(model, [low + f * (high - low) for f in (0.01, 0.5, 0.99)])
        np.testing.assert_allclose(inside, inside[1], rtol=1e-6)
        total += inside[1] * (high - low)
    assert total == pytest.approx(1.0, abs=1e-5)
    assert len(set(density(model, [0.0, 0.99 * edges[0]]))) == 1  # rounds to zero


def total(model, values, weights):
    """Sum over all images of four pixels with these values, each with the product of weights."""
    combinations = torch.cartesian_prod(*[torch.arange(len(values))] * 4)
    with torch.no_grad():
        log_density = model.log_density(values[combinations].view(-1, 2, 2)).double()
    return float((log_density.exp() * weights[combinations].prod(1)).sum())


def test_all_discrete_images_of_four_pixels_integrate_to_one():
    model = make_sarm(2, centres=[1], layers=1, levels=5, power=1.3)
    grid = discrete(model.stages[0]).grid
    edges = float(grid[-1]) * ((torch.arange(6) + 0.5) / 5) ** 1.3
    values = torch.cat([torch.zeros(1), grid])
    weights = torch.cat([torch.ones(1), edges.diff()]).double()  # cells, in GeV
    assert total(model, values, weights) == pytest.approx(1.0, abs=1e-4)


def test_all_continuous_images_of_four_pixels_integrate_to_one():
    # wide components, which the few nodes of a quadrature in four dimensions resolve
    model = make_sarm(
        2, centres=[1], layers=1, likelihood="truncated_logistic", mixtures=2, log_scale=(2.5, 3.5)
    )
    log_x = torch.arange(-5.0, 6.5, 0.7)
    values = torch.cat([torch.zeros(1), log_x.exp()])
    weights = torch.cat([torch.ones(1), 0.7 * log_x.exp()]).double()  # trapezoids in log x
    assert total(model, values, weights) == pytest.approx(1.0, abs=5e-3)


def test_finer_grids_approach_the_same_bits():
    """A level's width cancels against its probability: bits do not grow with the levels."""
    torch.manual_seed(3)
    images = toy_images(50, 6)
    images = torch.where(images > 0, images.clamp(min=2), 0.0)  # none is rounded to zero
    found = []
    for levels in (60, 240):
        model = make_sarm(6, power=1.0, levels=levels, layers=1, noise=0.0)
        with torch.no_grad():
            for stage in model.stages:
                likelihood = discrete(stage)
                likelihood.upsample.weight.zero_()
                likelihood.upsample.bias.copy_(-likelihood.grid / 5)
            log_density = model.log_density(images)
            assert log_density is not None
            found.append(float(log_density.mean()))
    lit = float((images > 0).sum((1, 2)).float().mean())
    assert abs(found[0] - found[1]) < 0.15 * lit  # log 4 a pixel without the widths


def test_blank_images_and_images_of_144_pixels_have_a_density():
    images = toy_images(4, 12)
    images[0] = 0
    for likelihood in ("discrete", "truncated_logistic"):
        with torch.no_grad():
            log_density = make_sarm(12, layers=1, likelihood=likelihood).log_density(images)
        assert log_density is not None
        assert torch.isfinite(log_density).all()


def test_no_density_with_totals_or_a_borrowed_first_pixel():
    images = toy_images(4, 8)
    assert make_sarm(8, totals=True, layers=1).log_density(images) is None
    assert make_sarm(8, first_pixel="empirical", layers=1).log_density(images) is None
