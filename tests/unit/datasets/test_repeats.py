"""Copies of one event: counted, named, and never in two splits."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jet_splits import outputs
from larcv_files import classification, write_trees

from darkpixel.config.data import SplitSizes
from darkpixel.config.jets import JetImaging
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.config.muons import MuonImaging
from darkpixel.config.names import SPLITS
from darkpixel.datasets import jets, lartpc, muons
from darkpixel.datasets.lagan_jets import COLUMNS
from darkpixel.datasets.repeats import Repeats
from darkpixel.datasets.splits import UNUSED, assign_splits
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile


def images_of(count: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    pixels = random.exponential(20, (count, 8, 8)) * (random.random((count, 8, 8)) < 0.3)
    return pixels.astype(np.float32)


@given(
    sizes=st.builds(
        lambda train, validation, test: SplitSizes(train=train, validation=validation, test=test),
        *(st.integers(1, 40), st.integers(1, 20), st.integers(2, 20)),
    ),
    groups=st.lists(st.integers(1, 4), min_size=120, max_size=120),
    seed=st.integers(0, 99),
)
def test_no_group_is_in_two_splits(sizes: SplitSizes, groups: list[int], seed: int) -> None:
    members = np.random.default_rng(seed).permutation(np.repeat(np.arange(120), groups))
    # The number of a group is that of its first event.
    group = np.array([np.flatnonzero(members == one)[0] for one in members])
    splits = assign_splits(len(group), sizes, seed, groups=group)
    for index, split in enumerate(SPLITS):
        assert np.sum(splits == index) == getattr(sizes, split)
        assert not set(group[splits == index]) & set(group[(splits != index) & (splits != UNUSED)])


def test_without_copies_the_splits_are_what_they_were() -> None:
    sizes = SplitSizes(train=50, validation=20, test=20)
    alone = assign_splits(100, sizes, 3, groups=np.arange(100))
    assert np.array_equal(alone, assign_splits(100, sizes, 3))


def test_too_few_events_but_for_copies() -> None:
    sizes = SplitSizes(train=5, validation=1, test=4)
    groups = np.repeat(np.arange(0, 10, 2), 2)
    with pytest.raises(DarkpixelError, match="mine: 10 events found, 10 needed, and some repeat"):
        assign_splits(10, sizes, 1, "mine", groups)


def test_copies_are_found_by_their_pixels(caplog: pytest.LogCaptureFixture) -> None:
    """Blank images, and images of hits alone, are equal by chance."""
    images = images_of(50)
    images[:8] = 0
    images[4:8, 3] = 1
    images[31], images[47] = images[30], images[30]
    repeats = Repeats()
    for part in np.array_split(images, 7):
        repeats.see(part)
    groups = repeats.groups("mine.h5")
    assert groups is not None
    expected = np.arange(50)
    expected[[31, 47]] = 30
    assert np.array_equal(groups, expected)
    assert "mine.h5: 2 of 50 events have the pixels of an earlier one (31 is 30, 47 is 30)" in (
        caplog.text
    )
    unlike = Repeats()
    unlike.see(images[:30])
    assert unlike.groups("mine.h5") is None


def images_in_two_splits(paths: dict[str, Path]) -> int:
    seen = []
    for path in paths.values():
        with ImageFile(path) as file:
            seen.append({image.tobytes() for image in file.read()})
    return len(seen[0] & seen[1]) + len(seen[0] & seen[2]) + len(seen[1] & seen[2])


def write_twice(file: h5py.File, own: str) -> None:
    """The same 20 images twice: one after the other, as all layouts but UCI's have them."""
    if own == "lagan.h5":
        images = np.zeros((40, 25, 25))
        images[:, :8, :8] = np.concatenate([images_of(20)] * 2)
        file["image"], file["signal"] = images, np.ones(40)
        for name in COLUMNS:
            file[name] = np.arange(40.0)
    elif own == "uci.h5":
        for part in ("train", "test"):
            file[f"low/{part}"] = images_of(20)
    else:
        file["images"] = np.concatenate([images_of(20)] * 2)


@pytest.mark.parametrize("own", ["jets.h5", "lagan.h5", "uci.h5", "argon.h5", "argon.root"])
def test_a_file_merged_with_itself_has_no_test_image_in_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, own: str
) -> None:
    path, paths = tmp_path / own, outputs(tmp_path / "out")
    if path.suffix == ".root":
        trees = classification(20)
        doubled = {tree: {name: v + v for name, v in b.items()} for tree, b in trees.items()}
        write_trees(path, doubled)
    else:
        with h5py.File(path, "w") as file:
            write_twice(file, own)
    sizes = SplitSizes(train=16, validation=6, test=8)
    if own == "uci.h5":
        muons.prepare(
            "file", [path], paths, label="signal", imaging=MuonImaging(), sizes=sizes, seed=2,
            config_digest="x",
        )  # fmt: skip
    elif own in ("jets.h5", "lagan.h5"):
        jets.prepare(
            "file" if own == "jets.h5" else "download", [path], paths, label="signal",
            imaging=JetImaging(), sizes=sizes, seed=2, config_digest="x",
        )  # fmt: skip
    else:
        lartpc.prepare(
            "file", [path], paths, dataset="lartpc", label="all", sizes=sizes, seed=2,
            imaging=ArgonImaging(pixels=8 if path.suffix == ".h5" else 64), pixel_size=0.5,
            config_digest="x",
        )  # fmt: skip
    assert images_in_two_splits(paths) == 0
    assert "20 of 40 events have the pixels of an earlier one (20 is 0, 21 is 1," in caplog.text
