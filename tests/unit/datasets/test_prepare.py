"""From a source to three splits: disjoint, complete, reproducible, all or none."""

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jet_splits import ABOUT, outputs
from numpy.typing import NDArray

from darkpixel.config.data import SplitSizes
from darkpixel.config.names import SPLITS
from darkpixel.datasets.splits import (
    UNUSED,
    assign_splits,
    write_splits,
)
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, Events
from darkpixel.formats.image_file import ImageFile

EXAMPLES = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def split_sizes(train: int, validation: int, test: int) -> SplitSizes:
    return SplitSizes(train=train, validation=validation, test=test)


def events(total: int, block: int = 100, pixels: int = 4) -> Events:
    """Event i has images full of i + 1 and a column that says so."""

    def blocks() -> Iterator[Block]:
        for start in range(0, total, block):
            number = np.arange(start, min(start + block, total))
            images = np.ones((1, pixels, pixels), np.float32) * (number[:, None, None] + 1)
            yield images.astype(np.float32), {"momentum": number + 0.5}

    return Events(blocks(), total)


def prepare(folder: Path, source: Events, sizes: SplitSizes, seed: int = 3) -> dict[str, Path]:
    paths = outputs(folder)
    write_splits(*source, paths, sizes=sizes, seed=seed, **ABOUT)
    return paths


@given(
    sizes=st.builds(split_sizes, st.integers(1, 50), st.integers(1, 50), st.integers(2, 50)),
    spare=st.integers(0, 30),
    seed=st.integers(0, 2**63),
)
def test_splits_have_their_sizes_and_are_drawn_by_the_seed(
    sizes: SplitSizes, spare: int, seed: int
) -> None:
    splits = assign_splits(sizes.total + spare, sizes, seed)
    assert splits.shape == (sizes.total + spare,)
    counts = [int(np.sum(splits == index)) for index in range(len(SPLITS))]
    assert counts == [sizes.train, sizes.validation, sizes.test]
    assert np.sum(splits == UNUSED) == spare
    np.testing.assert_array_equal(splits, assign_splits(sizes.total + spare, sizes, seed))


def test_splits_differ_between_seeds_and_mix_the_source() -> None:
    sizes = split_sizes(5000, 2500, 2500)
    one, other = (assign_splits(10_000, sizes, seed) for seed in (1, 2))
    assert np.mean(one == other) == pytest.approx(0.5**2 + 2 * 0.25**2, abs=0.02)
    for index, share in enumerate((0.5, 0.25, 0.25)):  # every split comes from the whole source
        where = np.flatnonzero(one == index)
        assert where.mean() == pytest.approx(5000, abs=5 * 2887 / np.sqrt(share * 10_000))


def test_the_test_events_stay_when_the_training_set_grows() -> None:
    small, large = (assign_splits(1000, split_sizes(n, 50, 100), 7) for n in (10, 800))
    for split in ("validation", "test"):
        index = SPLITS.index(split)
        np.testing.assert_array_equal(small == index, large == index)


def test_too_few_events(tmp_path: Path) -> None:
    with pytest.raises(DarkpixelError) as caught:
        prepare(tmp_path, events(99), split_sizes(50, 20, 30))
    assert "jets/signal: 99 events found, 100 needed" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@settings(EXAMPLES, max_examples=20)
@given(
    sizes=st.builds(split_sizes, st.integers(1, 90), st.integers(1, 40), st.integers(2, 40)),
    spare=st.integers(0, 30),
    block=st.integers(1, 200),
)
def test_files_are_disjoint_and_whole(
    tmp_path: Path, sizes: SplitSizes, spare: int, block: int
) -> None:
    paths = prepare(tmp_path, events(sizes.total + spare, block), sizes)
    seen: list[int] = []
    for split, path in paths.items():
        with ImageFile(path) as file:
            event = file.column("event")
            assert len(file) == getattr(sizes, split)
            assert (file.attributes["split"], file.attributes["seed"]) == (split, 3)
            assert event.dtype == np.int64
            # images, columns and event numbers stay together
            np.testing.assert_array_equal(file.read()[:, 0, 0], event + 1)
            np.testing.assert_array_equal(file.column("momentum"), event + 0.5)
            seen += event.tolist()
    assert len(set(seen)) == len(seen) == sizes.total
    assert set(seen) <= set(range(sizes.total + spare))


