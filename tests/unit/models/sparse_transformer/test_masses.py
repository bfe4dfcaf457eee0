"""Functions of the mass that the next pixel makes, against the masses of whole images."""

from typing import Any

import numpy as np
import pytest
import torch
from sparse_transformer_toys import small_model, toy_images
from torch import Tensor

from darkpixel.metrics.kinematics import image_observables
from darkpixel.models.sparse_transformer.masses import Masses, Momentum
from darkpixel.models.sparse_transformer.remaining import Told, four_vectors, values_at

SIDE, PIXEL_SIZE, WIDTH, KNOTS = 6, 0.1, 4, 5


@pytest.fixture
def places() -> Tensor:
    return torch.from_numpy(four_vectors(SIDE, SIDE, PIXEL_SIZE))[:-1]


@pytest.fixture
def masses(places: Tensor) -> Masses:
    torch.manual_seed(1)
    return Masses(WIDTH, KNOTS, places)


@pytest.fixture
def images() -> Tensor:
    random = np.random.default_rng(3)
    drawn = random.exponential(10, (4, SIDE, SIDE)) * (random.random((4, SIDE, SIDE)) < 0.2)
    return torch.from_numpy(drawn)


def momentum_of(images: Tensor, places: Tensor, remainder: Tensor) -> Momentum:
    return Momentum.of(Told(remainder, remainder, images.flatten(1) @ places))


def mass(images: Tensor) -> Tensor:
    return torch.from_numpy(image_observables(images.numpy(), PIXEL_SIZE)["mass"])


def with_one_more(images: Tensor, place: int, value: Tensor) -> Tensor:
    fuller = images.flatten(1).clone()
    fuller[:, place] += value
    return fuller.view_as(images)


REST = torch.tensor([3.0, 0.5, 40.0, 7.0], dtype=torch.float64)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found.double(), expected.double(), rtol=1e-4, atol=1e-2)


def test_masses_are_those_of_images_with_one_pixel_more(
    masses: Masses, places: Tensor, images: Tensor
) -> None:
    momentum = momentum_of(images, places, REST)
    found = masses.with_rest(momentum)
    for place in range(SIDE * SIDE):
        close(found[:, place], mass(with_one_more(images, place, REST)))
    values = torch.tensor([[1.0, 20.0]]).expand(4, 2)
    after = masses.with_values(momentum, torch.full((4,), 8), values)
    for column in range(2):
        close(after[:, column], mass(with_one_more(images, 8, values[:, column].double())))


def test_logits_are_straight_lines_between_knots(
    masses: Masses, places: Tensor, images: Tensor
) -> None:
    masses.start_from(mass(images))
    heights = torch.randn(1, KNOTS)
    last = float(masses.highest)
    asked = torch.linspace(0, 1.5 * last, 40)[None]
    found = masses._between(heights, asked, None)
    expected = np.interp(asked[0].numpy(), np.linspace(0, last, KNOTS), heights[0].numpy())
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-5)


def test_knots_lie_around_the_mass_that_is_wanted(masses: Masses) -> None:
    wanted = torch.tensor([3.0, 50.0])
    at = torch.tensor([0.0, 0.5, 0.99, 1.0, 1.01, 2.0, 40.0]) * wanted[:, None]
    below, share = masses._place(at, wanted)
    place = below + share
    assert (place.diff(dim=1) > 0).all()
    torch.testing.assert_close(place[0], place[1])
    torch.testing.assert_close(place[:, 3], torch.full((2,), (KNOTS - 1) / 2))
    assert ((place >= 0) & (place <= KNOTS - 1)).all()


def test_values_of_coordinates_are_those_that_are_drawn() -> None:
    model = small_model(order="spiral_out", values="shares")
    coordinates, remainder = torch.linspace(-3, 3, 7), torch.tensor([2.0, 30.0])
    left = torch.tensor([5, 2])
    found = values_at(coordinates, remainder, left)
    shares = model.shares
    assert shares is not None
    for column, coordinate in enumerate(coordinates):
        drawn, _ = shares.values(coordinate.expand(2), remainder.double(), left)
        torch.testing.assert_close(found[:, column].double(), drawn, rtol=1e-5, atol=1e-6)


def test_functions_of_the_mass_change_the_density_and_may_be_left_out() -> None:
    images = toy_images(8, seed=4)
    model = small_model(order="spiral_out", values="shares")
    masses = model.network.masses
    assert masses is not None
    before = model.log_density(images)
    with torch.no_grad():
        masses.of_place.bias.copy_(torch.linspace(0, 3, model.options.mass_knots))
    assert before is not None
    after = model.log_density(images)
    assert after is not None
    assert not torch.allclose(before, after)
    others: list[dict[str, Any]] = [{"mass_knots": 0}, {"order": "walk"}, {"values": "absolute"}]
    for other in others:
        without = small_model(**{"order": "spiral_out", "values": "shares", **other})
        assert without.network.masses is None


def test_a_peak_in_the_mass_draws_images_of_that_mass() -> None:
    """Knots that ask for one mass are obeyed by place and value of the last two pixels."""
    model = small_model(order="spiral_out", values="shares", pixel_size=0.1, noise=0.0)
    masses = model.network.masses
    assert masses is not None
    wanted = 0.4 * float(masses.highest)
    peak = -((torch.linspace(0, 1, model.options.mass_knots) - 0.4).abs() * 200)
    images = model.sample(200, generator=torch.Generator().manual_seed(1))
    far = (mass_of(images) - wanted).abs().median()
    with torch.no_grad():
        masses.of_place.bias.copy_(peak)
    images = model.sample(200, generator=torch.Generator().manual_seed(1))
    assert (mass_of(images) - wanted).abs().median() < 0.5 * far


def mass_of(images: Tensor) -> Tensor:
    return torch.from_numpy(image_observables(images.numpy(), 0.1)["mass"])
