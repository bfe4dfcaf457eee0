"""The images of all labels in one file, for models that are trained on all of them together."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from darkpixel.data.image_file import ImageFile
from darkpixel.data.image_format import ATTRIBUTES
from darkpixel.data.image_writer import ImageWriter
from darkpixel.errors import DarkpixelError

JOINT = "joint"
"""The label under which such models are trained."""
CLASS = "class"
"""Column of a joint file: place of the image's label in the root attribute `classes`."""

_TAKEN = set(ATTRIBUTES) - {"format", "version", "software"}  # those are the writer's
_BLOCK = 2048  # images of a label read at once


def join_labels(paths: Mapping[str, str | Path], output: str | Path) -> None:
    """Write the images of several labels into one file, mixed evenly.

    The file has the column `class` (uint8) and the root attribute `classes`, the labels in the
    order of `paths`, with commas between. Every stretch of the file holds the labels in the
    proportion of the whole, so that a batch in the order of the file holds them too.

    Arguments:
        paths: image file of each label, alike in size and pixel size.

    Raises:
        DarkpixelError: a file is not an image file, or two do not belong together.
    """
    sizes, shapes, about = {}, {}, {}
    for label, path in paths.items():
        with ImageFile(path) as file:
            sizes[label] = len(file)
            shapes[label] = (*file.shape[1:], file.attributes.get("pixel_size"))
            about[label] = {k: v for k, v in file.attributes.items() if k in _TAKEN}
    first = next(iter(paths))
    for label, shape in shapes.items():
        if shape != shapes[first]:
            raise DarkpixelError(
                f"{paths[label]}: height, width and pixel_size are {shape}, but {shapes[first]} in "
                f"{paths[first]}; a joint model needs labels of one kind."
            )
    height, width, _ = shapes[first]
    blocks = -(-max(sizes.values()) // _BLOCK)
    with ImageWriter(
        output,
        height=height,
        width=width,
        columns={CLASS: np.uint8},
        attributes={"classes": ",".join(paths)},
        **{**about[first], "label": JOINT},
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
