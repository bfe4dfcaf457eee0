"""Classifier of non-zero pixels: what it sees, by hand, and what it does not."""

import pytest
import torch

from darkpixel.models.build import build_model

SIZE = (10, 12)


def built(**settings):
    model = build_model({"model": "sparse_classifier", "units": 8, **settings}, SIZE, seed=1)
    return model.eval()


def sparse(count=12, filled=0.1, seed=1):
    generator = torch.Generator().manual_seed(seed)
    values = torch.empty(count, *SIZE).exponential_(generator=generator)
    return values * (torch.rand(values.shape, generator=generator) < filled)


def fit(model, images):
    model.fit_to_data(lambda: iter(images.split(5)))
    return model


def test_a_pixel_sees_its_neighbours_blocks_charge_and_place():
    model = built(reach=1, block=4, bins=2)
    images = torch.zeros(2, *SIZE)
    images[1, 0, 11], images[1, 1, 10], images[1, 7, 11] = 3.0, 1.0, 5.0
    image, row, column = torch.nonzero(images, as_tuple=True)
    assert image.tolist() == [1, 1, 1]
    seen = model._seen(images, image, row, column)
    assert seen.shape == (3, 2 * 9 + 2 + 2)
    around = (seen[0, :9] * 3).expm1().reshape(3, 3)
    expected = torch.tensor([[0.0, 0, 0], [0, 3, 0], [1, 0, 0]])  # nothing outside the image
    assert torch.allclose(around, expected, atol=1e-5)
    blocks = (seen[0, 9:18] * 3).expm1().reshape(3, 3)
    # 3 + 1 in its own block and 5 in the one below: means of 16 pixels, times the side of 4
    assert torch.allclose(blocks, torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 1.25, 0]]), atol=1e-5)
    assert seen[0, -2:].tolist() == pytest.approx([-1, 1])
    bumps = torch.exp(-(((torch.tensor(4.0).log() - model.centres) / 6) ** 2))
    assert torch.allclose(seen[0, 18:20], bumps)


def test_the_answer_is_one_of_the_image_and_not_of_the_batch():
    model = fit(built(), sparse())
    images = sparse(200, seed=2)
    images[3] = 0
    together = model(images)
    assert together.shape == (200,)
    for place in (0, 3, 70, 199):
        assert torch.allclose(model(images[place : place + 1]), together[place], atol=1e-5)
    assert torch.isfinite(together).all()


def test_the_unit_of_charge_does_not_matter_once_fitted():
    one, other = fit(built(), sparse()), fit(built(), 50 * sparse())
    images = sparse(30, seed=2)
    assert torch.allclose(one(images), other(50 * images), atol=1e-4)
    assert other.unit / one.unit == pytest.approx(50, rel=1e-4)
    assert fit(built(), torch.zeros(4, *SIZE)).unit == 1  # blank images have no scale


def test_precision_is_that_of_float32_whatever_the_caller_asks():
    model = fit(built(), sparse())
    images = sparse(5, seed=2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = model(images)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, model(images))


def test_it_learns_a_small_difference_of_charge_that_no_place_tells():
    """Pixels of 1 or of 1.3 in the same random places: a difference of charge alone."""
    images = (sparse(400) > 0).float()
    labels = torch.arange(400) % 2
    images[labels == 0] *= 1.3
    torch.manual_seed(3)
    model = fit(built(units=16), images).train()
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(60):
        optimiser.zero_grad()
        model.loss(images, **{"class": labels}).backward()
        optimiser.step()
    with torch.inference_mode():
        right = ((model(images) > 0) == (labels == 0)).float().mean()
    assert right > 0.95
