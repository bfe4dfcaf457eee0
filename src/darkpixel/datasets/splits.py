"""From a source's events to the image files of the three splits, in one streaming pass.

Every source offers `Events`: blocks of images with their columns, in a fixed order. Which event
goes to which split, and to which place in it, depends on the number of events, the sizes and the
seed alone.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.data import SplitSizes
from darkpixel.config.names import SPLITS
from darkpixel.datasets.shuffling import NewFile, Shuffle
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, Events, column_types
from darkpixel.formats.files import folder_beside
from darkpixel.formats.image_format import bad_value
from darkpixel.formats.image_writer import ImageWriter

# Custom data sets import the first two from here.
__all__ = ["UNUSED", "Block", "Events", "assign_splits", "numbered", "write_splits"]

UNUSED = -1


def assign_splits(
    total: int,
    sizes: SplitSizes,
    seed: int,
    name: str = "the source",
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.int8]:
    """Draw the split of every event.

    The test events are drawn first, so that they stay the same when the training set grows.

    Args:
        groups: (total,) number of the group of each event; no group is in two splits. Where a
            split ends within a group, the rest of it is not used. None: each is its own.

    Returns:
        (total,) index into `SPLITS`, or `UNUSED`.

    Raises:
        DarkpixelError: fewer events than the sizes ask for.
    """
    if total < sizes.total:
        raise DarkpixelError(
            f"{name}: {total} events found, {sizes.total} needed (train {sizes.train} + "
            f"validation {sizes.validation} + test {sizes.test}); lower `images` of the data set "
            "in the config, or give more events."
        )
    order = np.random.default_rng(seed).permutation(total)
    if groups is not None:  # each group comes where the first of its events was drawn
        place = np.empty(total, np.int64)
        place[order] = np.arange(total)
        first = np.full(total, total)
        np.minimum.at(first, groups, place)
        order = np.argsort(first[groups], kind="stable")
    splits = np.full(total, UNUSED, np.int8)
    start = 0
    for split in reversed(SPLITS):
        stop = start + getattr(sizes, split)
        if stop > total:
            raise DarkpixelError(
                f"{name}: {total} events found, {sizes.total} needed, and some repeat others and "
                "must stay in one split; lower `images` of the data set in the config, or remove "
                "the copies."
            )
        splits[order[start:stop]] = SPLITS.index(split)
        start = stop
        if groups is not None:
            while start < total and groups[order[start]] == groups[order[stop - 1]]:
                start += 1
    return splits


def write_splits(
    blocks: Iterator[Block],
    total: int,
    outputs: Mapping[str, str | Path],
    *,
    sizes: SplitSizes,
    seed: int,
    dataset: str,
    label: str,
    pixel_size: float,
    unit: str,
    source: str,
    config_digest: str,
    attributes: Mapping[str, Any] | None = None,
    required: Sequence[str] = (),
    shuffled: bool = False,
    groups: NDArray[np.int64] | None = None,
) -> None:
    """Write the three image files; either all of them appear or none.

    Each file gets a column `event` (int64): the block's own column `event`, or else the running
    index of the event in the source.

    Args:
        blocks, total: the source, `*lagan_events(...)` for example.
        outputs: path of each split, keys as in `SPLITS`.
        seed: of the draw of the splits, and of their order; recorded in the files.
        dataset, label, pixel_size, unit, source, config_digest, attributes: as in `ImageWriter`.
        required: columns that the events must have, one finite number an image.
        shuffled: leave each split in random order, so that the first n images of a file are n
            images like all others; for sources whose order may mean something, files above all.
            If false, images stand in the order of the source.
        groups: of events that must stay in one split, as in `assign_splits`.

    Raises:
        DarkpixelError: too few events, bad pixels, none above zero, images that are all the same, a
            required column that is
            missing or bad, or a full disk.
    """
    if set(outputs) != set(SPLITS):
        raise ValueError(f"outputs for {sorted(outputs)}, expected {sorted(SPLITS)}")
    splits = assign_splits(total, sizes, seed, f"{dataset}/{label}", groups)
    paths = {split: Path(outputs[split]) for split in SPLITS}
    files: dict[str, _Split] = {}
    seen, nonzero, whole = 0, False, False
    first: NDArray[np.float32] | None = None
    alike = True
    try:
        with ExitStack() as stack:
            for images, columns in blocks:
                _check_pixels(images, seen, source)
                columns = numbered(columns, seen, len(images))
                _check_required(columns, required, seen, source)
                if not files:
                    for split, path in paths.items():
                        new_file: NewFile = partial(
                            ImageWriter,
                            height=images.shape[1],
                            width=images.shape[2],
                            dataset=dataset,
                            label=label,
                            split=split,
                            pixel_size=pixel_size,
                            unit=unit,
                            source=source,
                            seed=seed,
                            config_digest=config_digest,
                            columns=column_types(columns),
                            attributes=attributes,
                        )
                        writer = stack.enter_context(new_file(path))
                        shuffle = None
                        if shuffled:
                            folder = stack.enter_context(folder_beside(path))
                            places = _random_places(getattr(sizes, split), seed, split)
                            size = _bytes_of_one((images, columns))
                            shuffle = stack.enter_context(Shuffle(places, size, new_file, folder))
                        files[split] = _Split(writer, shuffle)
                assigned = splits[seen : seen + len(images)]
                for index, split in enumerate(SPLITS):
                    chosen = np.flatnonzero(assigned == index)
                    part = {name: values[chosen] for name, values in columns.items()}
                    files[split].add((images[chosen], part))
                seen += len(images)
                nonzero = nonzero or bool(images.any())
                if alike and len(images):
                    first = images[0].copy() if first is None else first
                    alike = bool((images == first).all())
            if seen != total:
                raise DarkpixelError(
                    f"{dataset}/{label}: {seen} events came from {source}, {total} were announced; "
                    "make its files again."
                )
            if not nonzero:
                raise DarkpixelError(
                    f"{dataset}/{label}: every pixel of {source} is zero; nothing to learn."
                )
            if alike:
                raise DarkpixelError(
                    f"{dataset}/{label}: all {total} images of {source} are the same; there is "
                    "nothing to learn, or to compare: give images that differ."
                )
            for file in files.values():
                file.finish()
            whole = True
    except BaseException:
        if whole:  # one of the renames failed: take back those before it
            for path in paths.values():
                path.unlink(missing_ok=True)
        raise


class _Split(NamedTuple):
    """The file of a split that is being written, and what shuffles its images, if anything does."""

    writer: ImageWriter
    shuffle: Shuffle | None

    def add(self, block: Block) -> None:
        """Take the next images."""
        if self.shuffle is None:
            self.writer.append(block[0], **block[1])
        else:
            self.shuffle.add(block)

    def finish(self) -> None:
        """Write all that is left; the file is whole then, under its temporary name."""
        for images, columns in self.shuffle.blocks() if self.shuffle is not None else ():
            self.writer.append(images, **columns)
        self.writer.finish()


def _bytes_of_one(block: Block) -> int:
    """Bytes of an image with its columns; the block may be empty."""
    images, columns = block
    return sum(
        values.dtype.itemsize * math.prod(values.shape[1:])
        for values in (images, *columns.values())
    )


def _random_places(count: int, seed: int, split: str) -> NDArray[np.int64]:
    """(count,) where each image of a split goes; the same whatever the other splits hold."""
    return np.random.default_rng([seed, 1 + SPLITS.index(split)]).permutation(count)


def _check_pixels(images: NDArray[np.float32], seen: int, source: str) -> None:
    """Refuse bad pixels while their number in the source is known."""
    if (found := bad_value(images)) is not None:
        bad, value = found
        raise DarkpixelError(
            f"{source}: image {seen + bad} holds the pixel value {value}; pixels must be finite "
            "and not negative: clean or drop that image."
        )


def _check_required(
    columns: Mapping[str, NDArray[Any]], required: Sequence[str], seen: int, source: str
) -> None:
    """Refuse events whose columns of the key `columns` are not one finite number an image."""
    for name in required:
        if name not in columns:
            have = ", ".join(name for name in columns if name != "event") or "none"
            raise DarkpixelError(
                f"{source}: no column '{name}', which the data set's key `columns` names (found "
                f"{have}); add it to the file, or take it out of the key."
            )
        values = columns[name]
        if values.ndim != 1 or values.dtype.kind not in "biuf":
            raise DarkpixelError(
                f"{source}: column '{name}' has entries of type {values.dtype} and shape "
                f"{values.shape[1:]}; a condition is one number an image: store it so."
            )
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise DarkpixelError(
                f"{source}: {name}[{seen + bad[0]}] is {values[bad[0]]}; a condition is a finite "
                "number: clean or drop that image."
            )


def numbered(columns: Mapping[str, NDArray[Any]], seen: int, count: int) -> dict[str, NDArray[Any]]:
    """The columns with `event`, which is counted from `seen` where the source names none."""
    event = columns.get("event", np.arange(seen, seen + count))
    return {**columns, "event": event.astype(np.int64)}
