"""The walk: every pixel once, the same everywhere, equivariant under the square's symmetries."""

import numpy as np
import pytest
from argon_toys import argon_images

from darkpixel.models.sparse_transformer.walk import walks


def random_images(count, side, share, seed=0):
    random = np.random.default_rng(seed)
    images = random.exponential(2.0, (count, side, side)).astype(np.float32)
    return images * (random.random(images.shape) < share)


def turned_images(images, symmetry):
    if symmetry & 1:
        images = images[:, ::-1]
    if symmetry & 2:
        images = images[:, :, ::-1]
    return images.transpose(0, 2, 1) if symmetry & 4 else images


SETS = {
    "sparse": random_images(60, 16, 0.05),
    "dense": random_images(40, 12, 0.5, seed=1),
    "argon": np.where(argon_images(60)[0] > 0.2, argon_images(60)[0], 0).astype(np.float32),
}


@pytest.mark.parametrize("name", SETS)
def test_walk_visits_each_pixel_once_with_its_charge(name):
    images = SETS[name]
    found = walks(images)
    assert (found.counts == (images > 0).sum((1, 2))).all()
    for image, pixels, charges, count in zip(images, *found, strict=True):
        assert sorted(pixels[:count]) == np.flatnonzero(image).tolist()
        assert (charges[:count] == image.ravel()[pixels[:count]]).all()
        assert (pixels[count:] == image.size).all()
        assert (charges[count:] == 0).all()


def test_walk_does_not_depend_on_threads_or_on_the_other_images():
    images = SETS["argon"]
    one = walks(images)
    for found in (walks(images), walks(images, threads=3)):
        for name in one._fields:
            np.testing.assert_array_equal(getattr(one, name), getattr(found, name))
    alone = walks(images[7:8])
    count = int(alone.counts[0])
    assert (alone.pixels[0] == one.pixels[7, :count]).all()


@pytest.mark.parametrize("symmetry", range(8))
@pytest.mark.parametrize("name", SETS)
def test_turned_images_have_the_turned_walk(name, symmetry):
    images = SETS[name]
    side = images.shape[1]
    original, found = walks(images), walks(turned_images(images, symmetry))
    places = np.arange(side * side).reshape(1, side, side)
    where = np.argsort(turned_images(places, symmetry).ravel())  # of each place, after turning
    drawn = found.values > 0
    assert (found.pixels[drawn] == where[original.pixels[drawn]]).all()
    assert (found.values == original.values).all()


def test_walk_follows_a_track_and_ends_with_single_pixels():
    image = np.zeros((1, 9, 9), np.float32)
    image[0, 4, 1:8] = [9, 2, 3, 4, 5, 6, 7]
    image[0, 0, 0], image[0, 0, 8], image[0, 8, 4] = 1, 1.5, 2
    found = walks(image)
    # From the end with more charge (both are as far from the middle), then along the axis.
    track = [4 * 9 + column for column in range(1, 8)]
    assert found.pixels[0].tolist() == [*track, 0, 8 * 9 + 4, 8]


def test_blank_images_have_an_empty_walk():
    found = walks(np.zeros((3, 5, 5), np.float32))
    assert found.pixels.shape == (3, 0)
    assert (found.counts == 0).all()
