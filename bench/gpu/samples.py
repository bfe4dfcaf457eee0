"""Images of a trained model within the time that is left."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from bench.gpu.report import Run
from bench.timing import once
from darkpixel.errors import DarkpixelError
from darkpixel.models.base import GenerativeModel
from darkpixel.models.folder import load_config, load_model
from darkpixel.models.sample_file import shard_blocks, write_shard

_SEED = 1
_KEPT = 15.0  # seconds for the measures


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
        wanted: `images`, at most, and `block_size`, of images drawn at once.
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
    index = None
    if label is not None:
        if classes := config["images"].get("classes"):
            index = classes.index(label)
        elif label != about["label"]:
            raise DarkpixelError(f"{folder}: trained on {about['label']}, not on {label}.")
        about["label"] = label
    if index is not None:
        model.choose_class(index)

    with torch.inference_mode():
        generator = torch.Generator().manual_seed(7)
        model.sample_events(min(16, block), generator=generator)  # a warm-up
        seconds = once(lambda: model.sample_events(block, generator=generator), run.device)
    fit = int(share * max(run.report.left - _KEPT, 0.0) / seconds)
    images = min(wanted["images"], max(1, fit) * block)
    began = time.monotonic()
    write_shard(
        model, path, images=images, block_size=block,
        blocks=shard_blocks(images, block, 0, 1), seed=_SEED, about=about, source=name,
        config_digest=str(config.get("digest", "")),
    )  # fmt: skip
    taken = time.monotonic() - began
    run.report.log(
        f"train: {images} images sampled{f' of {label}' if label else ''}, "
        f"{images / taken:.0f} images/s"
    )
    return {
        "model": name, "label": label, "images": images, "wanted": wanted["images"],
        "block_size": block, "images_per_second": block / seconds, "seconds": taken,
    }  # fmt: skip
