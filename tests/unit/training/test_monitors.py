"""The monitor of generated pT and mass: of one label, or of each of several."""

import numpy as np
import pytest
import torch
from image_files import write_images
from torch import nn

from darkpixel.datasets.joint import join_labels
from darkpixel.training.monitors.observables import observable_monitor

SIDE = 12


def images(count, seed, scale=1.0):
    random = np.random.default_rng(seed)
    lit = random.random((count, SIDE, SIDE)) < 0.2
    made = scale * random.exponential(5.0, lit.shape) * lit
    made[0] = 0
    return made.astype(np.float32)


@pytest.fixture
def files(tmp_path):
    """Validation images of two labels, of which the second is brighter, and of both together."""
    parts = {"signal": images(2500, 1), "background": images(1500, 2, scale=3.0)}
    paths = {label: write_images(tmp_path / f"{label}.h5", own) for label, own in parts.items()}
    join_labels(paths, tmp_path / "joint.h5")
    return {**paths, "joint": tmp_path / "joint.h5"}


class Drawn(nn.Module):
    """Gives the images of the chosen class; without a choice, those of the first."""

    def __init__(self, *classes):
        super().__init__()
        self.classes, self.chosen = classes, 0
        self.settings = {"model": "drawn"}

    def choose_class(self, index):
        self.chosen = index

    def sample(self, n, *, generator):
        return torch.from_numpy(self.classes[self.chosen][:n])


def monitor_of(path, count):
    monitor = observable_monitor(path, count, 1)
    assert monitor is not None
    return monitor


def test_one_label(files):
    monitor = monitor_of(files["signal"], 300)
    same = monitor(Drawn(images(2500, 1)), 1)
    assert same.keys() == {"w1_pt", "w1_mass", "zeros"}
    assert same["w1_pt"] == same["w1_mass"] == 0
    assert 0.7 < same["zeros"] < 0.9
    assert monitor(Drawn(images(300, 1, scale=2.0)), 1)["w1_pt"] > 100
    assert observable_monitor(files["signal"], 0, 1) is None


def test_each_label_of_several_is_compared_with_its_own_images(files, caplog):
    signal, background = images(1000, 11), images(1000, 12, scale=3.0)
    monitor = monitor_of(files["joint"], 1000)
    right, swapped = monitor(Drawn(signal, background), 1), monitor(Drawn(background, signal), 1)
    measures = ("w1_pt", "w1_mass", "zeros")
    assert right.keys() == {f"{m}_{label}" for m in measures for label in ("signal", "background")}
    for measure in measures[:2]:
        for label in ("signal", "background"):
            assert right[f"{measure}_{label}"] < 0.1 * swapped[f"{measure}_{label}"]
    assert not caplog.messages
    # A label that repeats one image shows, and only that one.
    collapsed = monitor(Drawn(signal, background[5:6].repeat(1000, 0)), 1)
    assert collapsed["w1_pt_background"] > 3 * right["w1_pt_background"]
    assert collapsed["w1_pt_signal"] == right["w1_pt_signal"]
    (warning,) = caplog.messages
    assert warning.startswith("model drawn background, epoch 1: the generator has collapsed")


def test_labels_have_no_more_images_than_are_asked_for(files, monkeypatch):
    """The references are as large as the samples, or hold all images of a label."""
    sizes = []

    def recorded(shown, pixel_size):
        sizes.append(len(shown))
        return {"pt": np.zeros(len(shown))}

    monkeypatch.setattr("darkpixel.training.monitors.observables.image_observables", recorded)
    observable_monitor(files["joint"], 40, 1)
    observable_monitor(files["joint"], 2000, 1)
    assert sizes == [40, 40, 2000, 1500]
