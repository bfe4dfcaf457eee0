"""Images of a trained model within the time that is left."""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench.gpu.report import Run
from bench.timing import once
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import column_types
from darkpixel.formats.image_file import ImageWriter
from darkpixel.models.base import GenerativeModel
from darkpixel.models.folder import load_config, load_model
from darkpixel.models.sample_file import block_generator

_SEED = 1
_KEPT = 15.0  # seconds for the measures

Events = Callable[[int, torch.Generator], tuple[Tensor, dict[str, Tensor]]]
"""Draws a number of images and their columns."""


def draw_of_label(
    model: GenerativeModel,
    n: int,
    label_index: int | None,
    *,
    generator: torch.Generator,
    slots: int | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Draw `n` images and their columns; how a label reaches a model is known here alone.

    Args:
        label_index: place of the label among the classes of the joint file; None: the model was
            trained on one kind of images.
        slots: images drawn at once, where the model has such an option.
    """
    if label_index is not None:
        model.choose_class(label_index)
    options = {} if slots is None else {"slots": slots}
    return model.sample_events(n, generator=generator, **options)


def draw(
    run: Run,
    folder: Path,
    path: Path,
    name: str,
    wanted: Mapping[str, Any],
    *,
    label: str | None = None,
    share: float = 1.0,
) -> dict[str, Any]:
    """Write as many images as there is time for, whole blocks; what was done.

    Args:
        folder: of the model.
        path: image file to write.
        name: of the model.
        wanted: `images`, at most, `block_size`, of images drawn at once, and maybe `slots`.
        label: of the images, where there are several.
        share: of the time that is left.

    Raises:
        DarkpixelError: the model draws no images, or not of the label.
    """
    block = min(wanted["block_size"], wanted["images"])
    model, config = load_model(folder, device=run.device), load_config(folder)
    if not isinstance(model, GenerativeModel):
        raise DarkpixelError(f"{folder}: model '{config['model']['model']}' draws no images.")
    about = {key: config["images"][key] for key in ("dataset", "label", "pixel_size", "unit")}
    about["config_digest"] = str(config.get("digest", ""))
    index = None
    if label is not None:
        if classes := config["images"].get("classes"):
            index = classes.index(label)
        elif label != about["label"]:
            raise DarkpixelError(f"{folder}: trained on {about['label']}, not on {label}.")
        about["label"] = label
    slots = wanted.get("slots")

    def events(n: int, generator: torch.Generator) -> tuple[Tensor, dict[str, Tensor]]:
        return draw_of_label(model, n, index, generator=generator, slots=slots)

    with torch.inference_mode():
        generator = torch.Generator().manual_seed(7)
        events(min(16, block), generator)  # a warm-up
        seconds = once(lambda: events(block, generator), run.device)
    fit = int(share * max(run.report.left - _KEPT, 0.0) / seconds)
    images = min(wanted["images"], max(1, fit) * block)
    began = time.monotonic()
    with torch.inference_mode():
        _write(path, events, images, block, about, name)
    taken = time.monotonic() - began
    run.report.log(
        f"train: {images} images sampled{f' of {label}' if label else ''}, "
        f"{images / taken:.0f} images/s"
    )
    return {
        "model": name, "label": label, "images": images, "wanted": wanted["images"],
        "block_size": block, "images_per_second": block / seconds, "seconds": taken,
    }  # fmt: skip


def _write(
    path: Path, events: Events, images: int, block: int, about: Mapping[str, Any], source: str
) -> None:
    """The images that `write_shard` would write, compressed, with their columns."""
    with ExitStack() as stack:
        writer = None
        for number in range(-(-images // block)):
            count = min(block, images - number * block)
            drawn, found = events(count, block_generator(_SEED, number))
            pixels = drawn.cpu().numpy()
            columns = {key: values.cpu().numpy() for key, values in found.items()}
            if writer is None:
                _, height, width = pixels.shape
                writer = stack.enter_context(
                    ImageWriter(
                        path, height=height, width=width, split="generated", source=source,
                        seed=_SEED, columns=column_types(columns), **about,
                    )
                )  # fmt: skip
            writer.append(pixels, **columns)
