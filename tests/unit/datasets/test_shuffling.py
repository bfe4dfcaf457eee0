"""No number may depend on the order of a file: images of files are shuffled, in bounded memory."""

import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jet_splits import ABOUT, outputs
from numpy.typing import NDArray

from darkpixel.config.data import SplitSizes
from darkpixel.datasets.own_files import file_events
from darkpixel.datasets.shuffling import Shuffle
from darkpixel.datasets.splits import write_splits
from darkpixel.formats.blocks import Block
from darkpixel.formats.image_file import ImageFile, ImageWriter

NEW_FILE = partial(
    ImageWriter, height=4, width=4, split="test", seed=1, columns={"number": np.int64}, **ABOUT
)
BYTES = 4 * 4 * 4 + 8


def numbered_blocks(count: int, size: int) -> Iterator[Block]:
    """Image i is full of i, and its column says so."""
    for start in range(0, count, size):
        number = np.arange(start, min(start + size, count))
        yield np.ones((len(number), 4, 4), np.float32) * number[:, None, None], {"number": number}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    count=st.integers(1, 300),
    size=st.integers(1, 90),
    held=st.integers(1, 100),
    seed=st.integers(0, 9),
)
def test_images_go_to_their_places_whatever_fits_in_memory(
    tmp_path: Path, count: int, size: int, held: int, seed: int
) -> None:
    """Also where windows of places have to be divided again: `held` images fit."""
    places = np.random.default_rng(seed).permutation(count)
    with Shuffle(places, BYTES, NEW_FILE, tmp_path / "work", memory=held * BYTES) as shuffle:
        for block in numbered_blocks(count, size):
            shuffle.add(block)
        given = [(images.copy(), columns["number"]) for images, columns in shuffle.blocks()]
    number = np.concatenate([column for _, column in given])
    assert np.array_equal(number, np.argsort(places))
    assert np.array_equal(np.concatenate([images for images, _ in given])[:, 0, 0], number)
    assert not list(tmp_path.rglob("*.h5"))


def test_memory_does_not_grow_with_the_images(tmp_path: Path) -> None:
    new_file = partial(NEW_FILE, height=64, width=64)
    peaks = []
    for count in (4_000, 12_000):
        tracemalloc.start()
        places = np.random.default_rng(1).permutation(count)
        with Shuffle(places, 2**14, new_file, tmp_path, memory=2**21) as shuffle:
            for images, columns in numbered_blocks(count, 100):
                shuffle.add((images.repeat(16, 1).repeat(16, 2), columns))
            assert sum(len(images) for images, _ in shuffle.blocks()) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] < 12_000 * 2**14 / 2, peaks


SIZES = SplitSizes(train=1200, validation=300, test=400)


def sorted_file(path: Path) -> Path:
    """Images in the order of their sums, with columns that say so."""
    with h5py.File(path, "w") as file:
        file["images"] = (
            np.arange(1, 2001, dtype=np.float32)[:, None, None].repeat(16, 1).reshape(2000, 4, 4)
        )
        file["event"] = np.arange(5000, 7000)
        file["momentum"] = np.arange(2000) / 2
    return path


@pytest.mark.parametrize("memory", [2**27, 20_000])
def test_splits_of_a_sorted_file_are_in_random_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    """Its first images are like the others, and columns and event numbers stay with them."""
    monkeypatch.setattr(Shuffle.__init__, "__defaults__", (memory,))
    source, paths = sorted_file(tmp_path / "mine.h5"), outputs(tmp_path / "out")
    write_splits(*file_events(source), paths, sizes=SIZES, seed=5, shuffled=True, **ABOUT)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in paths.values()
    }
    seen: list[int] = []
    for split, path in paths.items():
        with ImageFile(path) as file:
            number = file.read()[:, 0, 0].astype(int) - 1
            assert len(number) == getattr(SIZES, split)
            assert np.array_equal(file.column("event"), number)
            assert np.array_equal(file.column("source_event"), number + 5000)
            assert np.array_equal(file.column("momentum"), number / 2)
        half = len(number) // 2
        # Two disjoint halves of one distribution; sorted, they would be 1,000 apart.
        apart = abs(number[:half].mean() - number[half:].mean())
        assert apart < 4.5 * 577 * np.sqrt(2 / half)
        assert abs(np.corrcoef(number, np.arange(len(number)))[0, 1]) < 4.5 / np.sqrt(len(number))
        seen += number.tolist()
    assert len(set(seen)) == len(seen) == SIZES.total


def test_a_source_may_begin_with_an_empty_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a UCI file whose first images have no weight: memory is bounded all the same."""
    used: list[int] = []
    real = Shuffle.__init__

    def watched(self: Shuffle, places: NDArray[np.int64], size: int, *others: Any) -> None:
        used.append(size)
        real(self, places, size, *others)

    monkeypatch.setattr(Shuffle, "__init__", watched)

    def blocks() -> Iterator[Block]:
        yield np.ones((0, 4, 4), np.float32), {"weight": np.ones((0, 3), np.float32)}
        yield (
            np.arange(640, dtype=np.float32).reshape(40, 4, 4),
            {"weight": np.ones((40, 3), np.float32)},
        )

    sizes = SplitSizes(train=20, validation=10, test=10)
    write_splits(blocks(), 40, outputs(tmp_path), sizes=sizes, seed=5, shuffled=True, **ABOUT)
    assert used == [4 * 4 * 4 + 3 * 4 + 8] * 3  # the event's number is the 8


def test_the_order_is_that_of_the_seed_whatever_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, made = sorted_file(tmp_path / "mine.h5"), []
    for name, seed, memory in (("a", 5, 2**27), ("b", 5, 30_000), ("c", 6, 2**27)):
        monkeypatch.setattr(Shuffle.__init__, "__defaults__", (memory,))
        paths = outputs(tmp_path / name)
        write_splits(*file_events(source), paths, sizes=SIZES, seed=seed, shuffled=True, **ABOUT)
        made.append([path.read_bytes() for path in paths.values()])
    assert made[0] == made[1]
    assert all(one != other for one, other in zip(made[0], made[2], strict=True))


def test_a_source_that_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shuffle.__init__, "__defaults__", (20_000,))
    code = f"""
from pathlib import Path
from darkpixel.formats.writers import temporary_folder_beside
(temporary_folder_beside(Path({str(outputs(tmp_path)["train"])!r})) / "17.0.h5").write_text("half")
"""
    subprocess.run([sys.executable, "-c", code], check=True)  # as of a job that was killed
    assert len(list(tmp_path.iterdir())) == 1

    def breaking() -> Iterator[Block]:
        for number, block in enumerate(numbered_blocks(2000, 100)):
            if number == 12:
                raise OSError("the source broke off")
            yield block

    with pytest.raises(OSError, match="broke off"):
        write_splits(
            breaking(), 2000, outputs(tmp_path), sizes=SIZES, seed=5, shuffled=True, **ABOUT
        )
    assert list(tmp_path.iterdir()) == []
