"""A turned image is the image of the turned event, crop, columns and all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.lartpc import crop_events
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block
from darkpixel.formats.crop_margin import MARGINS, size_of_margin
from darkpixel.formats.species import SpeciesCounts
from darkpixel.training.feed import ImageBatches
from darkpixel.training.symmetries import SYMMETRIES, columns_needed, turned

SIDE, CROP = 40, 16
INITIAL = ("start_row", "start_column", "direction_row", "direction_column", "direction_depth")


def events(count: int = 60) -> Block:
    """Raw images whose start pixel, on a direction of its own, is the brightest."""
    rng = np.random.default_rng(5)
    images = np.zeros((count, SIDE, SIDE), np.float32)
    place = rng.integers(15, 25, (count, 2))
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    for image, (row, column), (down, right, _) in zip(images, place, direction, strict=True):
        for step in range(12):
            spot = round(row + step * down), round(column + step * right)
            image[spot] += rng.uniform(1, 2)
        image += (rng.random(image.shape) < 0.03) * rng.random(image.shape)
        image[row, column] = 9
    values = [place[:, 0], place[:, 1], *direction.T]
    columns = {k: v.astype(np.float32) for k, v in zip(INITIAL, values, strict=True)}
    labels = (images > 0).astype(np.uint8) + (images > 1)
    return images, {**columns, "pixel_labels": labels}


def by_hand(block: Block, symmetry: int) -> Block:
    """The events in another frame: mirrored rows, mirrored columns, then both swapped."""
    images, columns = block
    columns = dict(columns)
    for bit, axis, name in ((1, 1, "row"), (2, 2, "column")):
        if symmetry & bit:
            images = np.flip(images, axis)
            columns["pixel_labels"] = np.flip(columns["pixel_labels"], axis)
            columns[f"start_{name}"] = SIDE - 1 - columns[f"start_{name}"]
            columns[f"direction_{name}"] = -columns[f"direction_{name}"]
    if symmetry & 4:
        images = images.transpose(0, 2, 1)
        columns["pixel_labels"] = columns["pixel_labels"].transpose(0, 2, 1)
        for kind in ("start", "direction"):
            row, column = columns[f"{kind}_row"], columns[f"{kind}_column"]
            columns[f"{kind}_row"], columns[f"{kind}_column"] = column, row
    return np.ascontiguousarray(images), columns


def cropped(block: Block, side: int = CROP) -> Block:
    images, columns = next(
        crop_events(iter([block]), ArgonImaging(pixels=side), SpeciesCounts(), "test")
    )
    return images, columns


def tensors(block: Block) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    images, columns = block
    return torch.from_numpy(images), {k: torch.from_numpy(v) for k, v in columns.items()}


@pytest.mark.parametrize("side", [CROP, SIDE], ids=["cropped", "whole"])
@pytest.mark.parametrize("symmetry", range(8))
def test_turning_the_crop_is_cropping_the_turned_event(symmetry: int, side: int) -> None:
    before, expected = cropped(events(), side), cropped(by_hand(events(), symmetry), side)
    same = np.isin(before[1]["event"], expected[1]["event"])
    assert same.sum() > 50
    images, columns = turned(*tensors(before), np.full(len(before[0]), symmetry))
    np.testing.assert_array_equal(images.numpy()[same], expected[0])
    for name in (*INITIAL, "pixel_labels"):
        np.testing.assert_allclose(columns[name].numpy()[same], expected[1][name], atol=1e-5)
    assert not columns.keys() & set(MARGINS)


def test_a_mirrored_crop_without_its_margin_is_another_image() -> None:
    """The control of the test above: the crop's centre is not that of its mirror image."""
    before, expected = cropped(events()), cropped(by_hand(events(), 1))
    kept = np.isin(before[1]["event"], expected[1]["event"])
    assert not any(
        np.array_equal(image[::-1], other)
        for image, other in zip(before[0][kept], expected[0], strict=True)
    )


@pytest.mark.parametrize("name", SYMMETRIES)
def test_the_symmetries_of_a_name_are_a_group(name: Any) -> None:
    """Two after one another are a third, and each has one that undoes it."""
    picture = torch.arange(9.0).view(1, 3, 3)
    made = {symmetry: turned(picture, {}, np.array([symmetry]))[0] for symmetry in SYMMETRIES[name]}
    assert len({tuple(image.flatten().tolist()) for image in made.values()}) == len(made)
    for one in made.values():
        for symmetry in made:
            twice, _ = turned(one, {}, np.array([symmetry]))
            assert any(torch.equal(twice, image) for image in made.values())


def test_each_image_has_its_own_symmetry() -> None:
    images, columns = tensors(cropped(events()))
    symmetries = np.arange(len(images)) % 8
    whole, others = turned(images, columns, symmetries)
    for index in range(16):
        part = {k: v[index : index + 1] for k, v in columns.items()}
        one, its = turned(images[index : index + 1], part, symmetries[index : index + 1])
        assert torch.equal(one[0], whole[index])
        assert torch.equal(its["start_row"][0], others["start_row"][index])


