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
    x = model.conditionals.in_order(model.quantise(images))
    totals = None if model.totals is None else model.totals.sample(u.totals)
    drawn = torch.zeros_like(x)
    for start, stage, inputs in model.conditionals.stage_inputs(x, totals):
        h = stage.trunk(inputs)
        logit_u = torch.logit(u.pixels[0, :, start : start + stage.pixels])
        pixel, image = (logit_u >= stage.zero_logits(h, inputs)).T.nonzero().unbind(1)
        parameters = stage.value_parameters(h, inputs, pixel, image)
        u1, u2 = u.pixels[1:, image, start + pixel]
        drawn[image, start + pixel] = stage.likelihood.sample(parameters, u1, u2)
    return model.conditionals.to_images(model.conditionals.spread(drawn, u.pixels[2]))


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
    levels = (model.quantise(images).flatten(1)[..., None] == grid).int().argmax(-1)
    number = levels @ torch.tensor([64, 16, 4, 1])
    counts = torch.bincount(number, minlength=256).double()
    common = expected * n >= 5
    observed = [*counts[common].tolist(), float(counts[~common].sum())]
    wanted = [*(expected[common] * n).tolist(), float(expected[~common].sum() * n)]
    scale = sum(observed) / sum(wanted)  # rounding of the sum of float32 probabilities
    assert stats.chisquare(observed, [w * scale for w in wanted]).pvalue > 1e-3


@pytest.mark.parametrize("likelihood", ["truncated_logistic", "discrete"])
def test_an_image_depends_neither_on_the_batch_nor_on_those_after_it(likelihood: str) -> None:
    model = make_sarm(6, likelihood=likelihood, layers=2, units=20, totals=True)
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


def test_images_are_drawn_for_totals_that_are_given() -> None:
    """As if the model had drawn these totals, by both samplers; others give other images."""
    model = make_sarm(6, totals=True, sums=True)
    assert model.totals is not None
    u, parts = uniforms(model, 60), model.conditionals
    own = model.totals.sample(u.totals)
    images = sample_from_uniforms(parts, u)
    assert torch.equal(sample_from_uniforms(parts, u, totals=own), images)
    other = own + 25
    assert_same_images(
        sample_from_uniforms(parts, u, totals=other), sample_naive(parts, u, totals=other)
    )
    assert not torch.equal(sample_from_uniforms(parts, u, totals=other), images)


def test_totals_are_drawn_with_their_own_density() -> None:
    """Mean and deviation of log(1 + s) drawn alone and drawn with the images, 4 sigma."""
    model = make_sarm(4, totals=True, sums=True)
    assert model.totals is not None
    assert model.total_names == ("pt", "mass")
    alone = model.draw_totals(4000, generator=torch.Generator().manual_seed(1)).log1p()
    within = model.totals.sample(uniforms(model, 4000).totals).log1p()
    error = alone.std(0) * (2 / 4000) ** 0.5
    assert ((alone.mean(0) - within.mean(0)).abs() < 4 * error).all()
    assert make_sarm(4).total_names == ()
