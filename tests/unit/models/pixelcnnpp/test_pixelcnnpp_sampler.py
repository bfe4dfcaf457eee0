"""The cached sampler of PixelCNN++ against the naive one and against exact probabilities."""

import itertools

import pytest
import torch
from pixelcnnpp_toys import model, randomised, sparse_images
from scipy import stats

from darkpixel.models.pixelcnnpp.model import PixelCNNPlusPlus
from darkpixel.models.pixelcnnpp.sampler import draw_uniforms, sample_cached, sample_naive


def trained_like(height: int, width: int, blocks: int = 1) -> PixelCNNPlusPlus:
    """With weights far from the first ones, so that every error is seen."""
    made = model(height, width, blocks=blocks)
    images = sparse_images(40, height, width).clamp(max=9)
    made.fit_to_data(lambda: iter([images]))
    return randomised(made, 0.2)


@pytest.mark.parametrize(
    ("size", "blocks"), [((12, 12), 1), ((7, 9), 1), ((5, 4), 2), ((2, 11), 1), ((6, 1), 2)]
)
def test_cached_equals_naive_for_the_same_uniforms(size: tuple[int, int], blocks: int) -> None:
    """One of 32 images may go another way, where a uniform meets the edge of a level."""
    made = trained_like(*size, blocks)
    u = draw_uniforms(32, *size, torch.Generator().manual_seed(1))
    expected = sample_naive(made.network, made.mixture, u)
    assert len(expected.unique()) > 3
    found = sample_cached(made.network, made.mixture, u)
    assert int((found != expected).flatten(1).any(1).sum()) <= 1


@pytest.mark.parametrize("size", [(25, 25), (28, 28)])
def test_images_are_what_their_own_conditionals_draw(size: tuple[int, int]) -> None:
    """At the sizes of jets one pass over the finished images replaces the naive sampler."""
    made = trained_like(*size, blocks=2)
    u = draw_uniforms(8, *size, torch.Generator().manual_seed(1))
    levels = sample_cached(made.network, made.mixture, u)
    with torch.no_grad():
        parameters = made.network(levels / made.mixture.unit)
    redrawn = made.mixture.sample(parameters.flatten(0, 2), u.flatten(0, 2)).view_as(levels)
    assert len(levels.unique()) > 5
    assert int((redrawn != levels).flatten(1).any(1).sum()) <= 1


def test_samples_do_not_depend_on_the_batch() -> None:
    made = trained_like(7, 6)
    whole, parts = (
        made.sample(11, generator=torch.Generator().manual_seed(3), batch=batch)
        for batch in (11, 4)
    )
    assert torch.equal(whole, parts)
    assert whole.any()


def test_samples_have_the_probabilities_of_the_model() -> None:
    """Frequencies of all 81 images of 2 x 2 pixels with 3 levels, by chi squared."""
    made = randomised(model(2, 2, levels=2, filters=3))
    every = torch.tensor(list(itertools.product(range(3), repeat=4)))
    with torch.no_grad():
        wanted = made.log_prob(every.view(-1, 2, 2).float()).double().exp()
    n = 20_000
    u = draw_uniforms(n, 2, 2, torch.Generator().manual_seed(4))
    drawn = sample_cached(made.network, made.mixture, u).long().flatten(1)
    counts = (drawn @ torch.tensor([27, 9, 3, 1])).bincount(minlength=81).double()
    wanted = wanted / wanted.sum() * n
    rare = wanted < 5  # taken together, as chi squared needs some of each
    expected = torch.cat([wanted[~rare], wanted[rare].sum()[None]])
    found = torch.cat([counts[~rare], counts[rare].sum()[None]])
    enough = expected > 0
    assert int(enough.sum()) > 20
    assert stats.chisquare(found[enough], expected[enough]).pvalue > 1e-3


def test_sampling_leaves_the_mode_and_draws_without_dropout() -> None:
    made = model(6, 6, dropout=0.9, levels=5).train()
    drawn = made.sample(4, generator=torch.Generator().manual_seed(0))
    assert made.training
    assert torch.equal(drawn, made.eval().sample(4, generator=torch.Generator().manual_seed(0)))