def test_the_pseudorapidity_of_a_muon_changes_sign_with_left_and_right() -> None:
    eta = torch.tensor([1.0, 1.0, 1.0, 1.0])
    _, columns = turned(torch.zeros(4, 2, 2), {"muon_eta": eta}, np.arange(4))
    assert columns["muon_eta"].tolist() == [1, 1, -1, -1]


def test_columns_that_turn_into_each_other_are_read_together() -> None:
    assert set(columns_needed(["start_row"], ["margin"])) == {"start_row", "start_column", "margin"}
    assert columns_needed(["momentum"], []) == ("momentum",)
    labels = columns_needed(["pixel_labels"], ["margin", "pixel_label_margin"])
    assert set(labels) == {"pixel_labels", "margin", "pixel_label_margin"}


# --- the feed


def write(path: Path, block: Block, **replaced: NDArray[Any]) -> Path:
    images, columns = block
    with h5py.File(path, "w") as file:
        file["images"] = images
        for name, values in {**columns, **replaced}.items():
            file[name] = values
    return path


def feed(path: Path, memory_mb: int = 100, **options: Any) -> ImageBatches:
    chosen = {"symmetries": "square", "columns": ("event", "start_row"), **options}
    return ImageBatches(path, 16, device="cpu", memory_mb=memory_mb, seed=3, **chosen)


def seen(batches: Iterator[Any]) -> list[tuple[int, bytes, float]]:
    return [
        (int(event), image.numpy().tobytes(), float(row))
        for images, columns in batches
        for event, image, row in zip(columns["event"], images, columns["start_row"], strict=True)
    ]


def test_each_epoch_turns_the_images_anew(tmp_path: Path) -> None:
    block = cropped(events())
    path = write(tmp_path / "a.h5", block)
    possible: dict[int, set[tuple[bytes, float]]] = {
        int(event): set() for event in block[1]["event"]
    }
    for symmetry in range(8):
        images, columns = turned(*tensors(block), np.full(len(block[0]), symmetry))
        for event, image, row in zip(columns["event"], images, columns["start_row"], strict=True):
            possible[int(event)].add((image.numpy().tobytes(), float(row)))
    found: dict[int, set[tuple[bytes, float]]] = {event: set() for event in possible}
    with feed(path) as batches:
        for epoch in range(40):
            images_of_epoch = seen(batches.epoch(epoch))
            assert sorted(event for event, _, _ in images_of_epoch) == sorted(possible)
            for event, image, row in images_of_epoch:
                found[event].add((image, row))
    assert all(found[event] <= possible[event] for event in possible)
    share = sum(map(len, found.values())) / sum(map(len, possible.values()))
    assert share > 0.95  # 40 draws of eight: each is missed once in 200


def test_turns_do_not_depend_on_where_an_epoch_begins(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", cropped(events()))
    with feed(path) as batches:
        whole = seen(batches.epoch(2))
        assert seen(batches.epoch(2, 2)) == whole[32:]
        assert set(batches.epoch(0).__next__()[1]) == {"event", "start_row"}


def test_what_is_read_in_order_is_not_turned(tmp_path: Path) -> None:
    block = cropped(events())
    with feed(write(tmp_path / "a.h5", block)) as batches:
        images, columns = zip(*batches.in_order(), strict=True)
        np.testing.assert_array_equal(torch.cat(images), block[0])
        assert all(set(part) == {"event", "start_row"} for part in columns)


def test_streamed_images_are_turned_too(tmp_path: Path) -> None:
    images = np.zeros((300, 32, 32), np.float32)
    images[:, 3, 5] = np.arange(1, 301)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("images", data=images, chunks=(10, 32, 32))
    with feed(path, memory_mb=1, columns=()) as batches:
        assert not batches.resident
        places = [
            tuple(np.argwhere(image.numpy())[0])
            for images, _ in batches.epoch(0)
            for image in images
        ]
    ways = [(row, column) for row in (3, 28) for column in (5, 26)]
    corners = {*ways, *((column, row) for row, column in ways)}
    assert set(places) == corners
    assert min(places.count(place) for place in corners) > 300 / 8 - 4 * (300 * 7 / 64) ** 0.5


def test_rows_and_columns_of_oblongs_are_not_swapped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", (np.ones((4, 3, 5), np.float32), {}))
    with pytest.raises(
        DarkpixelError, match=r"a\.h5: images of 3x5 pixels, whose rows and columns"
    ):
        feed(path, columns=())
    with feed(path, columns=(), symmetries="mirrors") as batches:
        assert next(batches.epoch(0))[0].shape == (4, 3, 5)


def test_a_margin_of_another_crop_is_refused(tmp_path: Path) -> None:
    block = cropped(events())
    wrong = np.zeros((len(block[0]), size_of_margin(CROP) + 1), np.float32)
    path = write(tmp_path / "a.h5", block, margin=wrong)
    with pytest.raises(DarkpixelError, match="column 'margin' has entries of shape"):
        feed(path)
