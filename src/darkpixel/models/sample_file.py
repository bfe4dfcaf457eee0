"""Write a model's samples to an image file: the same images for any number of jobs."""

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from darkpixel.formats.blocks import column_types
from darkpixel.formats.image_file import ImageWriter
from darkpixel.models.folder import load_config, load_generator
from darkpixel.models.selection import DrawsImages, Selected

logger = logging.getLogger(__name__)


def block_generator(seed: int, block: int) -> torch.Generator:
    """The random stream of one block of images."""
    digest = hashlib.sha256(f"{seed}/{block}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7]))


def shard_blocks(images: int, block_size: int, shard: int, shards: int) -> range:
    """The blocks that a shard makes: whole blocks, as even as they come."""
    blocks = -(-images // block_size)
    return range(blocks * shard // shards, blocks * (shard + 1) // shards)


def write_shard(
    model: DrawsImages,
    path: str | Path,
    *,
    images: int,
    block_size: int,
    blocks: range,
    seed: int,
    about: Mapping[str, Any],
    source: str,
    config_digest: str,
) -> None:
    """Generate the images of `blocks` and write them.

    Image i belongs to block i // block_size, and every block has a random stream of its own, so
    that the images depend neither on the shards nor on who makes them.

    Args:
        model: in evaluation mode, or `Selected` images of one.
        images: images of all shards together; the last block may be shorter.
        block_size: images generated at once.
        seed: root of the streams.
        about: `dataset`, `label`, `pixel_size` and `unit` of the training images.
        source: what made them, e.g. the model's name.
    """
    height, width = model.image_size
    started = time.perf_counter()

    def generated() -> Iterator[tuple[NDArray[np.float32], dict[str, NDArray[Any]]]]:
        for block in blocks:
            count = min(block_size, images - block * block_size)
            pixels, columns = model.sample_events(count, generator=block_generator(seed, block))
            yield pixels.cpu().numpy(), {k: v.cpu().numpy() for k, v in columns.items()}

    with (
        torch.inference_mode(),
        tqdm(total=len(blocks) * block_size, unit=" images", disable=None) as bar,
    ):
        stream = generated()
        first = next(stream)
        with ImageWriter(
            path,
            height=height,
            width=width,
            split="generated",
            source=source,
            seed=seed,
            config_digest=config_digest,
            columns=column_types(first[1]),
            **about,
        ) as writer:
            for pixels, columns in chain([first], stream):
                writer.append(pixels, **columns)
                bar.update(len(pixels))
    rate = writer.count / (time.perf_counter() - started)
    logger.info(
        "%d images, %.1f images/s on %d threads", writer.count, rate, torch.get_num_threads()
    )


def sample_folder(
    folder: str | Path,
    path: str | Path,
    *,
    weights: str,
    label: str,
    source: str,
    images: int,
    block_size: int,
    shard: int,
    shards: int,
    seed: int,
    device: torch.device,
    selection: Mapping[str, Any] | None = None,
    train: str | None = None,
) -> None:
    """Generate one shard of the images of a trained model and write it.

    Args:
        folder: of the model.
        path: of the image file.
        weights: file in the folder, of the trained model or of a snapshot.
        label: of the images.
        source: what made them, e.g. the model's name.
        images: images of all shards together.
        block_size: images generated at once.
        shard, shards: which of how many.
        seed: root of the streams.
        device: where.
        selection: draw images anew until pT and mass fit (see `Selected`); None: keep every one.
        train: training images, for a selection.
    """
    config = load_config(folder)
    about = {name: config["images"][name] for name in ("dataset", "pixel_size", "unit")}
    model = load_generator(folder, weights=weights, device=device, label=label)
    write_shard(
        Selected(model, selection, str(train)) if selection else model,
        path,
        images=images,
        block_size=block_size,
        blocks=shard_blocks(images, block_size, shard, shards),
        seed=seed,
        about=about | {"label": label},
        source=source,
        config_digest=config["digest"],
    )
