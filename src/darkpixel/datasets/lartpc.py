"""Prepared liquid-argon images: crop, scale and split the events of any source.

Raw images have 256 x 256 pixels. Prepared ones are crops around the charge centroid, scaled (see
`darkpixel.datasets.charge`). Most protons are refused by the crop, so the species are counted
before and after it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.data import SplitSizes
from darkpixel.config.lartpc import ArgonImaging
from darkpixel.datasets.charge import COUNT, FULL_SCALE, LARGEST, unit_of
from darkpixel.datasets.own_files import Kind, file_events
from darkpixel.datasets.repeats import Repeats
from darkpixel.datasets.splits import numbered, write_splits
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, column_types
from darkpixel.formats.crop_margin import LABEL_MARGIN, MARGIN, margins
from darkpixel.formats.files import folder_beside
from darkpixel.formats.image_file import ImageFile, ImageWriter
from darkpixel.formats.initial_state import in_crop
from darkpixel.formats.larcv import larcv_events
from darkpixel.formats.species import SpeciesCounts
from darkpixel.formats.units import conversion
from darkpixel.simulation.argon.crop import crop_corner
from darkpixel.simulation.argon.events import event_blocks, read_header

LARCV_PIXEL_SIZE = 0.5
"""cm, in the metadata of the public files."""
UNIT = "0.255 MeV"
"""Of a user's own images, converted where they state another."""

_CHUNKS = 16  # HDF5 chunks read back at once, 1 MiB of pixels each

logger = logging.getLogger(__name__)


def prepare(
    source: Literal["simulate", "download", "file"],
    paths: Sequence[Path],
    outputs: Mapping[str, str | Path],
    *,
    dataset: str,
    label: str,
    imaging: ArgonImaging,
    pixel_size: float,
    sizes: SplitSizes,
    seed: int,
    config_digest: str,
    columns: Sequence[str] = (),
) -> None:
    """Write the images of one label in three splits; either all of them appear or none.

    Args:
        source: of the events, as in the configuration.
        paths: events files of a simulation, LArCV files, or one image file of a user's.
        outputs: path of each split.
        dataset: `lartpc` (single particles) or `lartpc_vertex`.
        label: of the data set.
        imaging: plane, crop and scale; a user's own images are cropped only.
        pixel_size: of simulated images, and of a user's that state none, cm.
        sizes, seed, config_digest: as in `write_splits`.
        columns: that the images must have, as `required` in `write_splits`.

    Raises:
        DarkpixelError: a file is bad, or too few events pass the crop.
    """
    drawn: Counter[int] | None = None
    unit = None
    if source == "simulate":
        blocks: Iterator[Block] = event_blocks(paths, imaging)
        if dataset == "lartpc":
            drawn = Counter()
            for path in paths:
                drawn.update(read_header(path).species.drawn)
        origin = "compact simulator, not Geant4"
    elif source == "download" or paths[0].suffix == ".root":  # also a user's own
        blocks = larcv_events(paths, imaging.plane)
        origin, pixel_size = ", ".join(path.stem for path in paths), LARCV_PIXEL_SIZE
    else:
        kind, origin = Kind.of(paths[0], pixel_size), str(paths[0])
        _check_species(paths[0])
        unit = kind.unit if kind.unit == unit_of(imaging) else UNIT
        if kind.unit is None:
            logger.warning("%s has no attribute unit: pixels count as %s", paths[0], unit)
        factor = conversion(paths[0], kind.unit or unit, unit)
        blocks, pixel_size = file_events(paths[0], factor).blocks, kind.pixel_size
    write_crops(
        blocks,
        imaging,
        outputs,
        sizes=sizes,
        seed=seed,
        dataset=dataset,
        label=label,
        pixel_size=pixel_size,
        source=origin,
        config_digest=config_digest,
        drawn=drawn,
        unit=unit,
        required=columns,
        shuffled=source != "simulate",
    )


