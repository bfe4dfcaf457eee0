"""PixelCNN++: parameter counts, who sees whom, exact likelihoods, and its grid."""

import itertools
from typing import Any

import pytest
import torch
from pixelcnnpp_toys import model, randomised, sparse_images

from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_model, save_model
from darkpixel.models.pixelcnnpp.model import PixelCNNPlusPlus
from darkpixel.models.pixelcnnpp.network import PixelCNNPP


@pytest.mark.parametrize(
    ("settings", "millions"),
    [
        ({"preset": "jets_text"}, 0.537),
        ({"preset": "jets_parameters"}, 0.693),
        ({"preset": "muons_text"}, 0.215),
        ({"filters": 10, "blocks": 5}, 0.215),
    ],
)
def test_parameter_counts_of_the_published_networks(
    settings: dict[str, Any], millions: float
) -> None:
    """SARM 8.5.2 with the authors' layers, weight normalisation's gains counted."""
    made = build_model({"model": "pixelcnnpp", **settings}, (28, 28), seed=0)
    assert made.parameter_counts()["dense"] == pytest.approx(millions * 1e6, abs=500)


def test_keys_beside_a_preset_win() -> None:
    made = model(12, 12, preset="muons_text", filters=3)
    assert (made.options.filters, made.options.blocks, made.options.mixtures) == (3, 1, 3)


@pytest.mark.parametrize("size", [(12, 12), (9, 10), (5, 3), (1, 6)])
def test_a_pixel_sees_all_pixels_before_it_and_no_other(size: tuple[int, int]) -> None:
    """By the Jacobian; 3 blocks reach 14 columns, so at these sizes everything before."""
    torch.manual_seed(0)
    network = PixelCNNPP(filters=3, blocks=3, outputs=2, dropout=0.0).double().eval()
    height, width = size
    x = torch.rand(2, height, width, dtype=torch.float64).requires_grad_()
    scores = network(x).square().sum((0, 3)).flatten()
    pixels = torch.arange(height * width)
    for pixel in range(0, height * width, 1 if height * width < 40 else 4):
        (gradient,) = torch.autograd.grad(scores[pixel], x, retain_graph=True)
        seen = gradient.abs().sum(0).flatten() > 0
        assert torch.equal(seen, pixels < pixel)


@pytest.mark.parametrize(
    ("size", "levels"), [((2, 2), 2), ((2, 3), 2), ((3, 3), 1), ((1, 5), 2), ((1, 1), 4)]
)
def test_probabilities_of_all_images_sum_to_one(size: tuple[int, int], levels: int) -> None:
    height, width = size
    made = randomised(model(height, width, levels=levels, step=0.5), 0.3)
    every = torch.tensor(list(itertools.product(range(levels + 1), repeat=height * width)))
    images = 0.5 * every.view(-1, height, width)
    with torch.no_grad():
        p = made.log_prob(images).double().exp()
    assert float(p.sum()) == pytest.approx(1, abs=1e-5)
    assert float(p.max() / p.min()) > 2  # not the uniform distribution, which sums to one, too


def test_density_integrates_to_the_probability_of_the_level() -> None:
    """One pixel, p = 1.5: point mass at 0, the rest by a fine sum over GeV."""
    made = randomised(model(1, 1, levels=5, step=2.0, power=1.5))
    edges = made.value(torch.arange(6) + 0.5)
    x = torch.linspace(float(edges[0]), float(edges[-1]), 20_001)
    middle = (x[1:] + x[:-1]) / 2
    with torch.no_grad():
        zero = made.log_density(torch.zeros(1, 1, 1)).exp()
        total = (made.log_density(middle.view(-1, 1, 1)).exp() * x.diff()).sum() + zero
    assert float(total) == pytest.approx(1, abs=1e-3)


