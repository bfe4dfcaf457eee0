"""Crop, scale, species mix and splits of liquid-argon images, whatever their source."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from larcv_files import classification, segmentation, write_trees
from numpy.typing import NDArray

from darkpixel.config.data import SplitSizes
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.config.names import SPLITS
from darkpixel.datasets import lartpc as argon_images
from darkpixel.datasets.charge import charge_per_unit, unit_of
from darkpixel.datasets.lartpc import crop_events, prepare, scale_events, write_crops
from darkpixel.datasets.own_files import file_events
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block
from darkpixel.formats.crop_margin import MARGIN, MARGINS
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.initial_state import DIRECTION
from darkpixel.formats.larcv import larcv_events
from darkpixel.formats.species import SpeciesCounts
from darkpixel.simulation.argon.crop import crop_corner

SIZES = SplitSizes(train=6, validation=2, test=4)
ABOUT: dict[str, Any] = {
    "sizes": SIZES,
    "seed": 3,
    "dataset": "lartpc",
    "label": "all",
    "pixel_size": 0.5,
    "source": "test",
    "config_digest": "abc",
}
SMALL = ArgonImaging(pixels=16, minimum_filled=0.01)


def images_of(total: int, pixels: int = 48, seed: int = 1) -> NDArray[np.float32]:
    """Blobs of 36 pixels; those of even events are at the centre, the others near a corner."""
    rng = np.random.default_rng(seed)
    images = np.zeros((total, pixels, pixels), np.float32)
    for index, image in enumerate(images):
        row, column = rng.integers(pixels // 2 - 6, pixels // 2, 2) if index % 2 == 0 else (0, 1)
        image[row : row + 6, column : column + 6] = rng.uniform(5, 500, (6, 6))
    return images


def species_of(total: int) -> NDArray[np.int32]:
    """Of four successive events the central ones are e-, p and the others e-, mu-."""
    return np.array([[11, 11, 2212, 13][index % 4] for index in range(total)], np.int32)


def blocks_of(total: int, size: int = 5) -> Iterator[Block]:
    images, species = images_of(total), species_of(total)
    for start in range(0, total, size):
        part = images[start : start + size]
        labels = ((part > 0) * (1 + (part > 250))).astype(np.uint8)
        yield part, {"species": species[start : start + size], "pixel_labels": labels}


def joined(blocks: Iterator[Block]) -> Block:
    parts = list(blocks)
    names = parts[0][1].keys()
    columns = {name: np.concatenate([part[1][name] for part in parts]) for name in names}
    return np.concatenate([images for images, _ in parts]), columns


def outputs(folder: Path) -> dict[str, Path]:
    return {split: folder / f"{split}.h5" for split in SPLITS}


def test_crops_hold_the_events_around_their_centroid() -> None:
    counts = SpeciesCounts()
    images, columns = joined(crop_events(blocks_of(20), SMALL, counts, "test"))
    raw, species = images_of(20), species_of(20)
    # the event's place in the source, the refused ones counted too
    np.testing.assert_array_equal(columns["event"], np.arange(0, 20, 2))
    np.testing.assert_array_equal(columns["species"], species[::2])
    assert images.shape == (10, 16, 16)
    assert images.dtype == np.float32
    place = np.arange(48)
    for crop, labels, whole in zip(images, columns["pixel_labels"], raw[::2], strict=True):
        centre = [
            int((whole.sum(axis=axis, dtype=float) * place).sum() / whole.sum(dtype=float))
            for axis in (1, 0)
        ]
        rows, cut = (slice(middle - 8, middle + 8) for middle in centre)
        np.testing.assert_array_equal(crop, whole[rows, cut])
        np.testing.assert_array_equal(labels, (crop > 0) * (1 + (crop > 250)))
    assert counts.attributes() == {
        "drawn_11": 10,
        "drawn_13": 5,
        "drawn_2212": 5,
        "accepted_11": 5,
        "accepted_13": 0,
        "accepted_2212": 5,
    }


def test_start_points_move_with_the_crop() -> None:
    """What is drawn at the start point is at the start point of the crop, too."""

    def blocks() -> Iterator[Block]:
        for images, columns in blocks_of(20):
            start = np.array([np.unravel_index(image.argmax(), image.shape) for image in images])
            rows, cut = (start[:, axis].astype(np.float32) for axis in (0, 1))
            direction = np.full(len(images), 0.5, np.float32)
            yield (
                images,
                {**columns, "start_row": rows, "start_column": cut, "direction_row": direction},
            )

    images, columns = joined(crop_events(blocks(), SMALL, SpeciesCounts(), "test"))
    for image, row, column in zip(
        images, columns["start_row"], columns["start_column"], strict=True
    ):
        assert image[int(row), int(column)] == image.max() > 0
    assert (columns["direction_row"] == 0.5).all()
    whole = ArgonImaging(pixels=48)
    _, columns = joined(crop_events(blocks(), whole, SpeciesCounts(), "test"))
    _, raw = joined(blocks())
    np.testing.assert_array_equal(columns["start_row"], raw["start_row"])


def test_margins_are_what_lies_beyond_the_crop() -> None:
    rng = np.random.default_rng(4)
    raw = (rng.exponential(size=(30, 20, 20)) * (rng.random((30, 20, 20)) < 0.3)).astype(np.float32)
    labels = (raw > 0).astype(np.uint8) + (raw > 1)
    raw[-1] = 0
    raw[-1, 15, 9] = 1  # as far down as a crop can be: one row of the margin is outside
    block = (raw, {"pixel_labels": labels})
    imaging = ArgonImaging(pixels=8, minimum_filled=0)
    images, columns = joined(crop_events(iter([block]), imaging, SpeciesCounts(), "test"))
    wide = np.pad(raw, ((0, 0), (0, 4), (0, 4)))
    assert columns["margin"].dtype == np.float32
    assert columns["pixel_label_margin"].dtype == np.uint8
    for event, crop, margin, classes in zip(
        columns["event"], images, columns["margin"], columns["pixel_label_margin"], strict=True
    ):
        row, column = crop_corner(raw[event], 8, 0)
        expected = wide[event, row : row + 10, column : column + 10]
        np.testing.assert_array_equal(crop, expected[:8, :8])
        np.testing.assert_array_equal(margin[:20].reshape(2, 10), expected[8:])
        np.testing.assert_array_equal(margin[20:].reshape(8, 2), expected[:8, 8:])
        wide_labels = np.pad(labels[event], ((0, 4), (0, 4)))[row + 8 : row + 10]
        np.testing.assert_array_equal(
            classes[:20].reshape(2, 10), wide_labels[:, column : column + 10]
        )


def test_margins_have_the_scale_of_the_images() -> None:
    rng = np.random.default_rng(4)
    margin = rng.random((4, 36)).astype(np.float32)
    for scaling in ("fixed", "maximum"):
        raw = images_of(4)
        imaging = ArgonImaging(scaling=scaling)
        images, columns = joined(scale_events(iter([(raw, {"margin": margin})]), imaging))
        ratio = images.sum((1, 2)) / raw.sum((1, 2))
        np.testing.assert_allclose(columns["margin"], margin * ratio[:, None], rtol=1e-5)


def test_images_of_the_right_size_are_not_cropped() -> None:
    whole = ArgonImaging(pixels=48, minimum_filled=0.5)
    images, columns = joined(crop_events(blocks_of(7), whole, SpeciesCounts(), "test"))
    np.testing.assert_array_equal(images, images_of(7))
    np.testing.assert_array_equal(columns["event"], np.arange(7))
    assert not columns.keys() & set(MARGINS)


@pytest.mark.parametrize("shape", [(15, 15), (16, 32), (32, 12), (17, 17), (32, 17)])
def test_images_too_small_for_the_crop(shape: tuple[int, int]) -> None:
    blocks: Iterator[Block] = iter([(np.ones((2, *shape), np.float32), {})])
    found = rf"own\.h5: images have {shape[0]} x {shape[1]} pixels, and a crop of 16 x 16 needs 18"
    with pytest.raises(DarkpixelError, match=found):
        list(crop_events(blocks, SMALL, SpeciesCounts(), "own.h5"))


def test_fixed_scale_keeps_charges() -> None:
    imaging = ArgonImaging(scaling="fixed")
    assert unit_of(imaging) == "0.255 MeV"
    raw = images_of(4)
    images, columns = joined(scale_events(iter([(raw, {})]), imaging))
    np.testing.assert_allclose(images, raw / 255 * 10, rtol=1e-6)
    assert images.dtype == np.float32
    assert not columns
    unit = charge_per_unit({"unit": unit_of(imaging)})
    np.testing.assert_allclose(images * unit, raw * 0.01, rtol=1e-6)  # MeV


def test_maximum_scale_keeps_charges_in_a_column() -> None:
    imaging = ArgonImaging(scaling="maximum")
    raw = images_of(4)
    raw[2] = 0  # a blank image stays one
    images, columns = joined(scale_events(iter([(raw, {})]), imaging))
    np.testing.assert_allclose(images.max(axis=(1, 2)), [10, 10, 0, 10], rtol=1e-6)
    scale = columns["charge_scale"]
    assert scale.dtype == np.float32
    np.testing.assert_allclose(images * scale[:, None, None], raw * 0.01, rtol=1e-6)
    with pytest.raises(DarkpixelError, match="lartpc/all/train: attribute unit is '1/10 of the"):
        charge_per_unit(
            {"unit": unit_of(imaging), "dataset": "lartpc", "label": "all", "split": "train"}
        )


@pytest.mark.parametrize(("unit", "charge"), [("0.255 MeV", 0.255), ("MeV", 1), ("2 MeV", 2)])
def test_charge_per_unit(unit: str, charge: float) -> None:
    assert charge_per_unit({"unit": unit}) == charge


@pytest.mark.parametrize("attributes", [{"unit": "ADC"}, {"unit": "code index"}, {}])
def test_units_without_charge(attributes: dict[str, str]) -> None:
    with pytest.raises(DarkpixelError, match="no energy"):
        charge_per_unit(attributes)


@pytest.mark.parametrize("size", [1, 5, 40])
def test_splits(tmp_path: Path, size: int) -> None:
    paths = outputs(tmp_path)
    write_crops(blocks_of(28, size), SMALL, paths, **ABOUT)
    assert {path.name for path in tmp_path.iterdir()} == {"train.h5", "validation.h5", "test.h5"}
    raw, species, seen = images_of(28), species_of(28), []
    for split, path in paths.items():
        with ImageFile(path) as file:
            assert file.shape == (getattr(SIZES, split), 16, 16)
            assert set(file.columns) == {"event", "species", "pixel_labels", *MARGINS}
            event = file.column("event")
            charge = file.read().sum(axis=(1, 2)) * charge_per_unit(file.attributes)
            np.testing.assert_allclose(charge, raw[event].sum(axis=(1, 2)) / 100, rtol=1e-5)
            np.testing.assert_array_equal(file.column("species"), species[event])
            np.testing.assert_array_equal(file.column("pixel_labels") > 0, file.read() > 0)
            assert file.attributes["unit"] == "0.255 MeV"
            assert file.attributes["split"] == split
            assert file.attributes["drawn_13"] == 7
            assert file.attributes["accepted_13"] == 0
            seen += event.tolist()
    assert len(set(seen)) == len(seen) == SIZES.total


def test_same_bytes_whatever_the_blocks(tmp_path: Path) -> None:
    for name, size in (("a", 3), ("b", 28)):
        write_crops(blocks_of(28, size), SMALL, outputs(tmp_path / name), **ABOUT)
    for split in SPLITS:
        first, second = ((tmp_path / name / f"{split}.h5").read_bytes() for name in "ab")
        assert first == second


def test_counts_of_a_simulation_that_refused_events_itself(tmp_path: Path) -> None:
    drawn = {11: 30, 2212: 900}
    images, columns = joined(crop_events(blocks_of(28), SMALL, SpeciesCounts(), "test"))
    write_crops(iter([(images, columns)]), SMALL, outputs(tmp_path), drawn=drawn, **ABOUT)
    with ImageFile(tmp_path / "train.h5") as file:
        found = {name: value for name, value in file.attributes.items() if "_" in name}
        counts = {name: found[name] for name in found if name.startswith(("drawn", "accepted"))}
    assert counts == {"drawn_11": 30, "drawn_2212": 900, "accepted_11": 7, "accepted_2212": 7}


def breaking(total: int) -> Iterator[Block]:
    yield from blocks_of(total)
    raise OSError("the source broke off")


def repeated(total: int) -> Iterator[Block]:
    for images, columns in blocks_of(total):
        yield images, {**columns, "event": np.arange(len(images))}


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        (
            blocks_of(20),
            ["lartpc/all: 10 events of test pass the crop", "5 of 10 of 11", "12 needed"],
        ),
        (iter([]), ["0 events", "12 needed"]),
        (repeated(60), ["event 0 occurs"]),
        (breaking(60), ["broke off"]),
    ],
)
def test_failure_leaves_nothing(tmp_path: Path, blocks: Iterator[Block], words: list[str]) -> None:
    with pytest.raises((DarkpixelError, OSError)) as caught:
        write_crops(blocks, SMALL, outputs(tmp_path), **ABOUT)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pixels", [16, 48])
def test_users_own_images_are_not_scaled(tmp_path: Path, pixels: int) -> None:
    raw = images_of(28)
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["images"] = raw
        file["moments"] = raw[:, 0, :3]  # several numbers per event
    imaging = ArgonImaging(pixels=pixels)
    paths = outputs(tmp_path / "out")
    source = file_events(tmp_path / "own.h5").blocks
    write_crops(source, imaging, paths, unit="mV", **ABOUT)
    with ImageFile(paths["train"]) as file:
        event = file.column("event")
        assert file.shape == (6, pixels, pixels)
        np.testing.assert_array_equal(file.read().max(axis=(1, 2)), raw[event].max(axis=(1, 2)))
        np.testing.assert_array_equal(file.column("moments"), raw[event][:, 0, :3])
        assert file.attributes["unit"] == "mV"
        assert not [name for name in file.attributes if name.startswith(("drawn", "accepted"))]
        assert event.tolist() == sorted(event.tolist())
        assert (pixels == 48) == any(number % 2 for number in event.tolist())


def test_larcv_files_to_splits(tmp_path: Path) -> None:
    path = write_trees(tmp_path / "a.root", classification(12))
    paths = outputs(tmp_path / "particles")
    write_crops(larcv_events([path], "zx"), ArgonImaging(), paths, **ABOUT)
    expected, columns = joined(larcv_events([path], "zx"))
    with ImageFile(paths["train"]) as file:
        event = file.column("event")
        assert file.shape == (6, 64, 64)
        assert set(file.columns) == {"event", "species", "momentum", MARGIN, *DIRECTION}
        np.testing.assert_array_equal(file.column("momentum"), columns["momentum"][event])
        # the crop takes a part of the charge: the pixels of test events spread over 70 x 70
        charge = file.read().sum(axis=(1, 2)) * 25.5
        assert (charge < 1.001 * expected[event].sum(axis=(1, 2))).all()
        assert (charge > 0.5 * expected[event].sum(axis=(1, 2))).all()

    path = write_trees(tmp_path / "b.root", segmentation(12))
    paths = outputs(tmp_path / "vertices")
    write_crops(larcv_events([path], "zx"), ArgonImaging(pixels=256), paths, **ABOUT)
    expected, columns = joined(larcv_events([path], "zx"))
    with ImageFile(paths["test"]) as file:
        event = file.column("event")
        np.testing.assert_allclose(file.read() * 25.5, expected[event], rtol=1e-6)
        np.testing.assert_array_equal(file.column("pixel_labels"), columns["pixel_labels"][event])
        np.testing.assert_array_equal(file.column("particles"), columns["particles"][event])


def test_memory_does_not_grow_with_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(argon_images, "_CHUNKS", 1)
    part = next(blocks_of(256, 256))
    imaging = ArgonImaging(pixels=32)
    peaks = []
    for repeats in (8, 40):
        blocks = iter([part] * repeats)
        sizes = SplitSizes(train=128 * repeats - 20, validation=10, test=10)
        tracemalloc.start()
        write_crops(blocks, imaging, outputs(tmp_path), **{**ABOUT, "sizes": sizes})
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] < 40 * 128 * 32 * 32 * 4


def test_the_source_decides_how_events_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_trees(tmp_path / "public.root", classification(12))
    about = {name: ABOUT[name] for name in ("sizes", "seed", "dataset", "label", "config_digest")}
    for source in ("download", "file"):  # a user's LArCV file is read like the public ones
        paths = outputs(tmp_path / source)
        prepare(source, [path], paths, imaging=ArgonImaging(), pixel_size=9.0, **about)
        with ImageFile(paths["train"]) as file:
            assert file.attributes["pixel_size"] == 0.5
            assert (file.attributes["unit"], file.attributes["source"]) == ("0.255 MeV", "public")
    with h5py.File(tmp_path / "own.h5", "w") as file:
        file["images"] = images_of(28)
    paths = outputs(tmp_path / "own")
    prepare("file", [tmp_path / "own.h5"], paths, imaging=SMALL, pixel_size=9.0, **about)
    assert "no attribute unit" in caplog.text
    with ImageFile(paths["train"]) as file:
        assert file.attributes["pixel_size"] == 9.0
        assert file.attributes["unit"] == "0.255 MeV"
