"""Events for the event display: images as the positions and values of their pixels, in JavaScript.

A page that is opened from disk may not read files, but it may run scripts. So the events of one
source of images (the simulation, or a model) are one script, which hands over an object of numbers
and of typed arrays in base64; `static/event_data.js` takes them apart again. The values are the
file's own float32, so that what the page shows under the pointer is what the file holds.
"""

import json
import math
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.names import LARTPC, LARTPC_VERTEX
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_format import batch_length
from darkpixel.formats.units import energy_of
from darkpixel.metrics.kinematics import image_observables, in_angles
from darkpixel.metrics.lartpc_shapes import image_shapes

Columns = dict[str, list[float | None]]

_AT_ONCE = 64
_LABELS = "pixel_labels"
TRUTH, SSNET = "truth", "ssnet"
"""Layers: labels of the simulation, and those of the segmentation network."""


class Part(NamedTuple):
    """Events of one file."""

    label: str
    shape: tuple[int, int]
    """(H, W)"""
    starts: NDArray[np.uint32]
    """(n + 1,) where the pixels of each event begin."""
    places: NDArray[np.uint32]
    """(P,) row W + column of each non-zero pixel."""
    values: NDArray[np.float32]
    """(P,) in the file's unit."""
    layers: dict[str, NDArray[np.uint8]]
    """(P,) the label of each non-zero pixel, by layer."""
    columns: Columns
    """(n,) numbers of each event, None where an event has none."""
    about: dict[str, Any]
    """The file's root attributes."""


def read_part(
    path: str | Path,
    most: int,
    *,
    label: str = "",
    labels: str | Path | None = None,
    threshold: float = 0.0,
) -> Part:
    """The first events of an image file, which no one has chosen by their looks.

    Args:
        most: events at most.
        label: of the part; left out, the file's own.
        labels: label file of the same images (`darkpixel.models.ssnet.labelling`).
        threshold: pixels above it make the length of what is seen in liquid argon.

    Raises:
        DarkpixelError: a file cannot be read, or the label file holds other images.
    """
    starts, places, values = [0], [], []
    layers: dict[str, list[NDArray[np.uint8]]] = {}
    columns: Columns = {}
    with ExitStack() as files:
        file = files.enter_context(ImageFile(path))
        ssnet = None if labels is None else files.enter_context(ImageFile(labels))
        if ssnet is not None and ssnet.shape != file.shape:
            raise _others(ssnet, file)
        named = [name for name, kind in file.column_types().items()
                 if name != _LABELS and not kind.shape and kind.kind in "fiub"]  # fmt: skip
        _, height, width = file.shape
        for start, images in _blocks(file, most):
            stop = start + len(images)
            image, place, ends = _pixels(images)
            starts += (starts[-1] + ends).tolist()
            places.append(place.astype(np.uint32))
            values.append(images.reshape(len(images), -1)[image, place])
            truth = file.column(_LABELS, start, stop) if _LABELS in file.columns else None
            given = None if ssnet is None else ssnet.column(_LABELS, start, stop)
            if ssnet is not None and not np.array_equal(ssnet.read(start, stop), images):
                raise _others(ssnet, file)
            for name, found in ((TRUTH, truth), (SSNET, given)):
                if found is not None:
                    chosen = found.reshape(len(images), -1)[image, place]
                    layers.setdefault(name, []).append(chosen)
            numbers = {name: file.column(name, start, stop) for name in named}
            numbers |= event_observables(images, file.attributes, threshold)
            for name, column in numbers.items():
                columns.setdefault(name, []).extend(map(_number, column.tolist()))
        about = dict(file.attributes)
        if _LABELS in file.columns and "threshold" in about:  # a label file itself
            layers = {SSNET: layers.pop(TRUTH), **layers}
        return Part(
            label or str(about.get("label", "")),
            (height, width),
            np.array(starts, np.uint32),
            np.concatenate(places),
            np.concatenate(values),
            {name: np.concatenate(found) for name, found in layers.items()},
            columns,
            about,
        )


