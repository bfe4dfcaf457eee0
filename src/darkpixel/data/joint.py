"""The images of all labels in one file, for models that are trained on all of them together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from darkpixel.data.image_file import ImageFile
from darkpixel.data.image_format import ATTRIBUTES
from darkpixel.data.image_writer import ImageWriter
from darkpixel.errors import DarkpixelError
from darkpixel.provenance import settings_digest

JOINT = "joint"
"""The label under which such models are trained."""
CLASS = "class"
"""Column of a joint file: place of the image's label in the root attribute `classes`."""

_TAKEN = set(ATTRIBUTES) - {"format", "version", "software"}  # those are the writer's
_SHARED = ("pixel_size", "unit", "dataset")  # attributes that must be alike
_BLOCK = 2048  # images of a label read at once


def join_labels(paths: Mapping[str, str | Path], output: str | Path) -> None:
    """Write the images of several labels into one file, mixed evenly.

    The file has the column `class` (uint8) and the root attribute `classes`, the labels in the
    order of `paths`, with commas between. Every stretch of the file holds the labels in the
    proportion of the whole, so that a batch in the order of the file holds them too. The
    attribute `source` names every source, and `config_digest` is that of the labels' digests.

    Arguments:
        paths: image file of each label, alike in size, pixel size, unit and data set.

    Raises:
        DarkpixelError: a file is not an image file, or two do not belong together.
    """
    sizes, about = {}, {}
    kinds: dict[str, dict[str, Any]] = {}
    for label, path in paths.items():
        with ImageFile(path) as file:
            sizes[label] = len(file)
            shared = {name: file.attributes.get(name) for name in _SHARED}
            kinds[label] = {"height": file.shape[1], "width": file.shape[2], **shared}
            about[label] = {k: v for k, v in file.attributes.items() if k in _TAKEN}
    first = next(iter(paths))
    for label, kind in kinds.items():
        for name, value in kind.items():
            if value != kinds[first][name]:
                raise DarkpixelError(
                    f"{paths[label]}: {name} is {value!r}, but {kinds[first][name]!r} in "
                    f"{paths[first]}; a joint model needs labels of one kind."
                )
    sources = dict.fromkeys(str(entry["source"]) for entry in about.values())
    joined = {
        **about[first],
        "label": JOINT,
        "source": ", ".join(sources),
        "config_digest": settings_digest([entry["config_digest"] for entry in about.values()]),
    }
    blocks = -(-max(sizes.values()) // _BLOCK)
    with ImageWriter(
        output,
        height=kinds[first]["height"],
        width=kinds[first]["width"],
        columns={CLASS: np.uint8},
        attributes={"classes": ",".join(paths)},
        **joined,
    ) as writer:
        for block in range(blocks):
            images, classes = [], []
            for index, (label, path) in enumerate(paths.items()):
                start, stop = (sizes[label] * k // blocks for k in (block, block + 1))
                if start == stop:
                    continue
                with ImageFile(path) as file:
                    images.append(file.read(start, stop))
                classes.append(np.full(stop - start, index, np.uint8))
            mixed = np.random.default_rng(block).permutation(sum(map(len, images)))
            writer.append(np.concatenate(images)[mixed], **{CLASS: np.concatenate(classes)[mixed]})
