"""Images for a training, simulated on all cores: `python -m bench.gpu.simulation --help`.

The files appear whole, the smaller splits first, so that a training can be calibrated while the
largest is still made. What was simulated before is not simulated again: the folder keeps the
chunks until their split is written. Imports no torch.
"""

import argparse
import functools
import itertools
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from filelock import FileLock

from bench.gpu.chunks import Chunk, chunks_of, make_chunk, make_pileup, pileup_parts
from bench.gpu.recipe import SPLITS, Bounds, Recipe, read_recipe
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.config.names import JETS, JOINT, MUONS
from darkpixel.datasets.charge import unit_of
from darkpixel.datasets.joint import join_labels
from darkpixel.datasets.muon_matching import matching_probability
from darkpixel.datasets.splits import numbered
from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, column_types
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile, ImageWriter

MADE = "made.json"
"""What was made of a recipe: written last."""
UNBOUNDED = Bounds(None, 0)
_JOINED = ("validation", "train")  # as the rule `join_labels` does
_SECOND = 1.0


def stages(recipe: Recipe) -> list[tuple[str, ...]]:
    """Splits that are made together, in their order.

    The spectra of muons are matched to each other by those of a whole stage: the validation
    images alone would be too few.
    """
    return [SPLITS[:2], SPLITS[2:]] if recipe.dataset == MUONS else [(split,) for split in SPLITS]


def split_path(folder: Path, split: str, label: str = "") -> Path:
    """The file of a split; of a label, or of all together, where there are several."""
    return folder / label / f"{split}.h5"


def make(folder: Path, recipe: Recipe, workers: int, bounds: Bounds = UNBOUNDED) -> dict[str, Any]:
    """Write the files of all splits and labels into `folder`; the content of `made.json`.

    Args:
        workers: processes.
        bounds: when `train` is cut off. The time counts from now.

    Raises:
        DarkpixelError: Pythia is not installed or refuses a setting, or too few muons are left.
    """
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(f"+{time.monotonic() - began:.1f} s  {text}", flush=True)

    with FileLock(folder / ".lock"):  # an earlier call's process may still be at it
        if (folder / MADE).exists():
            return _read(folder / MADE)
        if recipe.dataset not in (JETS, MUONS):
            # Compiled here, the code is there in every process that is forked.
            make_chunk(Chunk("warm", "", 0, 3, 0, 0, folder, recipe)).unlink()
            say("compiled")
        context = multiprocessing.get_context("fork")
        with (
            ProcessPoolExecutor(2, context) as writers,
            ProcessPoolExecutor(workers, context) as pool,
        ):
            writers.submit(os.getpid).result()  # forked before the other pool has threads
            try:
                _make_stages(folder, recipe, bounds, pool, writers, say)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        content = {
            "recipe": recipe._asdict(), "images": _counts(folder, recipe),
            "seconds": time.monotonic() - began, "workers": workers,
        }  # fmt: skip
        with whole_file(folder / MADE) as path:
            path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        return content


def _make_stages(
    folder: Path,
    recipe: Recipe,
    bounds: Bounds,
    pool: ProcessPoolExecutor,
    writers: ProcessPoolExecutor,
    say: Callable[[str], None],
) -> None:
    began = time.monotonic()
    if parts := [pool.submit(make_pileup, *part) for part in pileup_parts(folder, recipe)]:
        for future in parts:
            future.result()
        say("pile-up simulated")
    submitted = [
        {pool.submit(make_chunk, chunk): chunk for split in splits
         for chunk in _missing(folder, recipe, split)}
        for splits in stages(recipe)
    ]  # fmt: skip
    writing = []
    for splits, futures in zip(stages(recipe), submitted, strict=True):
        if splits == SPLITS[-1:]:
            _cut_off(futures, recipe, bounds, began)
        if chunks := [chunk for future, chunk in futures.items() if _made(future)]:
            say(f"{', '.join(splits)}: {len(chunks)} of {len(futures)} chunks simulated")
            written = writers.submit(write_splits, folder, splits, chunks, recipe)
            written.add_done_callback(functools.partial(_say_written, say, splits))
            writing.append(written)
    for written in writing:
        written.result()


def _say_written(say: Callable[[str], None], splits: Sequence[str], future: Future[None]) -> None:
    if not future.cancelled() and future.exception() is None:
        say(f"{', '.join(splits)}: written")


def _counts(folder: Path, recipe: Recipe) -> dict[str, dict[str, int]]:
    """Images of each label and split."""
    counts: dict[str, dict[str, int]] = {}
    for label in recipe.labels or ("",):
        for split in SPLITS:
            with ImageFile(split_path(folder, split, label)) as file:
                counts.setdefault(label or "all", {})[split] = len(file)
    return counts


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _missing(folder: Path, recipe: Recipe, split: str) -> list[Chunk]:
    """The chunks of a split that is not written yet."""
    done = all(split_path(folder, split, label).exists() for label in recipe.labels or ("",))
    if done and recipe.labels and split in _JOINED:
        done = split_path(folder, split, JOINT).exists()
    return [] if done else list(chunks_of(folder, recipe, split))


