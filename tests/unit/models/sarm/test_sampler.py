"""The incremental sampler against the naive one and against exact probabilities."""

import itertools
from typing import Any

import pytest
import torch
from sarm_toys import VARIANTS, discrete, make_sarm, variant_name
from scipy import stats
from torch import Tensor

from darkpixel.models.sarm.dense_blocks import prepare
from darkpixel.models.sarm.model import SARM
from darkpixel.models.sarm.naive_sampler import Uniforms, draw_uniforms, sample_naive
from darkpixel.models.sarm.sampler import sample_from_uniforms


def uniforms(model: SARM, n: int, seed: int = 0) -> Uniforms:
    return draw_uniforms(model.conditionals, n, torch.Generator().manual_seed(seed))


def assert_same_images(found: Tensor, expected: Tensor, may_differ: int = 0) -> None:
    """Same zeros, and values within 1e-5 relative, in all images but `may_differ`.

    Both samplers add the same numbers in a different order, so where a uniform falls on the edge
    of a cumulative probability (chance about 1e-6 a pixel) an image can go another way.
    """
    same = ((found > 0) == (expected > 0)).flatten(1).all(1)
    same &= ((found - expected).abs() <= 1e-5 * (1 + expected)).flatten(1).all(1)
    assert int((~same).sum()) <= may_differ


@pytest.mark.parametrize("settings", VARIANTS, ids=variant_name)
def test_incremental_equals_naive_for_the_same_uniforms(settings: dict[str, Any]) -> None:
    model = make_sarm(6, **{"layers": 3, "units": 50, **settings})
    u, parts = uniforms(model, 40), model.conditionals
    expected = sample_naive(parts, u)
    assert 0.05 < (expected > 0).float().mean() < 0.95
    for block in (1, 7, 64):
        network = prepare(parts.stages, block)
        assert_same_images(sample_from_uniforms(parts, u, network), expected)
    # as on a GPU: values of all images
    assert_same_images(sample_from_uniforms(parts, u, lazy=False), expected)


def test_incremental_equals_naive_at_real_size() -> None:
    """784 pixels, two stages; one of the 4 images may meet the edge of a cumulative."""
    model = make_sarm(28, layers=2, width=3)
    u, parts = uniforms(model, 4), model.conditionals
    assert_same_images(sample_from_uniforms(parts, u), sample_naive(parts, u), may_differ=1)


@torch.no_grad()
def redraw(model: SARM, images: Tensor, u: Uniforms) -> Tensor:
    """Draw every pixel anew from the conditionals that one pass over `images` gives.

    The images of the naive sampler, and no others, come out unchanged: its first pixel needs no
    image, its second only the first, and so on.
    """
    x = model.conditionals.in_order(images)
    totals = None if model.totals is None else model.totals.sample(u.totals)
    drawn = torch.zeros_like(x)
    for start, stage, inputs in model.conditionals.stage_inputs(x, totals):
        h = stage.trunk(inputs)
        logit_u = torch.logit(u.pixels[0, :, start : start + stage.pixels])
        pixel, image = (logit_u >= stage.zero_logits(h, inputs)).T.nonzero().unbind(1)
        parameters = stage.value_parameters(h, inputs, pixel, image)
        u1, u2 = u.pixels[1:, image, start + pixel]
        drawn[image, start + pixel] = stage.likelihood.sample(parameters, u1, u2)
    return model.conditionals.to_images(drawn)


@pytest.mark.parametrize(
    "settings",
    [
        {"likelihood": "discrete", "layers": 5},
        {"likelihood": "truncated_logistic", "layers": 5},
        {"likelihood": "truncated_logistic", "centres": [3, 9], "residual": True, "units": 300},
        {"sums": True, "totals": True, "residual": True, "context_units": 64, "layers": 3},
    ],
    ids=variant_name,
)
def test_images_of_real_size_are_what_their_own_conditionals_draw(settings: dict[str, Any]) -> None:
    """784 pixels; 2 of 64 images may differ, where a uniform meets the edge of a cumulative."""
    model = make_sarm(28, noise=0.02, **settings)
    u = uniforms(model, 64)
    images = sample_from_uniforms(model.conditionals, u)
    assert 0.3 < (images == 0).float().mean() < 0.99
    assert_same_images(redraw(model, images, u), images, may_differ=2)


@pytest.mark.parametrize("settings", [{"centres": []}, {"centres": [1], "sums": True}])
def test_samples_have_the_probabilities_of_the_model(settings: dict[str, Any]) -> None:
    """Frequencies of all 256 images of 2 x 2 pixels with 3 levels, by chi squared."""
    model = make_sarm(2, levels=3, units=6, layers=2, **settings)
    grid = torch.tensor([0.0, *discrete(model.stages[0]).grid.tolist()])
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


def test_tolerance_redraws_what_misses_its_totals() -> None:
    free = make_sarm(6, totals=True, sums=True)
    bound = make_sarm(6, totals=True, sums=True, total_tolerance=20.0)
    first = free.sample(200, generator=torch.Generator().manual_seed(1))
    kept = bound.sample(200, generator=torch.Generator().manual_seed(1))
    assert free.totals is not None
    generator = torch.Generator().manual_seed(1)
    wanted = free.totals.sample(draw_uniforms(free.conditionals, 200, generator).totals)
    good = ((free.conditionals.totals_of(first) - wanted).abs() <= 20.0).all(1)
    assert 0 < good.sum() < 200
    assert torch.equal(kept[good], first[good])
    now_good = ((bound.conditionals.totals_of(kept) - wanted).abs() <= 20.0).all(1)
    assert now_good.sum() > good.sum()
    again = bound.sample(200, generator=torch.Generator().manual_seed(1), batch=64)
    assert torch.equal(again, kept)


def test_each_total_has_its_own_tolerance() -> None:
    only_pt = make_sarm(6, totals=True, sums=True, total_tolerance=[20.0, 1e6])
    free = make_sarm(6, totals=True, sums=True)
    first = free.sample(200, generator=torch.Generator().manual_seed(1))
    kept = only_pt.sample(200, generator=torch.Generator().manual_seed(1))
    assert free.totals is not None
    uniforms = draw_uniforms(free.conditionals, 200, torch.Generator().manual_seed(1))
    misses = (free.conditionals.totals_of(first) - free.totals.sample(uniforms.totals)).abs()
    good = misses[:, 0] <= 20.0
    assert (good & (misses[:, 1] > 20.0)).any()
    assert torch.equal(kept[good], first[good])
    assert (kept[~good] != first[~good]).flatten(1).any(1).all()
