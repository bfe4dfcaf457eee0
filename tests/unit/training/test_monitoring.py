"""Monitors are found by name, each with what the training loop asks of it."""

from pathlib import Path

import numpy as np
import pytest

import darkpixel.training.monitors
from darkpixel.config.training import Training
from darkpixel.formats.image_writer import ImageWriter
from darkpixel.training.monitoring import find_monitoring

FOLDER = Path(darkpixel.training.monitors.__path__[0])
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")


@pytest.fixture
def images(tmp_path):
    path = tmp_path / "images.h5"
    with ImageWriter(
        path, height=8, width=8, dataset="jets", label="signal", split="validation",
        pixel_size=0.1, unit="GeV", source="test", seed=1, config_digest="",
    ) as writer:  # fmt: skip
        writer.append(np.random.default_rng(1).exponential(size=(20, 8, 8)).astype(np.float32))
    return path


@pytest.mark.parametrize("name", NAMES)
def test_every_module_is_a_monitor(name, images):
    training = Training(monitor_images=10, monitor_every=3)
    found = find_monitoring(name, images, images, training, seed=1)
    assert callable(found.monitor)
    assert found.every == 3


def test_samples_are_made_once_at_the_end_unless_asked_for(images):
    training = Training(monitor_images=10, epochs=7)
    assert find_monitoring("observables", images, images, training, 1).every == 7
    assert find_monitoring("segmentation", images, images, training, 1).every == 1


def test_without_a_name_nothing_is_measured(images):
    assert find_monitoring(None, images, images, Training(), 1).monitor is None
