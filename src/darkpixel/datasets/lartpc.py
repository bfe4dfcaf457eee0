"""Prepared liquid-argon images: crop, scale and split the events of any source.

Raw images count charge in 0.01 MeV on 256 x 256 pixels. Prepared ones are crops around the charge
centroid, scaled to the range that the paper's networks are trained on: its authors' code stores
`img / 255 * 10`, so that one unit is 0.255 MeV; before June 2021 it stored `img / max(img) * 10`.
Most protons are refused by the crop, so the species are counted before and after it.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.data import SplitSizes
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.splits import numbered, write_splits
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, column_types
from darkpixel.formats.image_file import ImageFile, ImageWriter
from darkpixel.simulation.argon.crop import crop_corner

COUNT = 0.01
"""MeV per unit of a raw image."""

_TOP = 10.0  # the largest pixel after scaling, of 255 raw units (fixed) or of every image (maximum)
_FULL_SCALE = 255.0
_CHUNKS = 16  # HDF5 chunks read back at once, 1 MiB of pixels each
_ENERGY = re.compile(r"(?:(\d+(?:\.\d+)?) )?MeV")


@dataclass
class SpeciesMix:
    """How many events of each species, by PDG code, came in and how many passed the crop."""

    drawn: Counter[int] = field(default_factory=Counter)
    accepted: Counter[int] = field(default_factory=Counter)

    def attributes(self) -> dict[str, int]:
        """Root attributes `drawn_{pdg}` and `accepted_{pdg}` of the prepared files."""
        return {
            f"{what}_{code}": int(counts[code])
            for what, counts in (("drawn", self.drawn), ("accepted", self.accepted))
            for code in sorted(self.drawn)
        }


def unit_of(imaging: ArgonImaging) -> str:
    """The attribute `unit` of images that were raw before they were scaled."""
    if imaging.scaling == "maximum":
        return f"1/{_TOP:g} of the largest pixel"
    return f"{COUNT * _FULL_SCALE / _TOP:g} MeV"


def charge_per_unit(attributes: Mapping[str, Any]) -> float:
    """MeV per stored unit of an image file, from its attribute `unit` ("0.255 MeV": 0.255).

    Raises:
        DarkpixelError: the unit is no energy. Images scaled to their own maximum have the energy
            of a unit in the column `charge_scale` instead.
    """
    unit = attributes.get("unit")
    match = _ENERGY.fullmatch(str(unit))
    if match is None:
        name = "/".join(str(attributes.get(key, "?")) for key in ("dataset", "label", "split"))
        raise DarkpixelError(
            f"{name}: attribute unit is {unit!r}, not a number of MeV, so charges cannot be "
            "compared; prepare with `imaging.scaling: fixed`, or give the file such a unit."
        )
    return float(match[1] or 1)


def crop_events(
    blocks: Iterator[Block], imaging: ArgonImaging, mix: SpeciesMix, source: str
) -> Iterator[Block]:
    """Crop the images and their `pixel_labels`; refused events are left out.

    Images of `imaging.pixels` a side pass as they are. Each event keeps its number, or gets its
    place among all events of the source, refused ones included, as the column `event`.

    Args:
        mix: counts the events by their column `species`, where there is one.
        source: named in errors.

    Raises:
        DarkpixelError: the images are smaller than the crop.
    """
    seen = 0
    for images, columns in blocks:
        _check_size(images.shape[1:], imaging.pixels, source)
        columns = numbered(columns, seen, len(images))
        seen += len(images)
        images = np.ascontiguousarray(images, np.float32)
        corners = [crop_corner(image, imaging.pixels, imaging.minimum_filled) for image in images]
        kept = np.flatnonzero([row >= 0 for row, _ in corners])
        if "species" in columns:
            mix.drawn.update(columns["species"].tolist())
            mix.accepted.update(columns["species"][kept].tolist())
        if not len(kept):
            continue
        columns = {name: values[kept] for name, values in columns.items()}
        corners = [corners[index] for index in kept]
        if "pixel_labels" in columns:
            columns["pixel_labels"] = _cut(columns["pixel_labels"], corners, imaging.pixels)
        yield _cut(images[kept], corners, imaging.pixels), columns


def scale_events(blocks: Iterator[Block], imaging: ArgonImaging) -> Iterator[Block]:
    """Scale raw images to the unit of `unit_of`.

    With `scaling: maximum` the column `charge_scale` (float32, MeV per unit) keeps what is lost.
    """
    for images, columns in blocks:
        if imaging.scaling == "fixed":
            yield images * np.float32(_TOP / _FULL_SCALE), columns
        else:
            largest = images.max(axis=(1, 2))
            factor = np.divide(_TOP, largest, out=np.zeros_like(largest), where=largest > 0)
            scale = (largest * (COUNT / _TOP)).astype(np.float32)
            yield images * factor[:, None, None], {**columns, "charge_scale": scale}


def prepare_argon(
    blocks: Iterator[Block],
    imaging: ArgonImaging,
    outputs: Mapping[str, str | Path],
    *,
    sizes: SplitSizes,
    seed: int,
    dataset: str,
    label: str,
    pixel_size: float,
    source: str,
    config_digest: str,
    drawn: Mapping[int, int] | None = None,
    own_unit: str | None = None,
) -> None:
    """Write the three image files of a liquid-argon data set; either all appear or none.

    The accepted events are kept in a temporary file beside the outputs, because their number must
    be known before they are split. Counts of `SpeciesMix` go to the attributes of the files.

    Args:
        blocks: raw events, of `larcv_events` for example, or a user's own images.
        drawn: events by PDG code that a simulation made in order to give these, refused ones
            included; None: `blocks` are all events.
        own_unit: unit of a user's own images, which are cropped where larger than
            `imaging.pixels` and not scaled; None: raw images.
        outputs, sizes, seed, dataset, label, pixel_size, source, config_digest: as in
            `write_splits`.

    Raises:
        DarkpixelError: too few events pass the crop, images are too small, or the disk is full.
    """
    about: dict[str, Any] = {
        "dataset": dataset,
        "label": label,
        "pixel_size": pixel_size,
        "unit": unit_of(imaging) if own_unit is None else own_unit,
        "source": source,
        "seed": seed,
        "config_digest": config_digest,
    }
    mix = SpeciesMix()
    events = crop_events(blocks, imaging, mix, source)
    if own_unit is None:
        events = scale_events(events, imaging)
    train = Path(outputs["train"])
    path = train.with_name(f".accepted.{os.getpid()}.{train.name}")
    try:
        accepted = _keep(events, path, {**about, "split": "all"})
        if accepted < sizes.total:
            raise DarkpixelError(
                f"{dataset}/{label}: {accepted} events of {source} pass the crop"
                f"{_by_species(mix)}, {sizes.total} needed (train {sizes.train} + validation "
                f"{sizes.validation} + test {sizes.test}); lower `images` of the data set in the "
                "config, or give more events."
            )
        if drawn is not None:
            mix.drawn = Counter(drawn)
        kept = _kept(path, source)
        write_splits(kept, accepted, outputs, sizes=sizes, attributes=mix.attributes(), **about)
    finally:
        path.unlink(missing_ok=True)


def _keep(blocks: Iterator[Block], path: Path, about: dict[str, Any]) -> int:
    """Write all blocks to the image file `path`, if there are any; how many events they hold."""
    first = next(blocks, None)
    if first is None:
        return 0
    height, width = first[0].shape[1:]
    types = column_types(first[1])
    with ImageWriter(path, height=height, width=width, columns=types, **about) as writer:
        for images, columns in chain([first], blocks):
            writer.append(images, **columns)
    return writer.count


def _kept(path: Path, source: str) -> Iterator[Block]:
    with ImageFile(path) as file:
        numbers, counts = np.unique(file.column("event"), return_counts=True)
        if counts.max() > 1:
            raise DarkpixelError(
                f"{source}: event {numbers[counts.argmax()]} occurs {counts.max()} times, so its "
                "images could fall into different splits; make its files again."
            )
        for columns in file.batches(_CHUNKS * file.chunk, file.columns):
            yield columns.pop("images"), columns


def _by_species(mix: SpeciesMix) -> str:
    shares = [f"{mix.accepted[code]} of {drawn} of {code}" for code, drawn in mix.drawn.items()]
    return f" ({', '.join(shares)})" if shares else ""


def _check_size(size: tuple[int, ...], pixels: int, source: str) -> None:
    if size != (pixels, pixels) and min(size) <= pixels:
        raise DarkpixelError(
            f"{source}: images have {size[0]} x {size[1]} pixels, so no crop of {pixels} x "
            f"{pixels} fits; set `imaging.pixels`, or give images of that size or larger ones."
        )


def _cut(images: NDArray[Any], corners: list[tuple[int, int]], pixels: int) -> NDArray[Any]:
    """The crops (n, pixels, pixels) of images (n, H, W)."""
    return np.stack(
        [
            image[row : row + pixels, column : column + pixels]
            for image, (row, column) in zip(images, corners, strict=True)
        ]
    )
