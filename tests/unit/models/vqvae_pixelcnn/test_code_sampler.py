"""The cached sampler of code maps against the naive one and against exact probabilities."""

import itertools
from typing import Any

import pytest
import torch
from scipy import stats
from torch import Tensor

from darkpixel.models.sampling import draw_categories
from darkpixel.models.vqvae_pixelcnn import sampler as sampling
from darkpixel.models.vqvae_pixelcnn.gated_pixelcnn import GatedOptions, GatedPixelCNN
from darkpixel.models.vqvae_pixelcnn.sampler import sample_cached, sample_naive


def network(codes: int = 11, **options: Any) -> GatedPixelCNN:
    torch.manual_seed(0)
    shape: dict[str, Any] = {
        "codes": codes,
        "filters": 10,
        "blocks": 3,
        "first_kernel": 7,
        "kernel": 3,
        "masks": "causal",
        "gate": "product",
        "vertical_residual": True,
        "head_filters": 12,
        "head_relu": True,
        "embedding": 4,
        "classes": 0,
        "dropout": 0.0,
    }
    made = GatedPixelCNN(GatedOptions(**{**shape, **options})).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        made.logits.weight.mul_(10)  # far from uniform, so that every error is seen
    return made


REFERENCE = {
    "masks": "reference_code",
    "gate": "sum",
    "vertical_residual": False,
    "head_relu": False,
}


def uniforms(n: int, height: int, width: int) -> Tensor:
    return torch.rand(n, height, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (6, 6)),
        ({}, (3, 9)),
        ({}, (9, 2)),
        ({"blocks": 1, "first_kernel": 3}, (4, 5)),
        ({"blocks": 2, "kernel": 5}, (5, 6)),
        ({"vertical_residual": False, "gate": "sum"}, (5, 5)),
        ({"classes": 3}, (5, 4)),
        (REFERENCE, (8, 7)),
        ({**REFERENCE, "classes": 3, "kernel": 5}, (6, 6)),
    ],
)
def test_cached_equals_naive_for_the_same_uniforms(
    options: dict[str, Any], size: tuple[int, int], packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of 40 maps may go another way, where a uniform meets the edge of a cumulative."""
    if not packed:
        monkeypatch.setattr(sampling, "packed_products", lambda device: False)
    model = network(**options)
    u = uniforms(40, *size)
    classes = torch.arange(40) % 3 if options.get("classes") else None
    expected = sample_naive(model, u, classes)
    assert len(expected.unique()) > 5
    found = sample_cached(model, u, classes)
    assert int((found != expected).flatten(1).any(1).sum()) <= 1


def test_codes_at_the_size_of_the_paper_are_what_their_own_conditionals_draw() -> None:
    """6 blocks, 128 filters, 512 codes, 16 x 16 cells; one of 4 maps may differ (as above)."""
    model = network(512, filters=128, blocks=6, head_filters=512, embedding=16)
    u = uniforms(4, 16, 16)
    codes = sample_cached(model, u)
    with torch.no_grad():
        redrawn = draw_categories(model(codes), u)
    assert len(codes.unique()) > 50
    assert int((redrawn != codes).flatten(1).any(1).sum()) <= 1


def test_samples_have_the_probabilities_of_the_model() -> None:
    """Frequencies of all 81 maps of 2 x 2 cells with 3 codes, by chi squared."""
    model = network(3, blocks=2, first_kernel=3)
    with torch.no_grad():
        model.logits.weight.mul_(0.1)
    every = torch.tensor(list(itertools.product(range(3), repeat=4)))
    with torch.no_grad():
        scores = model(every.view(-1, 2, 2)).double().log_softmax(-1).flatten(1, 2)
    expected = scores.gather(-1, every[..., None]).sum((1, 2)).exp()
    torch.testing.assert_close(expected.sum(), torch.ones((), dtype=torch.float64))
    n = 20_000
    drawn = sample_cached(model, uniforms(n, 2, 2)).flatten(1) @ torch.tensor([27, 9, 3, 1])
    counts = torch.bincount(drawn, minlength=81).double()
    wanted = expected / expected.sum() * n
    assert float(wanted.min()) > 5
    assert stats.chisquare(counts, wanted).pvalue > 1e-3


def test_inverse_of_the_cumulative() -> None:
    p = torch.tensor([0.0, 0.25, 0.5, 0.0, 0.25, 0.0])
    u = torch.tensor([0.0, 0.2499, 0.25, 0.7499, 0.75, 1 - 2.0**-24])
    assert draw_categories(p.log().expand(6, -1), u).tolist() == [1, 1, 2, 2, 4, 4]


def test_a_code_of_probability_zero_is_not_drawn_at_the_upper_edge() -> None:
    """Rounded to float32, u times the total is the total itself for many sums."""
    logits = torch.randn(5000, 40, generator=torch.Generator().manual_seed(0))
    logits[:, 30:] = -torch.inf
    u = torch.full((5000,), 1 - 2.0**-24)
    assert int(draw_categories(logits, u).max()) == 29
    assert int(draw_categories(logits, torch.ones(5000)).max()) == 29
