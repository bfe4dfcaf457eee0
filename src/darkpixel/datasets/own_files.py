"""The user's own image files: checked against each other, in the unit of the data set."""

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkpixel.datasets.repeats import Repeats
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, Events
from darkpixel.formats.crop_margin import MARGIN
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.units import GEV, check_stated, conversion

PLAUSIBLE = 1.0, 7000.0
"""GeV: the largest pixel of calorimeter images is hardly less, nor above an LHC beam's energy."""
_BLOCK = 4096

logger = logging.getLogger(__name__)


class Kind(NamedTuple):
    """What the files of all labels must have in common."""

    height: int
    width: int
    pixel_size: float
    """The file's own, or else the configuration's."""
    unit: str | None
    """None: the file states none."""

    @classmethod
    def of(cls, path: str | Path, pixel_size: float) -> "Kind":
        """Of an image file."""
        with ImageFile(path) as file:
            _, height, width = file.shape
            side = float(file.attributes.get("pixel_size", pixel_size))
            return cls(height, width, side, file.attributes.get("unit"))


def file_events(path: str | Path, factor: float = 1.0) -> Events:
    """The events of an image file, a user's own for example.

    A column `event` of the file is kept as `source_event`; it must not repeat, lest images of one
    event fall into different splits.

    Args:
        factor: of every pixel, where the file has another unit than the data set.

    Raises:
        DarkpixelError: the file is not a valid image file, or has a column that cannot be kept.
    """
    with ImageFile(path) as file:
        types = file.column_types()
        for name, kind in types.items():
            if kind.base.kind not in "fiubS":
                raise DarkpixelError(
                    f"{path}: column {name} has type {kind}; store numbers or fixed-length "
                    "strings (S16), or move it into a group."
                )
            if name.lower() in ("weight", "weights"):
                logger.warning(
                    "%s: column %s is kept, but no use is made of it: every image counts as one; "
                    "draw images in proportion to their weights, if these differ",
                    *(path, name),
                )
        if {"event", "source_event"} <= types.keys():
            raise DarkpixelError(
                f"{path}: has columns event and source_event, and event is kept under that name; "
                "give one of them another."
            )
        if "event" in types:
            values, counts = np.unique(file.column("event"), return_counts=True)
            if counts.max() > 1:
                raise DarkpixelError(
                    f"{path}: event {values[counts.argmax()]} occurs {counts.max()} times, so its "
                    "images would fall into different splits; keep one image per event, or give "
                    "the column another name if it does not identify events."
                )
        total = len(file)
    return Events(_file_blocks(Path(path), factor), total)


def repeated_events(path: str | Path) -> NDArray[np.int64] | None:
    """Groups of events of a user's file that have the same pixels, as `Repeats.groups`."""
    repeats = Repeats()
    with ImageFile(path) as file:
        for batch in file.batches(_BLOCK):
            repeats.see(batch["images"])
    return repeats.groups(str(path))


def file_in_angles(
    path: str | Path,
    pixel_size: float,
    beside: Iterable[str | Path] = (),
    kind_of: Callable[[str | Path, float], Kind] = Kind.of,
) -> tuple[Events, float]:
    """The events of a user's file of images in eta and phi, in GeV, and their pixel size.

    Args:
        pixel_size: of files that do not state theirs.
        beside: files of the other labels, whose images must have the same size, and their pixels
            the same side.
        kind_of: as in `kind_in_angles`.

    Raises:
        DarkpixelError: as `file_events`; or the images are not square, or not like those beside
            them; or their unit is no energy, or stated in one file only.
    """
    kind = kind_in_angles(path, pixel_size, beside, kind_of)
    events = file_events(path, conversion(path, kind.unit or GEV, GEV))
    return Events(_remarked(events.blocks, path, kind.unit), events.total), kind.pixel_size