@pytest.mark.parametrize("block", [1, 17, 400, 10_000])
def test_same_seed_same_bytes_whatever_the_blocks(tmp_path: Path, block: int) -> None:
    sizes = split_sizes(200, 50, 100)
    reference = prepare(tmp_path / "reference", events(400), sizes)
    again = prepare(tmp_path / "again", events(400, block), sizes)
    other = prepare(tmp_path / "other", events(400, block), sizes, seed=4)
    for split in SPLITS:
        assert reference[split].read_bytes() == again[split].read_bytes()
        assert reference[split].read_bytes() != other[split].read_bytes()


def test_memory_does_not_grow_with_the_source(tmp_path: Path) -> None:
    peaks = []
    for total in (4_000, 40_000):
        tracemalloc.start()
        prepare(tmp_path, events(total, 500, pixels=16), split_sizes(total - 1000, 500, 500))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] < 40_000 * 16 * 16 * 4 / 2


def failing(total: int) -> Iterator[Block]:
    for number, block in enumerate(events(total).blocks):
        if number == 2:
            raise OSError("the source broke off")
        yield block


def negative(total: int) -> Iterator[Block]:
    for images, columns in events(total).blocks:
        yield -images, columns


@pytest.mark.parametrize(
    ("blocks", "error"),
    [
        (failing(500), "broke off"),
        (negative(500), "not negative"),
        (events(400).blocks, "400 events came from test, 500 were announced"),
        (events(600).blocks, "600 events came from test, 500 were announced"),
    ],
)
def test_failure_leaves_no_output(tmp_path: Path, blocks: Iterator[Block], error: str) -> None:
    paths = outputs(tmp_path)
    with pytest.raises((DarkpixelError, OSError), match=error):
        write_splits(blocks, 500, paths, sizes=split_sizes(200, 50, 100), seed=1, **ABOUT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("column", "error"),
    [
        (None, r"test: no column 'pressure', which the data set's key `columns` names \(found mom"),
        (np.array([1.0] * 59 + [np.nan]), r"test: pressure\[59\] is nan; a condition is a finite"),
        (np.ones((60, 2)), r"column 'pressure' has entries of type float64 and shape \(2,\)"),
        (np.array([b"high"] * 60), r"column 'pressure' has entries of type \|S4"),
    ],
)
def test_a_required_column_has_one_finite_number_an_image(
    tmp_path: Path, column: NDArray[Any] | None, error: str
) -> None:
    def blocks() -> Iterator[Block]:
        for part in (slice(0, 40), slice(40, 60)):
            columns = {"momentum": np.arange(60.0)[part]}
            if column is not None:
                columns["pressure"] = column[part]
            yield np.ones((part.stop - part.start, 4, 4), np.float32), columns

    sizes = split_sizes(30, 10, 20)
    with pytest.raises(DarkpixelError, match=error) as raised:
        write_splits(
            blocks(), 60, outputs(tmp_path), sizes=sizes, seed=1, required=["pressure"], **ABOUT
        )
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_rename_takes_back_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    calls = []

    def second_fails(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", second_fails)
    with pytest.raises(OSError, match="Input/output error"):
        prepare(tmp_path, events(400), split_sizes(200, 50, 100))
    assert list(tmp_path.iterdir()) == []


def test_blank_images_alone_are_refused(tmp_path: Path) -> None:
    images = np.zeros((20, 4, 4), np.float32)
    with pytest.raises(DarkpixelError, match=r"every pixel of .* is zero"):
        prepare(tmp_path, Events(iter([(images, {})]), 20), split_sizes(10, 5, 5))
    assert not list(tmp_path.glob("*.h5*"))