def crop_events(
    blocks: Iterator[Block], imaging: ArgonImaging, species: SpeciesCounts, source: str
) -> Iterator[Block]:
    """Crop the images and their `pixel_labels`; refused events are left out.

    Start points move with the crop, and columns `margin` keep what lies just beyond it (see
    `darkpixel.formats.crop_margin`). Images of `imaging.pixels` a side pass as they are. Each
    event keeps its number, or gets its place among all events of the source, refused ones
    included, as the column `event`.

    Args:
        species: counts the events by their column `species`, where there is one.
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
            species.drawn.update(columns["species"].tolist())
            species.accepted.update(columns["species"][kept].tolist())
        if not len(kept):
            continue
        columns = {name: values[kept] for name, values in columns.items()}
        first = np.array(corners)[kept]
        columns, images = in_crop(columns, first), images[kept]
        for name, whole, margin in (
            ("images", images, MARGIN),
            ("pixel_labels", columns.get("pixel_labels"), LABEL_MARGIN),
        ):
            if whole is None or images.shape[1:] == (imaging.pixels, imaging.pixels):
                continue
            columns[margin] = margins(whole, first, imaging.pixels)
            columns[name] = _cut(whole, first, imaging.pixels)
        yield columns.pop("images", images), columns


def scale_events(blocks: Iterator[Block], imaging: ArgonImaging) -> Iterator[Block]:
    """Scale raw images to the unit of `unit_of`.

    With `scaling: maximum` the column `charge_scale` (float32, MeV per unit) keeps what is lost.
    """
    for images, columns in blocks:
        if imaging.scaling == "fixed":
            factor = np.full(len(images), LARGEST / FULL_SCALE, np.float32)
        else:
            largest = images.max(axis=(1, 2))
            factor = np.divide(LARGEST, largest, out=np.zeros_like(largest), where=largest > 0)
            scale = (largest * (COUNT / LARGEST)).astype(np.float32)
            columns = {**columns, "charge_scale": scale}
        if MARGIN in columns:
            columns = {**columns, MARGIN: columns[MARGIN] * factor[:, None]}
        yield images * factor[:, None, None], columns


def write_crops(
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
    unit: str | None = None,
    required: Sequence[str] = (),
    shuffled: bool = False,
) -> None:
    """Write the three image files of a liquid-argon data set; either all appear or none.

    The accepted events are kept in a temporary folder beside the outputs, because their number
    must be known before they are split. Counts by species go to the attributes of the files.

    Args:
        blocks: raw events, of `larcv_events` for example, or a user's own images.
        drawn: events by PDG code that a simulation made in order to give these, refused ones
            included; None: `blocks` are all events.
        unit: of a user's own images, which are cropped where larger than `imaging.pixels` and not
            scaled; None: raw images.
        outputs, sizes, seed, dataset, label, pixel_size, source, config_digest, required, shuffled:
            as in `write_splits`.

    Raises:
        DarkpixelError: too few events pass the crop, images are too small, or the disk is full.
    """
    attributes: dict[str, Any] = {
        "dataset": dataset,
        "label": label,
        "pixel_size": pixel_size,
        "unit": unit_of(imaging) if unit is None else unit,
        "source": source,
        "seed": seed,
        "config_digest": config_digest,
    }
    species, repeats = SpeciesCounts(), Repeats()
    events = crop_events(blocks, imaging, species, source)
    if unit is None:
        events = scale_events(events, imaging)
    train = Path(outputs["train"])
    with folder_beside(train) as folder:
        path = folder / "accepted.h5"
        accepted = _keep(
            repeats.seen(events) if shuffled else events, path, {**attributes, "split": "all"}
        )
        if accepted < sizes.total:
            raise DarkpixelError(
                f"{dataset}/{label}: {accepted} events of {source} pass the crop"
                f"{_by_species(species)}, {sizes.total} needed (train {sizes.train} + validation "
                f"{sizes.validation} + test {sizes.test}); lower `images` of the data set in the "
                "config, or give more events."
            )
        if drawn is not None:
            species.drawn = Counter(drawn)
        write_splits(
            _kept(path, source),
            accepted,
            outputs,
            sizes=sizes,
            attributes=species.attributes(),
            required=required,
            shuffled=shuffled,
            groups=repeats.groups(source) if shuffled else None,
            **attributes,
        )


def _keep(blocks: Iterator[Block], path: Path, attributes: dict[str, Any]) -> int:
    """Write all blocks to the image file `path`, if there are any; how many events they hold."""
    first = next(blocks, None)
    if first is None:
        return 0
    height, width = first[0].shape[1:]
    types = column_types(first[1])
    with ImageWriter(path, height=height, width=width, columns=types, **attributes) as writer:
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


def _by_species(species: SpeciesCounts) -> str:
    shares = [
        f"{species.accepted[code]} of {drawn} of {code}" for code, drawn in species.drawn.items()
    ]
    return f" ({', '.join(shares)})" if shares else ""


def _check_size(size: tuple[int, ...], pixels: int, source: str) -> None:
    # The centroid must lie more than half a crop from every edge.
    if size != (pixels, pixels) and min(size) < pixels + 2:
        raise DarkpixelError(
            f"{source}: images have {size[0]} x {size[1]} pixels, and a crop of {pixels} x "
            f"{pixels} needs {pixels + 2} or more on both sides, or exactly {pixels} x {pixels}; "
            "set `imaging.pixels`, or pad the images."
        )


def _check_species(path: Path) -> None:
    """Refuse a column `species` of a user's file that is not one PDG code an image."""
    with ImageFile(path) as file:
        kind = file.column_types().get("species", np.dtype(np.int32))
    if kind.shape not in ((), (1,)) or kind.base.kind not in "iu":
        raise DarkpixelError(
            f"{path}: column species has entries of type {kind.base} and shape {kind.shape}; store "
            "one PDG code an image, a whole number."
        )


def _cut(images: NDArray[Any], corners: NDArray[np.int64], pixels: int) -> NDArray[Any]:
    """The crops (n, pixels, pixels) of images (n, H, W); corners (n, 2)."""
    return np.stack(
        [
            image[row : row + pixels, column : column + pixels]
            for image, (row, column) in zip(images, corners, strict=True)
        ]
    )
