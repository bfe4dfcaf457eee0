"""The image file: what is written is read back, whole or joined from shards."""

import itertools
from pathlib import Path

import h5py
import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import ABOUT, EXAMPLES, ONES, sparse_images, write_images

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_concatenation import concatenate
from darkpixel.formats.image_file import ImageFile, ImageWriter, statistics
from darkpixel.formats.image_format import chunk_length


def test_round_trip(tmp_path: Path) -> None:
    images = sparse_images(3000)
    labels = (images > 0).astype(np.uint8)
    momentum = np.arange(3000) / 7
    write_images(tmp_path / "a.h5", images, {"momentum": momentum, "pixel_labels": labels})
    with ImageFile(tmp_path / "a.h5") as file:
        assert file.shape == images.shape
        assert len(file) == 3000
        assert set(file.columns) == {"momentum", "pixel_labels"}
        assert ABOUT.items() <= file.attributes.items()
        np.testing.assert_array_equal(file.read(), images)
        np.testing.assert_array_equal(file.read(2990), images[2990:])
        np.testing.assert_array_equal(file.column("momentum", 5, 9), momentum[5:9])
        np.testing.assert_array_equal(file.column("pixel_labels"), labels)
        assert file.read().dtype == np.float32


@pytest.mark.parametrize("size", [1, 100, 1024, 5000])
def test_batches_cover_the_file_once_in_order(tmp_path: Path, size: int) -> None:
    images = sparse_images(300 if size == 1 else 2500)
    write_images(tmp_path / "a.h5", images, {"event": np.arange(len(images))})
    with ImageFile(tmp_path / "a.h5") as file:
        batches = list(file.batches(size, columns=["event"]))
    assert all(len(batch["images"]) == size for batch in batches[:-1])
    np.testing.assert_array_equal(np.concatenate([b["images"] for b in batches]), images)
    np.testing.assert_array_equal(
        np.concatenate([b["event"] for b in batches]), np.arange(len(images))
    )


@settings(EXAMPLES, max_examples=15)
@given(blocks=st.lists(st.integers(0, 900), max_size=6))
def test_bytes_do_not_depend_on_the_blocks(tmp_path: Path, blocks: list[int]) -> None:
    images = sparse_images(2300)
    write_images(tmp_path / "whole.h5", images, {"event": np.arange(2300)})
    while sum(blocks) > 2300:
        blocks = blocks[:-1]
    write_images(tmp_path / "blocks.h5", images, {"event": np.arange(2300)}, blocks)
    assert (tmp_path / "whole.h5").read_bytes() == (tmp_path / "blocks.h5").read_bytes()


def test_the_appended_buffer_may_be_reused(tmp_path: Path) -> None:
    buffer = np.ones((10, 4, 4), np.float32)
    with ImageWriter(tmp_path / "a.h5", height=4, width=4, **ABOUT) as file:
        file.append(buffer)
        buffer[:] = 2
        file.append(buffer)
    with ImageFile(tmp_path / "a.h5") as file:
        assert file.read().sum(axis=(1, 2)).tolist() == [16.0] * 10 + [32.0] * 10


def test_images_are_chunked_and_compressed(tmp_path: Path) -> None:
    write_images(tmp_path / "a.h5", sparse_images(3000, 28, 28))
    with h5py.File(tmp_path / "a.h5") as file:
        stored = file["images"]
        assert (stored.compression, stored.shuffle) == ("gzip", True)
        assert stored.chunks == (chunk_length(28, 28), 28, 28)
    assert (tmp_path / "a.h5").stat().st_size < 3000 * 28 * 28 * 4 / 3
    with ImageFile(tmp_path / "a.h5") as file:
        assert file.chunk == chunk_length(28, 28)


@given(height=st.integers(1, 3000), width=st.integers(1, 3000))
def test_a_chunk_fits_in_one_mebibyte_or_holds_one_image(height: int, width: int) -> None:
    chunk = chunk_length(height, width)
    assert 1 <= chunk <= 1024
    assert chunk == 1 or chunk * height * width * 4 <= 2**20


@settings(EXAMPLES, max_examples=30)
@given(
    images=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 4), st.integers(1, 4)),
        elements=st.one_of(st.just(0.0), st.floats(0, 2.0**20, width=32)),
    )
)
def test_statistics_agree_with_numpy(tmp_path: Path, images: np.ndarray) -> None:
    write_images(tmp_path / "a.h5", images)
    found = statistics(tmp_path / "a.h5")
    assert found["images"] == len(images)
    assert found["zero_fraction"] == pytest.approx(np.mean(images == 0))
    assert found["largest"] == images.max()
    assert found["blank_images"] == np.sum(images.max(axis=(1, 2)) == 0)
    np.testing.assert_allclose(found["mean_image"], images.mean(axis=0, dtype=np.float64))
    if images.any():
        assert found["smallest_nonzero"] == images[images > 0].min()
    else:
        assert np.isnan(found["smallest_nonzero"])


@pytest.mark.parametrize("kind", ["f2", "f8", "u1", "i8", ">f4"])
def test_users_own_file_of_any_real_type(tmp_path: Path, kind: str) -> None:
    images = sparse_images(40).astype(kind)
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["images"] = images
        file["flavour"] = np.arange(40)
        file["note"] = "a scalar is no column"
        file.create_group("more")["edges"] = np.arange(3)
    with ImageFile(tmp_path / "own.h5") as own:
        assert own.columns == ("flavour",)
        assert own.attributes == {}
        assert own.chunk >= 1
        np.testing.assert_array_equal(own.read(), images.astype(np.float32))
        assert own.read().dtype == np.float32


@pytest.mark.parametrize("sizes", [(300,), (100, 200), (1, 298, 1)])
def test_shards_join_to_the_same_file(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    images, event = sparse_images(300), np.arange(300)
    write_images(tmp_path / "whole.h5", images, {"event": event})
    edges = [0, *np.cumsum(sizes).tolist()]
    shards = []
    for start, stop in itertools.pairwise(edges):
        shards.append(tmp_path / f"shard{start}.h5")
        write_images(shards[-1], images[start:stop], {"event": event[start:stop]})
    concatenate(shards, tmp_path / "joined.h5")
    assert (tmp_path / "joined.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()


def test_files_of_different_kind_are_not_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path / "a.h5", ONES)
    write_images(tmp_path / "size.h5", ONES[:, :3])
    write_images(tmp_path / "column.h5", ONES, {"event": np.arange(20)})
    monkeypatch.setitem(ABOUT, "seed", 8)
    write_images(tmp_path / "seed.h5", ONES)
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["images"] = ONES
    for other, words in {
        "size.h5": "image size is (3, 4)",
        "column.h5": "columns is {'event'",
        "seed.h5": "seed is 8, but 7",
        "own.h5": "config_digest is None",
    }.items():
        with pytest.raises(DarkpixelError) as caught:
            concatenate([tmp_path / "a.h5", tmp_path / other], tmp_path / "joined.h5")
        assert words in str(caught.value)
        assert not (tmp_path / "joined.h5").exists()
    with pytest.raises(DarkpixelError, match="no image files"):
        concatenate([], tmp_path / "joined.h5")
    with pytest.raises(DarkpixelError, match="format is missing"):
        concatenate([tmp_path / "own.h5"], tmp_path / "joined.h5")
