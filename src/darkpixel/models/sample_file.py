"""Write a model's samples to an image file: the same images for any number of jobs and cores."""

import hashlib
import logging
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from darkpixel.formats.blocks import Block, column_types
from darkpixel.formats.image_file import ImageWriter
from darkpixel.models.conditions import warn_of_extrapolation
from darkpixel.models.folder import load_config, load_generator
from darkpixel.models.sampling import require_good_pixels
from darkpixel.models.selection import DrawsImages, Selected
from darkpixel.models.workers import Workers, stopped_in_one_line
from darkpixel.progress import progress

logger = logging.getLogger(__name__)

Values = float | NDArray[Any]
"""Of a condition: one value for all images, or (n,)."""


class Draw(NamedTuple):
    """A block of images to be drawn."""

    images: int
    seed: int
    """Root of the streams."""
    block: int
    """Which stream."""
    conditions: Mapping[str, Values] | None = None
    """As of `GenerativeModel.sample_events`, () or (images,) each."""


def block_generator(seed: int, block: int) -> torch.Generator:
    """The random stream of one block of images."""
    digest = hashlib.sha256(f"{seed}/{block}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7]))


def default_block_size(device: torch.device) -> int:
    """Images at once where nothing says how many.

    Several blocks already for 1,000 images, so that no core of a CPU is idle.
    """
    return 512 if device.type == "cpu" else 1024


def shard_blocks(images: int, block_size: int, shard: int, shards: int) -> range:
    """The blocks that a shard makes: whole blocks, as even as they come."""
    blocks = -(-images // block_size)
    return range(blocks * shard // shards, blocks * (shard + 1) // shards)


def sampling_workers(model: DrawsImages, cores: int) -> Workers[Draw, Block]:
    """Processes that draw blocks of a model's images: on a CPU one a core, on a GPU this one."""

    network = model.model if isinstance(model, Selected) else model

    def draw(task: Draw) -> Block:
        stream = block_generator(task.seed, task.block)
        # A custom model that takes no conditions need not have the argument.
        given = {name: torch.as_tensor(values) for name, values in (task.conditions or {}).items()}
        asked: dict[str, Any] = {"conditions": given} if given else {}
        with torch.inference_mode():
            pixels, columns = model.sample_events(task.images, generator=stream, **asked)
        require_good_pixels(network, pixels)
        return pixels.cpu().numpy(), {
            name: values.cpu().numpy() for name, values in columns.items()
        }

    tensors = chain(network.parameters(), network.buffers())
    on_cpu = all(tensor.device.type == "cpu" for tensor in tensors)
    return Workers(
        draw,
        cores if on_cpu else 1,
        what="sampling",
        remedy="if memory is short, give fewer cores, or fewer images at once "
        "(sampling.block_size)",
    )


def draws(
    model: DrawsImages,
    images: int,
    block_size: int,
    blocks: range,
    seed: int,
    conditions: Mapping[str, Values] | None = None,
) -> list[Draw]:
    """What is to be drawn for each block; the arguments are those of `write_shard`.

    Raises:
        DarkpixelError: the model does not take these conditions.
    """
    given = conditions or {}
    # All of them at once, so that errors count all images.
    whole = {name: torch.as_tensor(values) for name, values in given.items()}
    network = model.model if isinstance(model, Selected) else model
    warn_of_extrapolation(network.conditions, network.given_conditions(images, whole))
    tasks = []
    for block in blocks:
        start = block * block_size
        count = min(block_size, images - start)
        part = {
            name: values[start : start + count]
            if isinstance(values, np.ndarray) and values.ndim
            else values
            for name, values in given.items()
        }
        tasks.append(Draw(count, seed, block, part))
    return tasks


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
    conditions: Mapping[str, Values] | None = None,
    cores: int = 1,
) -> None:
    """Generate the images of `blocks` and write them, with the columns they are conditioned on.

    Image i belongs to block i // block_size, and every block has a random stream of its own and
    is drawn on one thread, so that the images depend neither on the shards nor on the cores.

    Args:
        model: in evaluation mode, or `Selected` images of one.
        images: images of all shards together; the last block may be shorter.
        block_size: images generated at once.
        seed: root of the streams.
        about: `dataset`, `label`, `pixel_size` and `unit` of the training images.
        source: what made them, e.g. the model's name.
        conditions: as of `GenerativeModel.sample_events`, () or (images,) each; of a model alone,
            `Selected` images take none.
        cores: of the CPU that share the blocks; no more are used than there are blocks.

    Raises:
        DarkpixelError: the model draws no such images or does not take these conditions, SIGINT or
            SIGTERM has come, or a worker was killed; nothing is written.
    """
    height, width = model.image_size
    tasks = draws(model, images, block_size, blocks, seed, conditions)
    started = time.perf_counter()
    with (
        stopped_in_one_line(str(path)),
        sampling_workers(model, min(cores, len(tasks))) as workers,
        progress(sum(task.images for task in tasks), "images") as bar,
    ):
        stream = workers.results(tasks)
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
            "%d images, %.1f images/s on %d core%s",
            writer.count,
            rate,
            workers.cores,
            "s" if workers.cores > 1 else "",
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
    cores: int,
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
        cores: of the CPU that share the blocks.
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
        cores=cores,
    )
