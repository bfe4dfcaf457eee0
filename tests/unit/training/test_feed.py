"""Every image exactly once an epoch, in an order that depends on (seed, epoch) alone."""

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.training import feed as loading

SIDE = 60  # 14,400 bytes an image: 1 MB holds 69


def write(path, images, chunk=5):
    """Images whose pixels all hold the image's number, and that number as a column."""
    numbers = np.arange(images)
    values = np.broadcast_to(numbers[:, None, None], (images, SIDE, SIDE)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=values, chunks=(min(chunk, images), SIDE, SIDE))
        file["number"] = numbers
        file["name"] = np.array([b"x"] * images)
    return path


def batches(path, batch_size=16, memory_mb=1, seed=3, columns=("number",), epoch_images=None):
    return loading.ImageBatches(
        path,
        batch_size,
        device="cpu",
        memory_mb=memory_mb,
        seed=seed,
        columns=columns,
        epoch_images=epoch_images,
    )


def numbers(epoch):
    """The image numbers of each batch; the column must agree with the pixels."""
    values = []
    for images, columns in epoch:
        assert images.shape[1:] == (SIDE, SIDE)
        assert images.dtype == torch.float32
        assert torch.equal(images[:, 0, 0], columns["number"].float())
        assert torch.equal(images[:, -1, -1], images[:, 0, 0])
        values.append(images[:, 0, 0].int().tolist())
    return values


def joined(epoch):
    return [number for batch in epoch for number in batch]


@settings(max_examples=25, deadline=None)
@given(
    images=st.integers(1, 160),
    batch_size=st.integers(1, 40),
    chunk=st.integers(1, 30),
    epoch=st.integers(0, 5),
    data=st.data(),
)
def test_each_image_once_and_any_start(tmp_path_factory, images, batch_size, chunk, epoch, data):
    path = write(tmp_path_factory.mktemp("loading") / "images.h5", images, chunk)
    with batches(path, batch_size) as source:
        assert source.resident == (images <= 69)
        whole = numbers(source.epoch(epoch))
        assert sorted(joined(whole)) == list(range(images))
        assert len(whole) == source.steps_per_epoch
        sizes = [len(batch) for batch in whole]
        assert all(size == batch_size for size in sizes[:-2])
        assert max(sizes) <= batch_size
        if images >= batch_size:
            assert 2 * min(sizes) >= batch_size
        start = data.draw(st.integers(0, len(whole)))
        assert numbers(source.epoch(epoch, start)) == whole[start:]


@pytest.mark.parametrize("memory_mb", [1, 100])
@pytest.mark.parametrize("epoch_images", [1, 16, 37, 150, 400])
def test_a_shorter_epoch_is_the_start_of_the_whole_one(tmp_path, memory_mb, epoch_images):
    path = write(tmp_path / "images.h5", 150)
    with (
        batches(path, memory_mb=memory_mb) as whole,
        batches(path, memory_mb=memory_mb, epoch_images=epoch_images) as short,
    ):
        for epoch in (0, 1):
            values = joined(numbers(short.epoch(epoch)))
            assert values == joined(numbers(whole.epoch(epoch)))[:epoch_images]
            last = joined(numbers(short.epoch(epoch, short.steps_per_epoch - 1)))
            assert last == values[-len(last) :]


@pytest.mark.parametrize("memory_mb", [1, 100])
def test_order_is_a_function_of_seed_and_epoch(tmp_path, memory_mb):
    path = write(tmp_path / "images.h5", 150)
    with batches(path, memory_mb=memory_mb) as one, batches(path, memory_mb=memory_mb) as two:
        assert one.resident == (memory_mb == 100)
        first, second = numbers(one.epoch(0)), numbers(one.epoch(1))
        assert first != second
        assert joined(first) != sorted(joined(first))
        assert numbers(two.epoch(1)) == second  # without the epoch before
    with batches(path, memory_mb=memory_mb, seed=4) as other:
        assert numbers(other.epoch(0)) != first


def test_streaming_mixes_chunks_within_a_batch(tmp_path):
    path = write(tmp_path / "images.h5", 150)
    with batches(path, 16) as source:
        chunks = [{number // 5 for number in batch} for batch in numbers(source.epoch(0))]
    assert np.mean([len(batch) for batch in chunks]) > 3


def test_streaming_reads_no_more_than_its_buffers(tmp_path, monkeypatch):
    """What is read ahead of the last batch given never exceeds the memory allowed."""
    path = write(tmp_path / "images.h5", 600)
    read = []
    plain = ImageFile.read

    def counted(self, start=0, stop=None):
        read.append(stop - start)
        return plain(self, start, stop)

    monkeypatch.setattr(ImageFile, "read", counted)
    given_out = 0
    with batches(path, 16) as source:
        for images, _ in source.epoch(0):
            given_out += len(images)
            assert sum(read) - given_out <= 69
    assert sum(read) == 600


@pytest.mark.parametrize("memory_mb", [1, 100])
def test_pass_in_file_order(tmp_path, memory_mb):
    path = write(tmp_path / "images.h5", 150)
    with batches(path, memory_mb=memory_mb) as source:
        assert joined(numbers(source.in_order())) == list(range(150))
        images = torch.cat(list(source.images_in_order()))
    assert images[:, 3, 4].int().tolist() == list(range(150))


@pytest.mark.parametrize(
    ("column", "words"), [("numbr", "no column 'numbr'"), ("name", "training takes numbers")]
)
def test_column_that_cannot_be_used(tmp_path, column, words):
    path = write(tmp_path / "images.h5", 5)
    with pytest.raises(DarkpixelError, match=words) as error:
        batches(path, columns=(column,))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
