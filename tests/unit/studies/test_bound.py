"""The importance-weighted bound against integration, against samples, and with more draws."""

import itertools
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from image_files import write_images
from sarm_toys import discrete, make_sarm, toy_images
from scipy import stats
from torch import Tensor

from darkpixel.models.sarm.model import SARM
from darkpixel.studies.bound import importance_bound, log_mean_exp
from darkpixel.studies.density import bits_per_pixel, density_row
from darkpixel.tables.likelihood import likelihood_table


def toy(side: int = 2, **settings: Any) -> SARM:
    keys = {"centres": [], "levels": 3, "units": 8, "layers": 2, "sums": True, "totals": True}
    return make_sarm(side, **{**keys, "total_observables": ["pt"], **settings})


def estimates(model: SARM, images: Tensor, draws: int, seed: int = 1) -> Tensor:
    """(draws, B), drawn together: one pass over many copies is faster than many passes."""
    copies = images.repeat(draws, 1, 1)
    with torch.no_grad():
        found = model.density_estimates(copies, 1, generator=torch.Generator().manual_seed(seed))
    assert found is not None
    return found.double().view(draws, len(images))


@torch.no_grad()
def integrated(model: SARM, images: Tensor, ends: float = 30.0, nodes: int = 6001) -> Tensor:
    """Log-density of images with one total, by trapezoids over the standardised total, (B,)."""
    assert model.totals is not None
    y = torch.linspace(-ends, ends, nodes)[:, None]
    totals = model.totals.from_standardised(y)
    log_p = model.totals.log_prob_standardised(y).double()
    assert float(torch.trapezoid(log_p.exp(), y[:, 0].double())) == pytest.approx(1, abs=1e-3)
    x = model.conditionals.in_order(model.quantise(images))
    logs = []
    for image, widths in zip(x, model._log_widths(images), strict=True):
        log_pixels = model._log_pixels(image.expand(nodes, -1), totals).double()
        logs.append(torch.trapezoid((log_p + log_pixels).exp(), y[:, 0].double()).log() - widths)
    return torch.stack(logs)


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_the_mean_of_the_estimates_is_the_integral_over_the_total(noise: float) -> None:
    """Of 20 images, blank ones among them, within 5 of the estimates' own standard errors."""
    model = toy(total_noise=noise)
    images = toy_images(20, 2, seed=3)
    images[0] = 0
    exact, draws = integrated(model, images), 4000
    relative = (estimates(model, images, draws) - exact).exp()
    error = relative.std(0) / draws**0.5
    assert error.max() < 0.2
    assert ((relative.mean(0) - 1).abs() < 5 * error + 1e-3).all()


def test_it_is_the_density_of_the_samples() -> None:
    """Frequencies of all 81 images of 2 x 2 pixels and 2 levels, pT and mass drawn first."""
    model = toy(total_observables=["pt", "mass"], total_noise=3.0, levels=2)
    grid = torch.tensor([0.0, *discrete(model.stages[0]).grid.tolist()])
    every = grid[torch.tensor(list(itertools.product(range(3), repeat=4)))].view(-1, 2, 2)
    draws, n = 1500, 20_000
    each = (estimates(model, every, draws) + model._log_widths(every)).exp()
    wanted, error = n * each.mean(0), n * each.std(0) / draws**0.5
    assert float(wanted.sum()) == pytest.approx(n, rel=0.03)
    images = model.quantise(model.sample(n, generator=torch.Generator().manual_seed(5)))
    levels = (images.flatten(1)[..., None] == grid).int().argmax(-1)
    counts = (levels @ torch.tensor([27, 9, 3, 1])).bincount(minlength=81).double()
    common = wanted >= 20
    assert int(common.sum()) > 20
    chi_squared = ((counts - wanted).square() / (wanted + error.square()))[common].sum()
    assert stats.chi2.sf(float(chi_squared), int(common.sum())) > 1e-3


def test_the_bound_rises_with_the_draws_and_ends_at_the_log_density() -> None:
    """Means over images and 60 repetitions, each step far beyond the errors."""
    model = toy(total_noise=4.0)
    images = toy_images(20, 2, seed=3)
    exact = float(integrated(model, images).mean())
    logs = estimates(model, images, 60 * 64).view(60, 64, -1)

    def mean(draws: int) -> float:
        return float(log_mean_exp(logs[:, :draws].transpose(0, 1)).mean())

    bounds = [mean(draws) for draws in (1, 4, 16, 64)]
    assert bounds == sorted(bounds)
    assert bounds[0] < exact - 0.01
    assert bounds[-1] < exact + 1e-3
    assert exact - bounds[-1] < 0.1 * (exact - bounds[0])


def test_half_of_the_draws_give_a_looser_bound() -> None:
    model = toy(total_noise=4.0)
    images = toy_images(200, 2, seed=3)
    with torch.no_grad():
        bound = importance_bound(model, images, 5, generator=torch.Generator().manual_seed(2))
        logs = model.density_estimates(images, 5, generator=torch.Generator().manual_seed(2))
    assert bound is not None
    assert logs is not None
    logs = logs.double()
    torch.testing.assert_close(bound.whole, logs.logsumexp(0) - math.log(5))
    halves = (log_mean_exp(logs[:2]) + log_mean_exp(logs[2:4])) / 2
    torch.testing.assert_close(bound.half, halves)
    assert float(bound.half.mean()) < float(bound.whole.mean())


def test_a_model_without_totals_has_its_density_and_no_bound() -> None:
    images = toy_images(5, 4)
    model = make_sarm(4)
    assert importance_bound(model, images, 4, generator=torch.Generator()) is None
    empirical = toy(4, first_pixel="empirical")
    assert importance_bound(empirical, images, 4, generator=torch.Generator()) is None


def test_the_table_marks_the_bound(tmp_path: Path) -> None:
    images = toy_images(30, 4, seed=5)
    path = write_images(tmp_path / "test.h5", images)
    rows = []
    for name, model in (("sarm2_dd", make_sarm(4)), ("sarm2_dd_totals", toy(4, total_noise=4.0))):
        bits = bits_per_pixel(model, path, 30, path, batch=7, draws=8, seed=3)
        assert bits is not None
        again = bits_per_pixel(model, path, 30, path, batch=7, draws=8, seed=3)
        assert again is not None
        assert (bits.of_images == again.of_images).all()
        assert bits.draws == (8 if name == "sarm2_dd_totals" else 0)
        rows.append(density_row([bits], model=name, dataset="jets", label="signal"))
    assert rows[0]["more_with_half"] == 0
    assert rows[1]["more_with_half"] > 0
    likelihood_table(pd.DataFrame(rows), tmp_path / "t")
    lines = (tmp_path / "t.md").read_text(encoding="utf-8").splitlines()
    exact, bound = lines[4:6]
    assert "totals" in bound
    assert "≤" not in exact
    assert f"≤ {rows[1]['value']:.2f}" in bound
    assert f"+{rows[1]['more_with_half']:.4f}" in bound
