"""Images as an array of NumPy."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from image_files import write_images
from small_disk import SmallDisk

from darkpixel.errors import DarkpixelError
from darkpixel.formats.npy import write_npy


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """100 kB of space."""
    disk = SmallDisk(tmp_path / "small")
    disk.mount(100)
    yield disk.folder
    disk.unmount()


def test_same_pixels_and_what_is_left_out(tmp_path: Path) -> None:
    images = np.random.default_rng(1).exponential(size=(50, 4, 6)).astype(np.float32)
    columns = {"label": np.arange(50)}
    file = write_images(tmp_path / "x.h5", images, columns, pixel_size=0.1)
    assert write_npy(file, tmp_path / "x.npy") == ("label",)
    read = np.load(tmp_path / "x.npy")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, images)


def test_full_disk(tmp_path: Path, small_disk: Path) -> None:
    """One line, where a memory map would kill the process."""
    file = write_images(tmp_path / "x.h5", np.ones((200, 16, 16)))
    with pytest.raises(DarkpixelError, match=r"x\.npy: disk full"):
        write_npy(file, small_disk / "x.npy")
    assert not list(small_disk.iterdir())
