"""Liquid-argon images for a training, simulated on all cores: `python -m bench.gpu.argon --help`.

The same functions as the rules `simulate_argon` and `prepare_argon` call, but each process crops
and scales what it has simulated, and the splits are made of whole chunks, which are independent.
The files appear whole, the smaller splits first, so that a training can be calibrated while the
largest is still written. Imports no torch.
"""

import argparse
import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.datasets.charge import unit_of
from darkpixel.datasets.lartpc import crop_events, scale_events
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.image_file import ImageWriter
from darkpixel.formats.species import SpeciesCounts
from darkpixel.simulation.argon.events import event_blocks
from darkpixel.simulation.argon.simulation import simulate

SPLITS = ("validation", "test", "train")
COLUMNS = ("event", "species", "momentum")
_LARGEST_CHUNK = 2000


class Chunk(NamedTuple):
    """Work of one process."""

    split: str
    number: int
    images: int
    first_event: int
    seed: int
    folder: Path
    settings: dict[str, Any]
    imaging: dict[str, Any]


def data_folder(work: Path, recipe: Mapping[str, Any]) -> Path:
    """Where the files of a recipe lie: `images`, `simulation`, `imaging`, `seed`."""
    return work / f"argon-{settings_digest(dict(recipe))}"


def make_chunk(chunk: Chunk) -> Path:
    """Simulate, crop and scale a chunk; the file of its arrays."""
    name = f"{chunk.split}-{chunk.number}"
    events = chunk.folder / f"{name}.h5"
    imaging = ArgonImaging(**chunk.imaging)
    simulate(
        ArgonSimulation(**chunk.settings), imaging, kind="single", images=chunk.images,
        seed=chunk.seed, path=events, first_event=chunk.first_event, progress=False,
    )  # fmt: skip
    blocks = crop_events(event_blocks([events], imaging), imaging, SpeciesCounts(), name)
    images, columns = [], []
    for pixels, found in scale_events(blocks, imaging):
        images.append(pixels)
        columns.append(found)
    arrays: dict[str, Any] = {
        key: np.concatenate([part[key] for part in columns]) for key in COLUMNS
    }
    events.unlink()
    path = chunk.folder / f"{name}.npz"
    np.savez(path, images=np.concatenate(images), **arrays)
    return path


def chunks_of(folder: Path, recipe: Mapping[str, Any]) -> Iterator[Chunk]:
    """The chunks of all splits; they do not depend on the number of processes."""
    first = 0
    for index, split in enumerate(SPLITS):
        images = recipe["images"][split]
        for number, start in enumerate(range(0, images, _LARGEST_CHUNK)):
            size = min(_LARGEST_CHUNK, images - start)
            seed = recipe["seed"] * 1_000_000 + index * 100_000 + number
            yield Chunk(split, number, size, first, seed, folder, recipe["simulation"],
                        recipe["imaging"])  # fmt: skip
            first += size


def write_split(folder: Path, split: str, paths: list[Path], recipe: Mapping[str, Any]) -> None:
    """Put chunks together into the image file of a split."""
    imaging = ArgonImaging(**recipe["imaging"])
    settings = ArgonSimulation(**recipe["simulation"])
    types: dict[str, Any] = {"event": np.int64, "species": np.int32, "momentum": np.float32}
    with ImageWriter(
        folder / f"{split}.h5", height=imaging.pixels, width=imaging.pixels, dataset="lartpc",
        label="all", split=split, pixel_size=settings.pixel_size, unit=unit_of(imaging),
        source="compact simulator, not Geant4", seed=recipe["seed"],
        config_digest=settings_digest(dict(recipe)), columns=types, compressed=False,
    ) as writer:  # fmt: skip
        for path in paths:
            with np.load(path) as arrays:
                pixels: NDArray[np.float32] = arrays["images"]
                writer.append(pixels, **{name: arrays[name] for name in COLUMNS})
            path.unlink()


def make(folder: Path, recipe: Mapping[str, Any], workers: int) -> None:
    """Write `validation.h5`, `test.h5` and `train.h5` into `folder`, in this order."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(f"+{time.monotonic() - began:.1f} s  {text}", flush=True)

    # Compiled here, the code is there in every process that is forked.
    warm = Chunk("warm", 0, 3, 0, 0, folder, recipe["simulation"], recipe["imaging"])
    make_chunk(warm).unlink()
    say("compiled")
    context = multiprocessing.get_context("fork")
    with (
        ProcessPoolExecutor(len(SPLITS), context) as writers,
        ProcessPoolExecutor(workers, context) as pool,
    ):
        writers.submit(os.getpid).result()  # forked before the other pool has threads
        made = [
            (chunk.split, pool.submit(make_chunk, chunk)) for chunk in chunks_of(folder, recipe)
        ]
        writing = []
        for split in SPLITS:
            paths = [future.result() for where, future in made if where == split]
            say(f"{split} simulated")
            writing.append((split, writers.submit(write_split, folder, split, paths, recipe)))
        for split, future in writing:
            future.result()
            say(f"{split}.h5 written")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("recipe", help="JSON: images of each split, simulation, imaging, seed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    os.nice(5)  # a GPU's host is in more of a hurry
    make(options.folder, json.loads(options.recipe), options.workers)


if __name__ == "__main__":
    main()
