"""Physics features against hand-made images; samples of equal size."""

import h5py
import numpy as np
import pytest

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.features import (
    FEATURES,
    SCALED,
    Sample,
    calorimeter_features,
    compared_samples,
    image_features,
    monte_carlo_sets,
    sample_features,
)
from darkpixel.metrics.kinematics import girth, image_observables
from darkpixel.metrics.observables import Source


def by_name(images, pixel_size=0.1):
    return dict(zip(FEATURES, image_features(images, pixel_size).T, strict=True))


def write(path, images):
    with h5py.File(path, "w") as file:
        file["images"] = images.astype(np.float32)
    return str(path)


def random_images(count, side=12, seed=0):
    random = np.random.default_rng(seed)
    shape = (count, side, side)
    return random.exponential(3.0, shape) * (random.random(shape) < 0.1)


@pytest.mark.parametrize("side", [5, 12, 25, 28])
def test_features_of_blank_and_single_pixel_images_are_finite(side):
    images = np.zeros((2, side, side), np.float32)
    images[1, 0, side - 1] = 7
    found = by_name(images)
    assert all(np.isfinite(values).all() for values in found.values())
    assert all(values[0] == 0 for values in found.values())
    edge = (side - 1) / 2 * 0.1
    expected = {"sum": 7, "pt": 7, "maximum": 7, "second": 0, "nonzero": 1, "dispersion": 1,
                "eta": edge, "phi": edge, "eta_width": 0, "phi_width": 0, "centre": 0}  # fmt: skip
    for name, value in expected.items():
        # a width is the root of a difference that rounding leaves at 1e-16
        assert found[name][1] == pytest.approx(value, rel=1e-6, abs=1e-7), name


def test_features_of_two_pixels_by_hand():
    images = np.zeros((1, 7, 7), np.float32)
    images[0, 3, 2], images[0, 3, 6] = 3, 1  # eta -0.1 and 0.3, phi 0
    found = {name: values[0] for name, values in by_name(images).items()}
    assert found["eta"] == pytest.approx(0)
    assert found["eta_width"] == pytest.approx(np.sqrt((3 * 0.01 + 0.09) / 4))
    assert found["girth"] == pytest.approx((3 * 0.1 + 0.3) / 4)
    assert found["dispersion"] == pytest.approx(np.sqrt(10) / 4)
    assert (found["maximum"], found["second"], found["nonzero"]) == (3, 1, 2)
    assert (found["centre"], found["inner_ring"], found["outer_ring"]) == (3, 1, 0)


def test_features_agree_with_the_measured_observables_and_rings_add_up():
    images = random_images(50, side=28)
    found = by_name(images)
    for name, values in image_observables(images, 0.1).items():
        assert found[name] == pytest.approx(values)
    assert found["girth"] == pytest.approx(girth(images, 0.1))
    rings = sum(found[name] for name in ("centre", "inner_ring", "outer_ring", "corners"))
    assert rings == pytest.approx(images.sum(axis=(1, 2)))


def test_a_streamed_sample_has_the_features_of_its_images(tmp_path):
    images = random_images(60)
    path = write(tmp_path / "images.h5", images)
    sample = Sample("model", 1, path, start=10, scale=1.05)
    stored = images[10:50].astype(np.float32) * np.float32(1.05)
    assert np.concatenate(list(sample.blocks(40, size=7))) == pytest.approx(stored)
    with h5py.File(path, "a") as file:
        file.attrs["pixel_size"] = 0.1
    found = sample_features(sample, 40, calorimeter_features(path))
    assert found == pytest.approx(image_features(stored, 0.1))
    assert next(sample.part(5).blocks(1))[0] == pytest.approx(stored[5])
    with pytest.raises(DarkpixelError, match="found 60 images, but 61 are needed"):
        list(sample.blocks(51))


def test_all_samples_have_the_size_of_the_smallest(tmp_path):
    sizes = {"test": 100, "train": 200, "made": 45, "rounded": 60}
    path = {n: write(tmp_path / f"{n}.h5", random_images(k)) for n, k in sizes.items()}
    sources = [Source("quantised_made", 1, path["rounded"]), Source("made", 1, path["made"])]
    given = {"test": path["test"], "train": path["train"]}
    samples, n = compared_samples(sources, **given, n=1000)
    assert n == 30  # the rounded images after the first n
    assert [sample.model for sample in samples] == [MONTE_CARLO, SCALED, "quantised_made", "made"]
    assert [sample.start for sample in samples] == [0, 0, n, 0]
    assert [sample.scale for sample in samples] == [1, 1.05, 1, 1]
    assert compared_samples(sources[1:], **given, n=1000)[1] == 45
    assert compared_samples([], **given, n=1000)[1] == 50
    starts = [sample.start for sample in monte_carlo_sets(path["train"], 60)]
    assert starts == [0, 60, 120]


def test_what_cannot_be_compared_is_refused(tmp_path):
    test = write(tmp_path / "test.h5", random_images(100))
    other = write(tmp_path / "other.h5", random_images(100, side=8))
    few = write(tmp_path / "few.h5", random_images(10))
    with pytest.raises(DarkpixelError, match=r"other.h5: images of \(8, 8\) pixels"):
        compared_samples([], test=test, train=other, n=50)
    with pytest.raises(DarkpixelError, match="at n = 10 means nothing"):
        compared_samples([Source("made", 1, few)], test=test, train=test, n=50)