def _cut_off(
    futures: dict[Future[Path], Chunk], recipe: Recipe, bounds: Bounds, began: float
) -> None:
    """Wait until all chunks are made, or until the time is over and enough are."""
    least = min(bounds.least, recipe.images["train"])
    pending = set(futures)
    while pending:
        _, pending = wait(pending, timeout=_SECOND, return_when=FIRST_COMPLETED)
        over = bounds.seconds is not None and time.monotonic() - began > bounds.seconds
        images = dict.fromkeys(recipe.labels or ("",), 0)
        for future in set(futures) - pending:
            images[futures[future].label] += futures[future].images
        # Matching takes its share of the signal's muons, which is not known before it is done.
        needed = {
            label: least * (recipe.signal_oversampling if _matched(recipe, label) else 1)
            for label in images
        }
        if over and all(images[label] >= needed[label] for label in images):
            for future in pending:
                future.cancel()
            wait(pending)  # those that had begun
            return


def _made(future: Future[Path]) -> bool:
    """Whether a chunk was made, and not given up; waits for it."""
    if future.cancelled():
        return False
    future.result()
    return True


def _matched(recipe: Recipe, label: str) -> bool:
    return recipe.dataset == MUONS and label == "signal"


def write_splits(folder: Path, splits: Sequence[str], chunks: list[Chunk], recipe: Recipe) -> None:
    """Put chunks together into the image files of a stage.

    Raises:
        DarkpixelError: fewer muons are left than a split needs.
    """
    kept = _kept(chunks) if recipe.dataset == MUONS else {}
    for split in splits:
        paths = {}
        for label in recipe.labels or ("",):
            path = paths[label] = split_path(folder, split, label)
            mine = [chunk for chunk in chunks if (chunk.split, chunk.label) == (split, label)]
            blocks = _blocks(sorted(mine, key=lambda chunk: chunk.number), kept)
            count = _write(path, blocks, label, split, recipe)
            if count < recipe.images[split] and (split != "train" or not count):
                raise DarkpixelError(
                    f"data: {recipe.dataset}/{label}: {count} images are left after pT matching, "
                    f"{recipe.images[split]} needed for {split}; raise signal_oversampling, now "
                    f"{recipe.signal_oversampling:g}."
                )
        if recipe.labels and split in _JOINED:
            join_labels(paths, split_path(folder, split, JOINT), compressed=False)
    for chunk in chunks:
        chunk.path.unlink()


def _kept(chunks: Sequence[Chunk]) -> dict[Path, np.ndarray]:
    """Which muons of the signal's chunks are kept, as `matched_events` draws them."""
    mine: dict[str, list[Chunk]] = {"signal": [], "background": []}
    for chunk in sorted(chunks, key=lambda chunk: (chunk.split, chunk.number)):
        mine[chunk.label].append(chunk)
    signal, background = (_muon_pt(of) for of in mine.values())
    probability = matching_probability(np.concatenate(signal), np.concatenate(background))
    drawn = np.random.default_rng([chunks[0].recipe.seed, 1]).random(len(probability))
    parts = np.split(drawn < probability, np.cumsum([len(pt) for pt in signal])[:-1])
    return {chunk.path: part for chunk, part in zip(mine["signal"], parts, strict=True)}


def _muon_pt(chunks: Sequence[Chunk]) -> list[np.ndarray]:
    found = []
    for chunk in chunks:
        with np.load(chunk.path) as arrays:
            found.append(arrays["muon_pt"].astype(np.float64))
    return found


def _blocks(chunks: Sequence[Chunk], kept: dict[Path, np.ndarray]) -> Iterator[Block]:
    seen = 0
    for chunk in chunks:
        with np.load(chunk.path) as arrays:
            columns = dict(arrays.items())
        chosen = kept.get(chunk.path)
        if chosen is not None:
            columns = {name: values[chosen] for name, values in columns.items()}
        images = columns.pop("images")
        yield images, numbered(columns, seen, len(images))
        seen += len(images)


def _write(path: Path, blocks: Iterator[Block], label: str, split: str, recipe: Recipe) -> int:
    """Write at most as many images as are asked for; how many there were."""
    if recipe.dataset in (JETS, MUONS):
        size, unit, source = recipe.imaging["pixel_size"], "GeV", "Pythia 8"
    else:
        size = ArgonSimulation(**recipe.simulation).pixel_size
        unit, source = unit_of(ArgonImaging(**recipe.imaging)), "compact simulator, not Geant4"
    pixels, most = recipe.imaging["pixels"], recipe.images[split]
    first = next(blocks, None)
    if first is None:
        return 0
    with ImageWriter(
        path, height=pixels, width=pixels, dataset=recipe.dataset, label=label or "all",
        split=split, pixel_size=size, unit=unit, source=source, seed=recipe.seed,
        config_digest=settings_digest(recipe._asdict()), columns=column_types(first[1]),
        compressed=False,
    ) as writer:  # fmt: skip
        for images, columns in itertools.chain([first], blocks):
            room = most - writer.count
            writer.append(images[:room], **{name: v[:room] for name, v in columns.items()})
        return writer.count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("recipe", help="key `data` of a training's file, as JSON or YAML")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--nice", type=int, default=5, help="a GPU's host is in more of a hurry")
    parser.add_argument("--unbounded", action="store_true", help="no regard to `seconds`")
    options = parser.parse_args()
    os.nice(options.nice)
    recipe, bounds = read_recipe(yaml.safe_load(options.recipe))
    try:
        make(options.folder, recipe, options.workers, UNBOUNDED if options.unbounded else bounds)
    except DarkpixelError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