def test_density_of_levels_of_one_gev_is_their_probability() -> None:
    made = randomised(model(5, 6, levels=20))
    images = sparse_images(4, 5, 6)
    with torch.no_grad():
        torch.testing.assert_close(made.log_density(images), made.log_prob(images))


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_grid(power: float) -> None:
    """Rounding is to the nearest level in x^(1/p), once, and never adds or loses empty images."""
    made = model(12, 12, levels=40, step=0.5, power=power)
    images = sparse_images(8, 12, 12)
    rounded = made.quantise(images)
    torch.testing.assert_close(made.quantise(rounded), rounded)
    assert float(made.value(torch.tensor(40.0))) == pytest.approx(20.0)
    steps = 40 * ((rounded / 20) ** (1 / power) - (images.clamp(max=20) / 20) ** (1 / power))
    assert float(steps.abs().max()) <= 0.5 + 1e-4
    assert not rounded[-1].any()
    assert made.clipped(torch.tensor([20.0, 20.3, 20.5])) == 1 + (power == 1.0)


def test_rounding_jets_to_one_gev_moves_zeros_and_a_power_keeps_them() -> None:
    """A pixel below half a level becomes empty."""
    images = torch.tensor([[[0.0, 0.3, 0.7, 50.0]]])
    plain, fine = (model(1, 4, levels=50, power=p).quantise(images) for p in (1.0, 2.0))
    assert plain.tolist() == [[[0.0, 0.0, 1.0, 50.0]]]
    assert int((fine > 0).sum()) == 3


@pytest.mark.parametrize("size", [(12, 12), (25, 25), (28, 28), (32, 32)])
def test_every_image_size_has_likelihoods_and_gradients(size: tuple[int, int]) -> None:
    made = model(*size)
    images = sparse_images(3, *size)
    made.fit_to_data(lambda: iter([images]))
    loss = made.loss(images)
    loss.backward()
    assert torch.isfinite(loss)
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in made.parameters())


def test_fit_starts_near_the_zeros_of_the_data() -> None:
    """The first guess beats a uniform one by far, and its zeros are those of the images."""
    images = sparse_images(64, 12, 12)
    made = model(12, 12, mixtures=10)
    made.fit_to_data(lambda: iter(images.split(16)))
    assert made.fitted() == {
        "power": 1.0,
        "levels": int(images.max().ceil()),
        "largest_level": float(images.max().ceil()),
    }
    samples = made.sample(64, generator=torch.Generator().manual_seed(0))
    zeros = float((made.quantise(images) == 0).float().mean())
    assert float((samples == 0).float().mean()) == pytest.approx(zeros, abs=0.05)


def test_a_few_steps_learn_a_line() -> None:
    """All images are one of two, so the best loss is log 2 nats."""
    images = torch.zeros(2, 12, 12)
    images[0, 3:9, 5], images[1, 3:9, 8] = 4.0, 2.0
    batch = images.repeat(8, 1, 1)
    made = model(12, 12, filters=6, mixtures=4)
    made.fit_to_data(lambda: iter([batch]))
    optimiser = torch.optim.Adam(made.parameters(), 0.03)
    first = float(made.loss(batch).detach())
    for _ in range(30):
        optimiser.zero_grad()
        loss = made.loss(batch)
        loss.backward()
        optimiser.step()
    assert first > 20
    assert 0.69 < float(made.loss(batch).detach()) < 5


def test_empty_training_images_are_refused() -> None:
    made = model(12, 12)
    with pytest.raises(DarkpixelError, match="every pixel is zero"):
        made.fit_to_data(lambda: iter([torch.zeros(4, 12, 12)]))
    made = model(12, 12, levels=1)
    with pytest.raises(DarkpixelError, match="every pixel is zero on levels of 1 GeV"):
        made.fit_to_data(lambda: iter([torch.full((4, 12, 12), 0.2)]))


def test_the_folder_is_the_whole_model(tmp_path: Any) -> None:
    made = model(12, 12)
    images = sparse_images(16, 12, 12)
    made.fit_to_data(lambda: iter([images]))
    save_model(made, tmp_path)
    loaded = load_model(tmp_path)
    assert isinstance(loaded, PixelCNNPlusPlus)
    with torch.no_grad():
        assert torch.equal(loaded.log_density(images), made.log_density(images))
