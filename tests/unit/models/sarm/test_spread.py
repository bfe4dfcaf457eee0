"""D+D's samples are spread within their levels as the density says."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from sarm_toys import discrete, make_sarm, toy_images
from scipy import stats
from torch import Tensor

from darkpixel.models.sarm.model import SARM


def draw(model: SARM, n: int) -> Tensor:
    return model.sample(n, generator=torch.Generator().manual_seed(7))


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_samples_are_those_of_the_levels_moved_within_their_levels(power: float) -> None:
    settings: dict[str, Any] = {"power": power, "levels": 12, "layers": 2}
    spread, levels = make_sarm(6, **settings), make_sarm(6, **settings, drawn_values="levels")
    found, centres = draw(spread, 300), draw(levels, 300)
    assert torch.equal(spread.quantise(found), centres)
    assert torch.equal(found == 0, centres == 0)
    grid = discrete(spread.stages[0]).grid
    assert torch.isin(centres[centres > 0], grid).all()
    assert not torch.isin(found[found > 0], grid).any()
    assert len(found[found > 0].unique()) > 0.99 * int((found > 0).sum())


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_values_have_the_density_of_the_model(power: float) -> None:
    """One pixel, bins of a third of a level: chi squared against the integral of the density."""
    model = make_sarm(1, centres=[], layers=1, power=power, levels=5)
    n, top = 30_000, float(discrete(model.stages[0]).grid[-1])
    ends = top * ((np.arange(6) + 0.5) / 5) ** power
    edges = np.concatenate([np.linspace(a, b, 4)[:-1] for a, b in itertools.pairwise(ends)])
    edges = np.append(edges, ends[-1])
    middles = torch.tensor((edges[1:] + edges[:-1]) / 2, dtype=torch.float32)
    with torch.no_grad():
        density = model.log_density(torch.cat([torch.zeros(1), middles]).view(-1, 1, 1))
    assert density is not None
    wanted = density.double().exp().numpy()
    wanted[1:] *= np.diff(edges)
    values = draw(model, n).flatten().numpy()
    counts = np.append((values == 0).sum(), np.histogram(values, edges)[0])
    assert counts.sum() == n
    assert stats.chisquare(counts, wanted / wanted.sum() * n).pvalue > 1e-3


def test_a_perfect_generator_on_the_grid_is_spread_the_same_way() -> None:
    images = toy_images(50, 6)
    generator = torch.Generator().manual_seed(1)
    model = make_sarm(6, levels=12, power=2.0)
    found = model.as_generated(images, generator=generator)
    assert torch.equal(model.quantise(found), model.quantise(images))
    assert not torch.equal(found, model.quantise(images))
    paper = make_sarm(6, levels=12, power=2.0, drawn_values="levels")
    assert torch.equal(paper.as_generated(images, generator=generator), paper.quantise(images))
