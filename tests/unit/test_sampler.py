"""The incremental sampler against the naive one and against exact probabilities."""

import itertools
from typing import Any

import pytest
import torch
from sarm_toys import VARIANTS, make_sarm, variant_name
from scipy import stats
from torch import Tensor

from darkpixel.models.sarm import SARM
from darkpixel.sampling.incremental import Uniforms, draw_uniforms, sample_from_uniforms
from darkpixel.sampling.naive import sample_naive


def uniforms(model: SARM, n: int, seed: int = 0) -> Uniforms:
    return draw_uniforms(model, n, torch.Generator().manual_seed(seed))


def assert_same_images(found: Tensor, expected: Tensor, may_differ: int = 0) -> None:
    """Same zeros, and values within 1e-5 relative, in all images but `may_differ`.

    Both samplers add the same numbers in a different order, so where a uniform falls on the edge
    of a cumulative probability (chance about 1e-6 a pixel) an image can go another way.
    """
    same = ((found > 0) == (expected > 0)).flatten(1).all(1)
    same &= ((found - expected).abs() <= 1e-5 * (1 + expected)).flatten(1).all(1)
    assert int((~same).sum()) <= may_differ


@pytest.mark.parametrize("settings", VARIANTS, ids=variant_name)
@pytest.mark.parametrize("block", [1, 7])
def test_incremental_equals_naive_for_the_same_uniforms(
    settings: dict[str, Any], block: int
) -> None:
    model = make_sarm(6, **{"layers": 3, "units": 50, **settings})
    u = uniforms(model, 40)
    expected = sample_naive(model, u)
    assert 0.05 < (expected > 0).float().mean() < 0.95
    assert_same_images(sample_from_uniforms(model, u, block=block), expected)


@pytest.mark.parametrize(
    "settings",
    [
        {"likelihood": "discrete", "sums": True},
        {"likelihood": "truncated_logistic", "mixtures": 3},
    ],
    ids=variant_name,
)
def test_incremental_equals_naive_at_real_size(settings: dict[str, Any]) -> None:
    """784 pixels, two stages; one of the 4 images may meet the edge of a cumulative."""
    model = make_sarm(28, layers=2, width=5, **settings)
    u = uniforms(model, 4)
    assert_same_images(sample_from_uniforms(model, u), sample_naive(model, u), may_differ=1)


@pytest.mark.parametrize("settings", [{"centres": []}, {"centres": [1], "sums": True}])
def test_samples_have_the_probabilities_of_the_model(settings: dict[str, Any]) -> None:
    """Frequencies of all 256 images of 2 x 2 pixels with 3 levels, by chi squared."""
    model = make_sarm(2, levels=3, units=6, layers=2, **settings)
    grid = torch.tensor([0.0, *model.stages[0].likelihood.grid.tolist()])
    every = torch.tensor(list(itertools.product(range(4), repeat=4)))
    with torch.no_grad():
        expected = model.log_prob(grid[every].view(-1, 2, 2)).exp().double()
    n = 20_000
    images = model.sample(n, generator=torch.Generator().manual_seed(5), batch=n)
    levels = (images.flatten(1)[..., None] == grid).int().argmax(-1)
    number = levels @ torch.tensor([64, 16, 4, 1])
    counts = torch.bincount(number, minlength=256).double()
    common = expected * n >= 5
    observed = [*counts[common].tolist(), float(counts[~common].sum())]
    wanted = [*(expected[common] * n).tolist(), float(expected[~common].sum() * n)]
    scale = sum(observed) / sum(wanted)  # rounding of the sum of float32 probabilities
    assert stats.chisquare(observed, [w * scale for w in wanted]).pvalue > 1e-3


def test_an_image_depends_neither_on_the_batch_nor_on_those_after_it() -> None:
    model = make_sarm(6, likelihood="truncated_logistic", layers=2, units=20, totals=True)
    whole = model.sample(50, generator=torch.Generator().manual_seed(3))
    small = model.sample(50, generator=torch.Generator().manual_seed(3), batch=7)
    few = model.sample(20, generator=torch.Generator().manual_seed(3))
    assert_same_images(small, whole)
    assert_same_images(few, whole[:20])
    other = model.sample(50, generator=torch.Generator().manual_seed(4))
    assert not torch.equal(other, whole)


def test_sampling_nothing_gives_nothing_and_training_mode_is_kept() -> None:
    model = make_sarm(4, layers=1, units=4).train()
    assert model.sample(0, generator=torch.Generator()).shape == (0, 4, 4)
    assert model.training


def test_uniforms_are_never_zero_or_one() -> None:
    model = make_sarm(28, layers=1, units=4, context_units=1)
    u = uniforms(model, 2000).pixels
    assert u.min() > 0
    assert u.max() < 1
    assert torch.logit(u).isfinite().all()
