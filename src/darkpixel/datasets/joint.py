"""The images of all labels in one file, for models that are trained on all of them together."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from darkpixel.config.names import CLASS, JOINT
from darkpixel.errors import DarkpixelError
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_format import ATTRIBUTES
from darkpixel.formats.image_writer import ImageWriter

_TAKEN = set(ATTRIBUTES) - {"format", "version", "software"}  # those are the writer's
_SHARED = ("pixel_size", "unit", "dataset")  # attributes that must be alike
_BLOCK = 2048  # images of a label read at once


class JointWriter(ImageWriter):
    """Writes a joint file: images of several classes, the column `class`, the attribute `classes`.

    Args:
        classes: names, in the order of the column's numbers.
        columns: types of further columns, as of `ImageWriter`.
        arguments: further arguments of `ImageWriter`.
    """

    def __init__(
        self,
        path: str | Path,
        classes: Sequence[str],
        columns: Mapping[str, DTypeLike] | None = None,
        **arguments: Any,
    ) -> None:
        names, types = {"classes": ",".join(classes)}, {**(columns or {}), CLASS: np.uint8}
        super().__init__(path, columns=types, attributes=names, **arguments)

    def append_mixed(
        self,
        images: Sequence[NDArray[np.float32]],
        random: np.random.Generator,
        columns: Sequence[Mapping[str, NDArray[Any]]] = (),
    ) -> None:
        """Append images of each class, (n, H, W) each and n = 0 among them, in random order.

        Args:
            images: of each class.
            random: generator of the order.
            columns: further columns, (n, ...) each, of each class.
        """
        sizes = [len(block) for block in images]
        mixed = random.permutation(sum(sizes))
        classes = np.repeat(np.arange(len(sizes), dtype=np.uint8), sizes)
        further = {
            name: np.concatenate([of_class[name] for of_class in columns])[mixed]
            for name in (columns[0] if columns else ())
        }
        self.append(np.concatenate(images)[mixed], **further, **{CLASS: classes[mixed]})


def join_labels(
    paths: Mapping[str, str | Path], output: str | Path, *, compressed: bool = True
) -> None:
    """Write the images of several labels into one file, mixed evenly.

    The file has the column `class` (uint8) and the root attribute `classes`, the labels in the
    order of `paths`, with commas between. It keeps the columns that all labels have, alike in type.
    Every stretch of the file holds the labels in the proportion of the whole, so that a batch in
    the order of the file holds them too. The attribute `source` names every source, and
    `config_digest` is that of the labels' digests.

    Args:
        paths: image file of each label, alike in size, pixel size, unit and data set.
        compressed: as in `ImageWriter`.

    Raises:
        DarkpixelError: a file is not an image file, or two do not belong together.
    """
    sizes: dict[str, int] = {}
    attributes: dict[str, dict[str, Any]] = {}
    kinds: dict[str, dict[str, Any]] = {}
    types: list[dict[str, np.dtype[Any]]] = []
    for label, path in paths.items():
        with ImageFile(path) as file:
            sizes[label] = len(file)
            shared = {name: file.attributes.get(name) for name in _SHARED}
            kinds[label] = {"height": file.shape[1], "width": file.shape[2], **shared}
            types.append(file.column_types())
            attributes[label] = {k: v for k, v in file.attributes.items() if k in _TAKEN}
    first = next(iter(paths))
    for label, kind in kinds.items():
        for name, value in kind.items():
            if value != kinds[first][name]:
                raise DarkpixelError(
                    f"{paths[label]}: {name} is {value!r}, but {kinds[first][name]!r} in "
                    f"{paths[first]}; a joint model needs labels of one kind."
                )
    sources = dict.fromkeys(str(of_label["source"]) for of_label in attributes.values())
    joined = {
        **attributes[first],
        "label": JOINT,
        "source": ", ".join(sources),
        "config_digest": settings_digest(
            [of_label["config_digest"] for of_label in attributes.values()]
        ),
    }
    size = {name: kinds[first][name] for name in ("height", "width")}
    columns = {
        name: kind
        for name, kind in types[0].items()
        if name != CLASS and all(of_label.get(name) == kind for of_label in types)
    }
    blocks = -(-max(sizes.values()) // _BLOCK)
    with JointWriter(
        output, list(paths), columns, compressed=compressed, **size, **joined
    ) as writer:
        for block in range(blocks):
            images, further = [], []
            for label, path in paths.items():
                start, stop = (sizes[label] * k // blocks for k in (block, block + 1))
                with ImageFile(path) as file:
                    images.append(file.read(start, stop))
                    further.append({name: file.column(name, start, stop) for name in columns})
            writer.append_mixed(images, np.random.default_rng(block), further)
