"""Images of other programs: which are read, in which order, and what is refused in one line."""

from pathlib import Path
from typing import Any

import h5py
import larcv_files
import numpy as np
import pytest
from bounded import bounded
from image_files import write_images

from darkpixel.datasets import foreign
from darkpixel.datasets.foreign import Grid, particle_images, random_images
from darkpixel.datasets.foreign_file import write_image_file
from darkpixel.errors import DarkpixelError

IMAGES = np.random.default_rng(0).exponential(size=(50, 6, 8)).astype(np.float32)


def same_images(found: Any, expected: Any) -> None:
    """In any order."""
    np.testing.assert_array_equal(np.unique(found, axis=0), np.unique(expected, axis=0))


def saved(path: Path, array: Any) -> Path:
    np.save(path, array)
    return path


@pytest.mark.parametrize("channel", [(), (1,), (3,)])
def test_arrays_with_and_without_a_channel(tmp_path: Path, channel: tuple[int, ...]) -> None:
    path = saved(tmp_path / "x.npy", np.expand_dims(IMAGES, channel) if channel else IMAGES)
    found = random_images(path, 100, seed=1)
    assert found.total == 50
    assert found.about == {}
    same_images(found.images, IMAGES)


def test_the_order_is_random_and_the_same_for_files_of_one_length(tmp_path: Path) -> None:
    numbered = np.arange(50, dtype=np.float32)[:, None, None] * np.ones((50, 2, 2), np.float32)
    one, other = saved(tmp_path / "1.npy", numbered), saved(tmp_path / "2.npy", numbered + 100)
    first = random_images(one, 50, seed=1).images[:, 0, 0]
    assert (first != np.arange(50)).any()
    np.testing.assert_array_equal(first + 100, random_images(other, 50, seed=1).images[:, 0, 0])
    few = random_images(one, 7, seed=1).images[:, 0, 0]
    np.testing.assert_array_equal(few, first[:7])  # fewer are the first of more


def test_every_image_has_the_same_chance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever block it is in."""
    monkeypatch.setattr(foreign, "_BLOCK", 4)
    path = saved(tmp_path / "x.npy", np.arange(20.0)[:, None, None] * np.ones((20, 1, 1)))
    counts = np.zeros(20)
    for seed in range(600):
        counts[random_images(path, 5, seed).images[:, 0, 0].astype(int)] += 1
    assert abs(counts - 150).max() < 5 * np.sqrt(150 * 0.75)


def test_no_more_images_than_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And an array in memory is only read."""
    monkeypatch.setattr(foreign, "_BLOCK", 4)
    before = IMAGES.copy()
    named = foreign.Named("mine", IMAGES)
    whole = random_images(named, 50, seed=1)
    some = random_images(named, 50, seed=1, memory=2 * 7 * IMAGES[0].nbytes)
    assert (len(some.images), some.total) == (7, 50)
    np.testing.assert_array_equal(some.images, whole.images[:7])
    assert len(random_images(named, 50, seed=1, memory=0).images) == 1
    np.testing.assert_array_equal(IMAGES, before)


