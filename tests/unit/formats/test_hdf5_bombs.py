"""Small files that declare or hold much, and links to what is no file: refused, cheaply."""

import os
import signal
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from bounded import bounded

from darkpixel.errors import DarkpixelError
from darkpixel.formats import hdf5_probe
from darkpixel.formats.image_file import ImageFile

ROOM = 100.0
"""MiB, of a file that is refused."""
IMAGES = np.ones((6, 4, 4), np.float32)


@pytest.fixture(autouse=True)
def no_endless_wait() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def zeros(mebibytes: int, first: bytes = b"") -> bytes:
    """That much of zeros as gzip writes them, in a thousandth of the space."""
    stream = zlib.compressobj(9)
    pieces = [stream.compress(first), *(stream.compress(bytes(2**20)) for _ in range(mebibytes))]
    return b"".join(pieces) + stream.flush()


def inflates(file: h5py.File) -> None:
    data = file.create_dataset("images", (8, 4, 4), "f4", chunks=(8, 4, 4), compression="gzip")
    data.id.write_direct_chunk((0, 0, 0), zeros(256))


def inflates_late(file: h5py.File) -> None:
    """No more is stored than the chunk may have, and what comes first cannot be compressed."""
    shape = (2048, 32, 32)
    data = file.create_dataset("images", shape, "f4", chunks=shape, compression="gzip")
    data.id.write_direct_chunk((0, 0, 0), zeros(256, np.random.default_rng(0).bytes(2**21)))


def large_chunk(file: h5py.File) -> None:
    shape = (2**12, 128, 128)
    data = file.create_dataset("images", shape, "f4", chunks=shape, compression="gzip")
    data.id.write_direct_chunk((0, 0, 0), zeros(256))


def compressed_twice(file: h5py.File) -> None:
    created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    created.set_chunk((6, 4, 4))
    created.set_deflate(9)
    created.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    space = h5py.h5s.create_simple((6, 4, 4))
    data = h5py.h5d.create(file.id, b"images", h5py.h5t.NATIVE_FLOAT, space, created)
    h5py.Dataset(data)[:] = IMAGES


def wide_column(file: h5py.File) -> None:
    file["images"] = IMAGES
    file.create_dataset("wide", (6, 2**24), "f4", chunks=(1, 2**24), compression="gzip")
    for number in range(6):
        file["wide"].id.write_direct_chunk((number, 0), zeros(64))


def many_columns(file: h5py.File) -> None:
    file["images"] = IMAGES
    for number in range(20):
        file[f"column{number}"] = np.ones((6, 1024), np.float32)


def long_list(file: h5py.File) -> None:
    count, chunk = 2**30, 2**24
    file.create_dataset("images", (count, 1, 1), "u1", chunks=(2**26, 1, 1), compression="gzip")
    file.create_dataset("event", (count,), "i8", chunks=(chunk,), compression="gzip")
    pixels, numbers = zeros(64), zeros(128)
    for at in range(0, count, 2**26):
        file["images"].id.write_direct_chunk((at, 0, 0), pixels)
    for at in range(0, count, chunk):
        file["event"].id.write_direct_chunk((at,), numbers)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (inflates, "a chunk of images is declared to hold 512 bytes, but holds more"),
        (inflates_late, "a chunk of images is declared to hold 8388608 bytes, but holds more"),
        (large_chunk, "images is stored in chunks of 256 MiB"),
        (compressed_twice, "images is compressed more than once"),
        (wide_column, "most of them wide (67108864); 65536 at most are read"),
        (many_columns, "the columns have 81920 bytes an image"),
        (long_list, "event has 1073741824 entries, 8 GiB, and is read whole"),
    ],
)
def test_a_bomb_is_refused_in_little_memory(
    tmp_path: Path, write: Callable[[h5py.File], None], words: str
) -> None:
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        write(file)
    assert path.stat().st_size < 2**24
    end = bounded(lambda: ImageFile(path).batches().__next__())
    assert end.message is not None
    assert words in end.message
    assert str(path) in end.message
    assert end.message.isprintable()
    assert end.mebibytes < ROOM


def test_what_is_allowed_is_read_in_blocks(tmp_path: Path) -> None:
    """4 GiB of pixels in chunks of 64 MiB: no more than a few of them are in memory at once."""
    path, shape = tmp_path / "large.h5", (1024, 1024, 1024)
    with h5py.File(path, "w") as file:
        chunks = (16, *shape[1:])
        images = file.create_dataset("images", shape, "f4", chunks=chunks, compression="gzip")
        stored = zeros(64)
        for at in range(0, shape[0], 16):
            images.id.write_direct_chunk((at, 0, 0), stored)

    def read() -> None:
        with ImageFile(path) as file:
            for number, batch in enumerate(file.batches()):
                assert not batch["images"].any()
                if number == 2:
                    return

    end = bounded(read)
    assert end.message is None
    assert 100 < end.mebibytes < 800


