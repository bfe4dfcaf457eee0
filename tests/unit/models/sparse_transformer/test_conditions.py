"""A model that is told a class and a number gives what belongs to them, and the mix without."""

import math

import numpy as np
import pytest
import torch
from sparse_transformer_toys import SMALL, VARIANTS

from darkpixel.models.build import build_model

KINDS = (11, 13)
SIDE = 12
ROWS = {11: 3, 13: 8}
"""The class is where the line lies, and how dense it is."""
CHARGE = {11: 1.0, 13: 3.0}
SPREAD = 0.2
STEPS = 360
TRAINED = 0.04
"""What a mean may be off beside its error, relatively, after so short a training. A model that did
not know the number would be 30% off and more at the ends, one without the class 50% and more."""
MISPLACED = 0.15
"""Share of the charge that may lie in the other row; without the class 25% or 75% would."""


def mean_pixels(momentum):
    """Pixels of a line of this momentum, of 0 to 1: two more than are drawn as a binomial."""
    return 2 + 8 * (0.1 + 0.8 * momentum)


def images_of(species, momentum, seed):
    """A line whose length grows with the number, in the row and with the charge of the class."""
    random = np.random.default_rng(seed)
    images = np.zeros((len(species), SIDE, SIDE), np.float32)
    pixels = 2 + random.binomial(8, 0.1 + 0.8 * momentum)
    for image, kind, length in zip(images, species.tolist(), pixels, strict=True):
        values = CHARGE[kind] * random.lognormal(-(SPREAD**2) / 2, SPREAD, length)
        image[ROWS[kind], 1 : 1 + length] = values
    return torch.from_numpy(images)


def training(count=6000, seed=0):
    """Three quarters are of the first class, at all momenta; images with their columns."""
    random = np.random.default_rng(seed)
    species = np.where(random.random(count) < 0.75, *KINDS)
    momentum = random.random(count)
    columns = {
        "species": torch.from_numpy(species.astype(np.int32)),
        "momentum": torch.from_numpy(momentum.astype(np.float32)),
    }
    return images_of(species, momentum, seed + 1), columns


def observed(images):
    """(N,) each: pixels, charge, and the share of the charge in the second class' row."""
    charge = images.sum((1, 2))
    return {
        "pixels": (images > 0).sum((1, 2)).double(),
        "charge": charge.double(),
        "second": (images[:, ROWS[13]].sum(1) / charge).double(),
    }


@pytest.fixture(scope="module", params=[VARIANTS[0], VARIANTS[3]], ids=["walk", "shares"])
def trained(request):
    """A small model after some seconds of training with conditions withheld now and then."""
    torch.manual_seed(0)
    images, columns = training()
    settings = {
        **SMALL, **request.param, "width": 32, "value_bins": 32, "neighbourhood": 2,
        "conditions": ["species", "momentum"], "condition_values": {"species": list(KINDS)},
        "condition_dropout": 0.5,
    }  # fmt: skip
    model = build_model(settings, (SIDE, SIDE), seed=0)
    model.fit_to_columns(columns)
    model.fit_to_data(lambda: iter([images]))
    optimiser = torch.optim.AdamW(model.parameters(), 0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=STEPS)
    model.train()
    for step in range(STEPS):
        chosen = slice(step % 60 * 100, step % 60 * 100 + 100)
        optimiser.zero_grad()
        batch = {name: values[chosen] for name, values in columns.items()}
        model.loss(images[chosen], **batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimiser.step()
        schedule.step()
    return model.eval()


def draw(model, seed, count, **conditions):
    """Observables of images, and the columns that came with them."""
    given = {name: torch.as_tensor(values) for name, values in conditions.items()}
    images, columns = model.sample_events(
        count, generator=torch.Generator().manual_seed(seed), conditions=given or None
    )
    return observed(images), columns


def agrees(values, truth, trained=TRAINED):
    """Whether the mean of values (n,) is `truth`, within 4 errors and what training leaves."""
    error = float(values.std()) / math.sqrt(len(values))
    return abs(float(values.mean()) - truth) < 4 * error + trained * truth


def test_means_follow_the_truth_in_a_scan_of_the_number(trained):
    """At five momenta of both classes, given one an image in a single call."""
    momenta, each = np.array([0.1, 0.3, 0.5, 0.7, 0.9], np.float32), 500
    species = np.repeat(KINDS, len(momenta) * each)
    momentum = np.tile(np.repeat(momenta, each), 2)
    found, columns = draw(trained, 1, len(species), species=species, momentum=momentum)
    assert columns["species"].tolist() == species.tolist()
    assert columns["momentum"].tolist() == momentum.tolist()
    for kind in KINDS:
        for value in momenta:
            chosen = torch.from_numpy((species == kind) & (momentum == value))
            own = {name: values[chosen] for name, values in found.items()}
            pixels = mean_pixels(float(value))
            where = (kind, float(value), {name: float(v.mean()) for name, v in own.items()})
            assert agrees(own["pixels"], pixels), where
            assert agrees(own["charge"], CHARGE[kind] * pixels, 2 * TRAINED), where
            assert abs(float(own["second"].mean()) - (kind == 13)) < MISPLACED, where
            # The number of pixels scatters as the binomial does: not only the mean is right.
            share = 0.1 + 0.8 * float(value)
            spread = math.sqrt(8 * share * (1 - share))
            assert float(own["pixels"].std()) == pytest.approx(spread, rel=0.2), where


def test_a_withheld_number_gives_the_mix_of_its_class(trained):
    for kind in KINDS:
        found, columns = draw(trained, 2, 1200, species=kind)
        assert "momentum" not in columns
        assert agrees(found["pixels"], mean_pixels(0.5))
        assert agrees(found["charge"], CHARGE[kind] * mean_pixels(0.5), 2 * TRAINED)
        # Momenta from 0 to 1 spread the number of pixels more than any one does.
        share = 0.1 + 0.8 * np.linspace(0, 1, 101)
        spread = math.sqrt(np.mean(8 * share * (1 - share)) + np.var(8 * share))
        assert float(found["pixels"].std()) == pytest.approx(spread, rel=0.1)


def test_a_withheld_class_gives_both_in_the_share_of_the_training_images(trained):
    for value in (0.1, 0.9):
        found, columns = draw(trained, 3, 1200, momentum=value)
        assert "species" not in columns
        assert agrees(found["pixels"], mean_pixels(value))
        mixed = (found["second"] > 0.1) & (found["second"] < 0.9)
        assert float(mixed.double().mean()) < MISPLACED  # an image is of one class
        assert float((found["second"] > 0.5).double().mean()) == pytest.approx(0.25, abs=0.1)


def test_without_conditions_images_have_those_of_training_images(trained):
    found, columns = draw(trained, 4, 2000)
    second = (columns["species"] == 13).double()
    assert float(second.mean()) == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / 2000))
    assert agrees(columns["momentum"].double(), 0.5, 0)
    assert float((found["second"] - second).abs().mean()) < MISPLACED
    away = found["pixels"] - mean_pixels(columns["momentum"].double())
    for low in (0.0, 0.25, 0.5, 0.75):
        chosen = (columns["momentum"] >= low) & (columns["momentum"] < low + 0.25)
        off = float(away[chosen].mean())
        error = float(away[chosen].std()) / math.sqrt(int(chosen.sum()))
        assert abs(off) < 4 * error + TRAINED * mean_pixels(low + 0.125)