def test_archives_image_files_and_what_they_say(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", IMAGES)
    np.savez(tmp_path / "b.npz", images=IMAGES, energies=np.ones(50))
    same_images(random_images(tmp_path / "a.npz", 100, 1).images, IMAGES)
    same_images(random_images(tmp_path / "b.npz", 100, 1).images, IMAGES)
    ours = random_images(write_images(tmp_path / "c.h5", IMAGES), 100, 1)
    same_images(ours.images, IMAGES)
    assert {"dataset", "label", "split", "pixel_size", "unit"} <= ours.about.keys()


def test_larcv_files_are_cropped_as_a_run_crops_them(tmp_path: Path) -> None:
    path = tmp_path / "x.root"
    larcv_files.write_trees(path, larcv_files.classification(20))
    found = random_images(path, 10, 1)
    assert found.images.shape[1:] == (64, 64)
    assert found.about["unit"] == "0.255 MeV"


def test_showers_of_the_calochallenge(tmp_path: Path) -> None:
    showers = np.random.default_rng(1).exponential(size=(9, 12))
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file["showers"], file["incident_energies"] = showers, np.ones((9, 1))
    found = random_images(tmp_path / "x.hdf5", 10, 1, Grid(shape=(3, 4)))
    same_images(found.images, showers.reshape(9, 3, 4).astype(np.float32))
    assert found.about == {"unit": "MeV"}
    with pytest.raises(DarkpixelError, match=r"say with --shape \(from Python: shape\)"):
        random_images(tmp_path / "x.hdf5", 10, 1)


def test_particles_of_jetnet(tmp_path: Path) -> None:
    # One at the upper left, two in one pixel near the middle, one too far out, one padded.
    particles = np.array(
        [[[-0.79, 0.79, 0.5, 1], [0.01, -0.01, 0.2, 1], [0.02, -0.02, 0.1, 1], [0.9, 0, 0.1, 1],
          [0, 0, 0.3, 0]]]
    )  # fmt: skip
    image = particle_images(particles, 4)[0]
    assert image[0, 0] == pytest.approx(0.5)
    assert image[2, 2] == pytest.approx(0.3)
    assert image.sum() == pytest.approx(0.8)
    with h5py.File(tmp_path / "x.hdf5", "w") as file:
        file["particle_features"] = particles
    found = random_images(tmp_path / "x.hdf5", 10, 1, Grid(pixels=4))
    np.testing.assert_array_equal(found.images[0], image)
    assert found.about == {"pixel_size": 0.4, "unit": "jet pT"}


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.ones((4, 5)))
    np.save(tmp_path / "none.npy", np.ones((0, 5, 5)))
    np.save(tmp_path / "objects.npy", np.array([{}, {}]), allow_pickle=True)
    np.save(tmp_path / "complex.npy", np.ones((2, 3, 3), complex))
    np.save(tmp_path / "nan.npy", np.where(np.arange(5)[:, None, None] == 3, np.nan, IMAGES[:5]))
    (tmp_path / "text.npy").write_text("nothing of the kind")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 not whole")
    np.savez(tmp_path / "two.npz", one=IMAGES, other=IMAGES)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["something"] = np.ones(3)
    with h5py.File(tmp_path / "group.h5", "w") as file:
        file.create_group("showers")
        file["incident_energies"] = np.ones(3)
    (tmp_path / "x.csv").write_text("1,2")
    expected = {
        "flat.npy": r"shape \(4, 5\); \(N, H, W\) is expected",
        "none.npy": r"shape \(0, 5, 5\)",
        "objects.npy": "cannot be read",
        "complex.npy": "an array of type complex128",
        "text.npy": "cannot be read",
        "nan.npy": "image 3 holds the pixel value nan",
        "broken.npz": "cannot be read",
        "two.npz": "holds one, other; call the array of the images `images`",
        "other.h5": "holds something; expected `images`",
        "group.h5": "showers is no dataset of numbers",
        "x.csv": "ends in '.csv'",
        "absent.npy": "no such file",
        "absent.h5": "no such file",
    }
    for name, words in expected.items():
        with pytest.raises(DarkpixelError, match=words) as found:
            random_images(tmp_path / name, 10, 1)
        assert str(tmp_path / name) in str(found.value)
        assert "\n" not in str(found.value)


def test_an_archive_whose_arrays_are_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The images are refused, and what lies beside them is named as left out."""
    path = tmp_path / "a.npz"
    np.savez_compressed(path, images=IMAGES, zeros=np.zeros(2**20))
    monkeypatch.setattr(foreign, "_LARGEST_NPZ", 2**20)
    assert write_image_file(path, tmp_path / "own.h5") == ["zeros"]
    np.savez_compressed(path, images=np.zeros((2**9, 2**9, 2**9), np.uint8))
    end = bounded(lambda: random_images(path, 10, 1))
    assert end.message is not None
    assert "the array 'images' has 0.1 GB; an archive is read whole" in end.message
    assert end.mebibytes < 50