def part_of_images(images: NDArray[np.float32], about: Mapping[str, Any]) -> Part:
    """Events of images (n, H, W) of another program, of which nothing else is known."""
    n, height, width = images.shape
    image, place, ends = _pixels(images)
    observables = event_observables(images, about, 0.0)
    return Part(
        str(about.get("label", "")),
        (height, width),
        np.concatenate([[0], ends]).astype(np.uint32),
        place.astype(np.uint32),
        images.reshape(n, -1)[image, place],
        {},
        {name: [_number(value) for value in column] for name, column in observables.items()},
        dict(about),
    )


def _pixels(
    images: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Image and place of each non-zero pixel, and where the pixels of each image end."""
    image, place = np.nonzero(images.reshape(len(images), -1))
    return image, place, np.cumsum(np.bincount(image, minlength=len(images)))


def event_observables(
    images: NDArray[np.float32], about: Mapping[str, Any], threshold: float
) -> dict[str, NDArray[np.float64]]:
    """What events are chosen by: (n,) each, of images (n, H, W).

    Liquid argon: `length` of the main cluster (cm) and `charge` (MeV); where pixels lie in eta and
    phi, `pt` and `mass`; of all `nonzero`, the number of pixels.
    """
    side, energy = about.get("pixel_size"), energy_of(str(about.get("unit", "GeV")))
    found: dict[str, NDArray[np.float64]] = {}
    if side is not None and energy is not None:
        if about.get("dataset") in (LARTPC, LARTPC_VERTEX):
            shapes = image_shapes(images, threshold, pixel_size=side, charge_per_unit=energy)
            found["length"] = shapes["length"]
            found["charge"] = images.sum(axis=(1, 2), dtype=np.float64) * energy
        elif in_angles(images.shape[2], side):
            found |= image_observables(images, side)
    found["nonzero"] = np.count_nonzero(images, axis=(1, 2)).astype(np.float64)
    return found


def events_script(key: str, parts: Sequence[Part]) -> str:
    """The script that hands the events of one source to the page.

    Args:
        key: by which the page knows the source.
        parts: one a label.
    """
    content = {"key": key, "parts": [_packed(part) for part in parts]}
    return f"darkpixel.add({in_script(content)});\n"


def write_events(path: Path, key: str, parts: Sequence[Part]) -> None:
    """Write `events_script`.

    Raises:
        DarkpixelError: it cannot be written.
    """
    with whole_file(path) as temporary:
        temporary.write_text(events_script(key, parts), encoding="utf-8")


def in_script(content: object) -> str:
    """JSON that may stand in a script within a page: it has no `<`, which could end the script."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _packed(part: Part) -> dict[str, Any]:
    small = math.prod(part.shape) <= 2**16
    return {
        "label": part.label,
        "height": part.shape[0],
        "width": part.shape[1],
        "starts": _base64(part.starts.astype("<u4")),
        "bits": 16 if small else 32,
        "places": _base64(part.places.astype("<u2" if small else "<u4")),
        "values": _base64(part.values.astype("<f4")),
        "layers": {name: _base64(labels) for name, labels in part.layers.items()},
        "columns": part.columns,
    }


def _base64(array: NDArray[Any]) -> str:
    return b64encode(array.tobytes()).decode("ascii")


def _blocks(file: ImageFile, most: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Place of the first, and images; a few at a time, since images may be large."""
    size = batch_length(*file.shape[1:], _AT_ONCE)
    last = min(most, len(file))
    for start in range(0, last, size):
        yield start, file.read(start, min(start + size, last))


def _others(labels: ImageFile, source: ImageFile) -> DarkpixelError:
    return DarkpixelError(
        f"{labels.path}: labels other images than those of {source.path}; make the file again."
    )


def _number(value: float) -> float | None:
    """With six digits, as many as anyone reads."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
