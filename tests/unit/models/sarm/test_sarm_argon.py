"""SARM on images that are not in eta and phi, and with more pixels than hidden units."""

import numpy as np
import pytest
import torch
from argon_toys import argon_images

from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.sarm import initialisation
from darkpixel.models.sarm.conditionals import Conditionals

CENTIMETRES = 0.5
SETTINGS = {
    "model": "sarm", "centres": [], "layers": 2, "units": 32, "width": 4, "power": 1.5,
    "levels": 32, "pixel_size": CENTIMETRES,
}  # fmt: skip


@pytest.fixture(scope="module")
def images():
    """(60, 24, 24), the first ten blank."""
    middle = argon_images(60, 0)[0][:, 20:44, 20:44].copy()
    middle[:10] = 0
    return torch.from_numpy(middle)


def argon_model(**keys):
    return build_model({**SETTINGS, **keys}, (24, 24), seed=0)


def test_an_automatic_power_needs_eta_and_phi(images):
    model = argon_model(power="auto")
    with pytest.raises(DarkpixelError, match=r"24 pixels of 0.5, over 2 pi wide .* give a number"):
        model.fit_to_data(lambda: iter([images]))


@pytest.mark.parametrize("key", ["sums", "totals"])
def test_sums_and_totals_need_eta_and_phi(key):
    with pytest.raises(DarkpixelError, match=r"sums and totals .*; set both to false") as error:
        argon_model(**{key: True})
    assert "\n" not in str(error.value)


def test_it_learns_and_samples_with_blank_images(images):
    torch.manual_seed(0)
    model = argon_model()
    model.fit_to_data(lambda: iter([images[:40], images[40:]]))
    assert model.fitted()["levels"] == 32
    assert model.fitted()["largest_level"] >= float(images.max())
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = model.loss(images)
        torch.autograd.backward(loss)
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
    made = model.sample(40, generator=torch.Generator().manual_seed(0))
    assert made.shape == (40, 24, 24)
    assert bool((made == 0).any())
    assert bool((made > 0).any())
    assert not torch.isin(made[made > 0], model.stages[0].likelihood.grid).any()
    assert torch.equal(model.quantise(made) > 0, made > 0)


def test_the_fit_holds_no_more_than_its_share_of_the_images(images, monkeypatch):
    """A set of large images would not fit into memory; the largest pixel is still found."""
    monkeypatch.setattr(initialisation, "FIT_PIXELS", 20 * 24**2)
    model, seen = argon_model(), []
    quantise = Conditionals.quantise

    def noted(parts, x):
        seen.append(len(x))
        return quantise(parts, x)

    monkeypatch.setattr(Conditionals, "quantise", noted)
    late = images.clone()
    late[-1, 5, 5] = 1000.0
    model.fit_to_data(lambda: iter(late.split(15)))
    assert max(seen) == 20
    assert model.fitted()["largest_level"] >= 1000
    assert np.isfinite(float(model.loss(late).detach()))
