"""PixelCNN++'s samples are spread within their levels as the density says."""

import itertools

import numpy as np
import pytest
import torch
from pixelcnnpp_toys import model, randomised, sparse_images
from scipy import stats


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_samples_are_those_of_the_levels_moved_within_their_levels(power: float) -> None:
    settings = {"levels": 9, "power": power}
    spread, levels = (
        randomised(model(5, 4, **settings, drawn_values=how)) for how in ("spread", "levels")
    )
    found, centres = (
        made.sample(200, generator=torch.Generator().manual_seed(3)) for made in (spread, levels)
    )
    torch.testing.assert_close(spread.quantise(found), centres)
    assert torch.equal(found == 0, centres == 0)
    assert len(centres.unique()) <= 10
    assert len(found[found > 0].unique()) > 0.99 * int((found > 0).sum())


@pytest.mark.parametrize("power", [1.0, 1.7])
def test_values_have_the_density_of_the_model(power: float) -> None:
    """One pixel, bins of a third of a level: chi squared against the integral of the density."""
    made = randomised(model(1, 1, levels=4, power=power, step=0.7), 0.3)
    n = 30_000
    ends = made.value(torch.arange(5) + 0.5).numpy()
    edges = np.concatenate([np.linspace(a, b, 4)[:-1] for a, b in itertools.pairwise(ends)])
    edges = np.append(edges, ends[-1])
    middles = torch.tensor((edges[1:] + edges[:-1]) / 2, dtype=torch.float32)
    with torch.no_grad():
        density = made.log_density(torch.cat([torch.zeros(1), middles]).view(-1, 1, 1))
    wanted = density.double().exp().numpy()
    wanted[1:] *= np.diff(edges)
    values = made.sample(n, generator=torch.Generator().manual_seed(2)).flatten().numpy()
    counts = np.append((values == 0).sum(), np.histogram(values, edges)[0])
    assert counts.sum() == n
    assert stats.chisquare(counts, wanted / wanted.sum() * n).pvalue > 1e-3


def test_a_perfect_generator_on_the_grid_is_spread_the_same_way() -> None:
    images = sparse_images(30, 5, 4)
    made = model(5, 4, levels=40, power=2.0)
    found = made.as_generated(images, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(made.quantise(found), made.quantise(images))
    assert not torch.equal(found, made.quantise(images))