def linked_to(path: Path, target: str) -> Path:
    with h5py.File(path, "w") as file:
        file["images"] = h5py.ExternalLink(target, "/images")
    return path


def deep(path: Path, target: str) -> Path:
    """The link stands in a group, and a link within the file leads to it."""
    with h5py.File(path, "w") as file:
        file["a/b/c/d"] = h5py.ExternalLink(target, "/images")
        file["images"] = h5py.SoftLink("/a/b/c/d")
    return path


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "there")


@pytest.mark.parametrize("link", [linked_to, deep])
@pytest.mark.parametrize(
    "make", [fifo, lambda folder: (folder / "there").mkdir(),
             lambda folder: (folder / "there").symlink_to("/dev/zero")],
    ids=["named pipe", "folder", "device"],
)  # fmt: skip
def test_a_link_leads_to_a_plain_file(
    tmp_path: Path, link: Callable[[Path, str], Path], make: Callable[[Path], None]
) -> None:
    make(tmp_path)
    path = link(tmp_path / "own.h5", "there")
    with pytest.raises(DarkpixelError, match="which is not a plain file") as error:
        ImageFile(path)
    assert str(path) in str(error.value)


def test_a_chain_of_links_is_looked_at_to_its_end(tmp_path: Path) -> None:
    fifo(tmp_path)
    linked_to(tmp_path / "second.h5", "there")
    path = linked_to(tmp_path / "first.h5", "second.h5")
    with pytest.raises(DarkpixelError, match="not a plain file") as error:
        ImageFile(path)
    assert str(path) in str(error.value)
    assert "second.h5" in str(error.value)


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    linked_to(tmp_path / "second.h5", "first.h5")
    path = linked_to(tmp_path / "first.h5", "second.h5")
    with pytest.raises(DarkpixelError, match="images"):
        ImageFile(path)


def test_a_linked_file_that_crashes_the_library_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = hdf5_probe._read

    def crash(path: Path, *rest: object) -> None:
        if path.name == "bad.h5":
            signal.signal(signal.SIGSEGV, signal.SIG_DFL)  # pytest would print where it was
            os.kill(os.getpid(), signal.SIGSEGV)
        read(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(hdf5_probe, "_read", crash)
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        file["images"] = IMAGES
    path = linked_to(tmp_path / "own.h5", "bad.h5")
    with pytest.raises(DarkpixelError, match=r"bad.h5 \(linked to by .*own.h5\): .*SIGSEGV"):
        ImageFile(path)


def test_a_linked_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    target = tmp_path / "other.h5"
    with h5py.File(target, "w") as file:
        file["images"] = IMAGES
    path = linked_to(tmp_path / "own.h5", "other.h5")
    with ImageFile(path) as images:
        assert len(images) == len(IMAGES)
    target.unlink()
    os.mkfifo(target)
    with pytest.raises(DarkpixelError, match="not a plain file"):
        ImageFile(path)


def test_images_put_together_from_themselves_are_refused(tmp_path: Path) -> None:
    for own, other in (("a.h5", "b.h5"), ("b.h5", "a.h5")):
        with h5py.File(tmp_path / own, "w") as file:
            layout = h5py.VirtualLayout(IMAGES.shape, "f4")
            layout[:] = h5py.VirtualSource(other, "images", IMAGES.shape)
            file.create_virtual_dataset("images", layout)
    with pytest.raises(DarkpixelError, match="put together from itself"):
        ImageFile(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("trap", "words"),
    [(False, "as many files as there are"), (True, "busy for more than 1 s")],
)
def test_images_of_as_many_files_as_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trap: bool, words: str
) -> None:
    path = tmp_path / "own.h5"
    with h5py.File(path, "w", libver="latest") as file:
        space = h5py.h5s.create_simple((0, 4, 4), (h5py.h5s.UNLIMITED, 4, 4))
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        source = h5py.h5s.create_simple((1, 4, 4))
        many = (h5py.h5s.UNLIMITED, 1, 1)
        space.select_hyperslab((0, 0, 0), many, stride=(1, 1, 1), block=(1, 4, 4))
        created.set_virtual(space, b"%b.h5", b"images", source)
        space.select_all()
        h5py.h5d.create(file.id, b"images", h5py.h5t.NATIVE_FLOAT, space, created)
    if trap:
        os.mkfifo(tmp_path / "0.h5")
    else:
        with h5py.File(tmp_path / "0.h5", "w") as file:
            file["images"] = IMAGES[:1]
    monkeypatch.setattr(hdf5_probe, "SECONDS", 1.0)
    with pytest.raises(DarkpixelError, match=words):
        ImageFile(path)
