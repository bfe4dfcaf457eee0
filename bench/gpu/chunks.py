"""One process's share of a simulation: a chunk of images, in a file of arrays.

The same functions as the rules of simulation and preparation call, but each process makes images of
what it has simulated, and the splits are made of whole chunks, which are independent. Imports no
torch.
"""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.gpu.recipe import SPLITS, Recipe
from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.config.names import JETS, MUONS
from darkpixel.datasets.lartpc import crop_events, scale_events
from darkpixel.datasets.muon_matching import chunk_events
from darkpixel.formats.blocks import Block
from darkpixel.formats.files import whole_file
from darkpixel.formats.species import SpeciesCounts
from darkpixel.simulation.argon.events import event_blocks as argon_blocks
from darkpixel.simulation.argon.simulation import simulate as simulate_argon
from darkpixel.simulation.jets.images import event_blocks as jet_blocks
from darkpixel.simulation.jets.simulation import simulate as simulate_jets
from darkpixel.simulation.muons.particles import Deposits, concatenate
from darkpixel.simulation.muons.pileup import read_pileup, simulate_pileup
from darkpixel.simulation.muons.simulation import simulate as simulate_muons

# Small enough that little is lost where a simulation is cut off, large enough to start Pythia for.
_LARGEST = {"lartpc": 2000, "jets": 1000, "muons": 3000}
_PILEUP_PART = 1000  # collisions of the pool; each part is a Pythia run of its own


class Chunk(NamedTuple):
    """Work of one process."""

    split: str
    label: str
    number: int
    images: int
    first_event: int
    seed: int
    folder: Path
    recipe: Recipe

    @property
    def path(self) -> Path:
        """Of the chunk's arrays: `images` and its columns."""
        return self.folder / "chunks" / f"{self.label or 'all'}-{self.split}-{self.number}.npz"


def chunks_of(folder: Path, recipe: Recipe, split: str) -> Iterator[Chunk]:
    """The chunks of a split, its labels in turn; they do not depend on the number of processes."""
    index, size = SPLITS.index(split), _LARGEST[recipe.dataset]
    before = sum(recipe.images[other] for other in SPLITS[:index])
    labels = recipe.labels or ("",)
    wanted = dict.fromkeys(labels, recipe.images[split])
    if recipe.dataset == MUONS:  # some are left out so that their spectra agree
        wanted["signal"] = int(np.ceil(recipe.signal_oversampling * wanted["signal"]))
    # In turn in proportion, so that all labels get on alike where the simulation is cut off.
    order = sorted(
        ((start / wanted[label], place, start // size, start)
         for place, label in enumerate(labels) for start in range(0, wanted[label], size))
    )  # fmt: skip
    for _, place, number, start in order:
        label = labels[place]
        seed = recipe.seed * 1_000_000 + index * 100_000 + place * 50_000 + number
        images = min(size, wanted[label] - start)
        yield Chunk(split, label, number, images, before + start, seed, folder, recipe)


def make_chunk(chunk: Chunk) -> Path:
    """Simulate a chunk and make its images, unless that is done; the file of its arrays."""
    if chunk.path.exists():
        return chunk.path
    events = chunk.path.with_suffix(".h5")
    events.parent.mkdir(parents=True, exist_ok=True)
    blocks = list(_blocks(chunk, events))
    events.unlink()
    columns = {name: np.concatenate([found[name] for _, found in blocks]) for name in blocks[0][1]}
    with whole_file(chunk.path) as path:
        np.savez(path, images=np.concatenate([images for images, _ in blocks]), **columns)  # type: ignore[arg-type]
    return chunk.path


def _blocks(chunk: Chunk, events: Path) -> Iterator[Block]:
    recipe = chunk.recipe
    common: dict[str, Any] = {
        "images": chunk.images, "seed": chunk.seed, "path": events, "progress": False,
    }  # fmt: skip
    if recipe.dataset == JETS:
        simulate_jets(JetSimulation(**recipe.simulation), label=chunk.label, **common)  # type: ignore[arg-type]
        yield from jet_blocks([events], JetImaging(**recipe.imaging))
    elif recipe.dataset == MUONS:
        settings, imaging = MuonSimulation(**recipe.simulation), MuonImaging(**recipe.imaging)
        pool = _pool(chunk.folder) if settings.pileup > 0 else None
        simulate_muons(settings, imaging, label=chunk.label, pool=pool, **common)  # type: ignore[arg-type]
        yield from chunk_events([events]).blocks
    else:
        particles = ArgonImaging(**recipe.imaging)
        simulate_argon(
            ArgonSimulation(**recipe.simulation), particles, kind="single",
            first_event=chunk.first_event, **common,
        )  # fmt: skip
        name = f"{chunk.split}-{chunk.number}"
        read = argon_blocks([events], particles)
        yield from scale_events(crop_events(read, particles, SpeciesCounts(), name), particles)


def pileup_parts(folder: Path, recipe: Recipe) -> list[tuple[Path, Recipe, int, int]]:
    """The arguments of `make_pileup` that together make the pool of pile-up; none without it."""
    if recipe.dataset != MUONS or not recipe.simulation["pileup"]:
        return []
    events, seed = recipe.simulation["pileup_events"], recipe.seed * 1_000_000 + 900_000
    parts = []
    for number, start in enumerate(range(0, events, _PILEUP_PART)):
        path = _pool_folder(folder) / f"{number:04d}.h5"
        parts.append((path, recipe, min(_PILEUP_PART, events - start), seed + number))
    return parts


def make_pileup(path: Path, recipe: Recipe, events: int, seed: int) -> None:
    """Simulate a part of the pool of pile-up, unless it is there."""
    if not path.exists():
        settings = MuonSimulation(**{**recipe.simulation, "pileup_events": events})
        simulate_pileup(settings, seed, path, progress=False)


def _pool_folder(folder: Path) -> Path:
    return folder / "pileup"


@functools.cache
def _pool(folder: Path) -> Deposits:
    """The whole pool of pile-up, read once in a process."""
    return concatenate([read_pileup(path) for path in sorted(_pool_folder(folder).glob("*.h5"))])
