"""Features of liquid-argon images: by hand, their symmetries, and that they are finite."""

import numpy as np
import pytest

from darkpixel.metrics.argon_features import ARGON_FEATURES, argon_features

UNITS = {"charge", "maximum", "second", "log_mean", "charge_per_length"}
TURNED = {"row", "column"}


def by_name(images, threshold=0.5):
    features = argon_features(np.asarray(images, np.float32), threshold)
    return dict(zip(ARGON_FEATURES, features.T, strict=True))


def random_images(count=30, side=20):
    random = np.random.default_rng(5)  # no two clusters of an image are the largest
    shape = (count, side, side)
    return (random.exponential(3.0, shape) * (random.random(shape) < 0.1)).astype(np.float32)


def test_a_line_and_a_spot_by_hand():
    """A row of six pixels of 2, two with no charge of note between, and one pixel of 4 apart."""
    image = np.zeros((1, 21, 21), np.float32)
    image[0, 5, [2, 3, 4, 7, 8, 9]] = 2
    image[0, 5, 5] = 0.4  # below the threshold
    image[0, 15, 15] = 4
    found = {name: values[0] for name, values in by_name(image).items()}
    in_units = np.array([4.0] * 6 + [0.8, 8])
    assert (found["pixels"], found["clusters"], found["isolated"]) == (7, 3, 1)
    assert found["cluster_length"] == pytest.approx(7)  # over the gap of two
    assert found["cluster_width"] == pytest.approx(0)
    assert found["charge"] == pytest.approx(np.log1p(in_units.sum()))
    assert found["charge_per_length"] == pytest.approx(np.log1p(in_units.sum() / 8))
    assert (found["maximum"], found["second"]) == pytest.approx((np.log(9), np.log(5)))
    assert found["effective"] == pytest.approx(in_units.sum() / np.sqrt((in_units**2).sum()))
    logs = np.log([4] * 6 + [8])
    assert (found["log_mean"], found["log_width"]) == pytest.approx((logs.mean(), logs.std()))
    assert found["row"] == pytest.approx((in_units[:7].sum() * -5 + 8 * 5) / in_units.sum())


def test_axes_are_those_of_the_charge():
    image = np.zeros((2, 15, 15), np.float32)
    for place in range(-4, 5):
        image[0, 7 + place, 7 + place] = 1  # along the diagonal
        image[1, 7, 7 + place] = 1
    image[1, [6, 8], 7] = 3
    found = by_name(image)
    widths = np.sqrt(np.mean(np.arange(-4, 5) ** 2))
    assert found["major"][0] == pytest.approx(np.sqrt(2) * widths)
    assert found["minor"][0] == pytest.approx(0, abs=1e-6)
    assert found["major"][1] == pytest.approx(np.sqrt(60 / 15))
    assert found["minor"][1] == pytest.approx(np.sqrt(6 / 15))


def test_turning_an_image_changes_its_centroid_alone():
    images = random_images()
    before = by_name(images)
    for turned in (images.transpose(0, 2, 1), images[:, ::-1], images[:, :, ::-1]):
        after = by_name(turned)
        for name in set(ARGON_FEATURES) - TURNED:
            assert after[name] == pytest.approx(before[name], rel=1e-4, abs=1e-5), name
    assert by_name(images[:, ::-1])["row"] == pytest.approx(-before["row"], abs=1e-9)


def test_the_unit_of_charge_does_not_matter():
    images = random_images()
    before, after = by_name(images), by_name(4 * images, threshold=2.0)
    for name in ARGON_FEATURES:
        assert after[name] == pytest.approx(before[name], rel=1e-5, abs=1e-7), name
    scaled = by_name(1.05 * images)
    assert all((scaled[name] > before[name]).all() for name in UNITS - {"log_mean"})


def test_blank_and_single_pixel_images_are_finite_and_images_do_not_mix():
    images = np.zeros((3, 9, 9), np.float32)
    images[1, 0, 8] = 5
    images[2] = 1
    found = argon_features(images, 0.2)
    assert np.isfinite(found).all()
    assert (found[0] == 0).all()
    for one, alone in zip(found, images, strict=True):
        assert one == pytest.approx(argon_features(alone[None], 0.2)[0])
    assert by_name(images)["clusters"].tolist() == [0, 1, 1]