def kind_in_angles(
    path: str | Path,
    pixel_size: float,
    beside: Iterable[str | Path] = (),
    kind_of: Callable[[str | Path, float], Kind] = Kind.of,
) -> Kind:
    """What images in eta and phi are, once they are found to be like those beside them.

    Args:
        kind_of: reads it from a file, given the pixel size of files that do not state theirs.

    Raises:
        DarkpixelError: they are not square, or not like those of the other labels.
    """
    kind = kind_of(path, pixel_size)
    if kind.height != kind.width:
        raise DarkpixelError(
            f"{path}: images of {kind.height} x {kind.width} pixels; square ones needed: pad or "
            "crop them."
        )
    for other in beside:
        check_alike(path, kind, other, kind_of(other, pixel_size), pixel_size)
    return kind


def file_like(path: str | Path, dataset: str, pixel_size: float, unit: str) -> Events:
    """The events of a user's file for a custom data set, in the data set's unit.

    Args:
        dataset, pixel_size, unit: of the data set, by its configuration.

    Raises:
        DarkpixelError: as `file_events`; or the file states another pixel size, or a unit that
            cannot be converted.
    """
    kind = Kind.of(path, pixel_size)
    if not np.isclose(kind.pixel_size, pixel_size):
        raise DarkpixelError(
            f"{path}: attribute pixel_size is {kind.pixel_size:g}, but datasets.{dataset}."
            f"pixel_size is {pixel_size:g}; set the key to the file's."
        )
    return file_events(path, conversion(path, kind.unit or unit, unit))


def check_alike(
    path: str | Path, kind: Kind, other_path: str | Path, other: Kind, pixel_size: float
) -> None:
    """Refuse the files of two labels that are of different kinds.

    Args:
        pixel_size: of files that do not state theirs, for the message.

    Raises:
        DarkpixelError: they differ in the size of the images or of the pixels, or only one states
            a unit, and not that of files that state none.
    """
    if other[:2] != kind[:2]:
        raise DarkpixelError(
            f"{path}: images of {kind.height} x {kind.width} pixels, but those of {other_path} "
            f"have {other.height} x {other.width}; the labels of a data set need one size."
        )
    if not np.isclose(kind.pixel_size, other.pixel_size):
        raise DarkpixelError(
            f"{path}: pixels of {kind.pixel_size:g} a side, but those of {other_path} have "
            f"{other.pixel_size:g} (attribute pixel_size, or {pixel_size:g} where there is none, "
            "the configuration's); the labels of a data set need one size."
        )
    check_stated(path, kind.unit, other_path, other.unit)


def _remarked(blocks: Iterator[Block], path: str | Path, unit: str | None) -> Iterator[Block]:
    """The blocks; at their end the log says which unit was assumed, a warning where it is odd."""
    largest = 0.0
    for images, columns in blocks:
        largest = max(largest, float(images.max()))
        yield images, columns
    if unit is not None:
        logger.info("%s: largest pixel %g GeV (attribute unit: %s)", path, largest, unit)
        return
    low, high = PLAUSIBLE
    logger.log(
        logging.INFO if low <= largest <= high else logging.WARNING,
        "%s: no attribute unit, so pixels count as GeV; the largest is %g GeV: if they are in "
        "another unit, set the attribute (MeV, TeV, ...); if they are normalised, mind keys in GeV "
        "of the models, `levels` and `step` above all",
        *(path, largest),
    )


def _file_blocks(path: Path, factor: float) -> Iterator[Block]:
    with ImageFile(path) as file:
        for batch in file.batches(max(file.chunk, _BLOCK // file.chunk * file.chunk), file.columns):
            images = batch.pop("images")
            # Of one number an image, however it is stored.
            batch = {k: v[:, 0] if v.shape[1:] == (1,) else v for k, v in batch.items()}
            if "event" in batch:
                batch["source_event"] = batch.pop("event")
            if factor != 1:
                images = images * np.float32(factor)
                if MARGIN in batch:  # of a file of ours
                    batch[MARGIN] = batch[MARGIN] * np.float32(factor)
            yield images, batch
