# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Liquid-argon events with the compact simulator (not Geant4): particles to an events file.

After the public data of the paper (A.3): single particles with uniform momentum, and, for the
network that labels pixels, several particles from one vertex.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from darkpixel import __version__
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import new_hdf5
from darkpixel.formats.species import SpeciesCounts
from darkpixel.simulation.argon.crop import crop_corner
from darkpixel.simulation.argon.events import ArgonEventsWriter
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.physics import Floats
from darkpixel.simulation.argon.record import Medium, Record, clear, isotropic, new_record
from darkpixel.simulation.argon.tables import argon_tables
from darkpixel.simulation.argon.transport import (
    MASSES,
    SPECIES,
    check_overflow,
    seed_generator,
    start,
    transport,
)
from darkpixel.simulation.argon.voxels import (
    PLANES,
    SIDE,
    Projections,
    choose_box,
    empty,
    new_projections,
    project,
    sparse,
)

Kind = Literal["single", "vertex"]

# Vertex events: those of the public segmentation set; kinetic energies in MeV.
FEWEST, MOST = 2, 5
VERTEX_ENERGY, VERTEX_ENERGY_PROTON = (50.0, 1000.0), (50.0, 400.0)

_PATIENCE, _LEAST_ACCEPTANCE = 20_000, 1e-3
_BLOCK = 512  # events written at once, always: same seed, same bytes
_TRIES = 10_000  # draws of one event until it has enough pixels
# Beyond the box: particles that leave this far out hardly ever come back into it.
_MARGIN = 1.25


class Recipe(NamedTuple):
    """What the compiled loop needs of the settings.

    momentum: (5, 2) MeV/c, in `SPECIES` order; species: of single particles, places in it.
    """

    momentum: Floats
    species: NDArray[np.int64]
    pixel_size: float
    voxel_cap: float
    threshold: float
    minimum_pixels: int
    labelling: int  # 0 by particle, 1 by ancestor
    vertex: bool


def simulate(
    settings: ArgonSimulation,
    imaging: ArgonImaging,
    *,
    kind: Kind,
    images: int,
    seed: int,
    path: str | Path,
    first_event: int = 0,
    progress: bool | None = None,
    species: Sequence[int] = SPECIES,
) -> None:
    """Simulate events until `images` of them pass the crop, and write them to `path`.

    The file depends on the arguments only: same seed, same bytes. It appears whole or not at all.
    Events with too few pixels are drawn again, with the same species; `drawn` counts the others,
    as in the public files, before the crop.

    Args:
        imaging: its plane, `pixels` and `minimum_filled` decide which events are accepted.
        kind: "single" particles, or several from a "vertex".
        images: number of accepted events, at least 1.
        seed: of this file; files with different seeds are independent.
        first_event: number of the first accepted event, so that files of one run continue.
        progress: show a bar; None: only on a terminal.
        species: PDG codes of single particles, drawn evenly.

    Raises:
        DarkpixelError: hardly any event is accepted, an event is too large, or the file cannot
            be written.
    """
    if images < 1:
        raise DarkpixelError(f"argon: {images} images asked for; ask for at least 1.")
    single = kind == "single"
    recipe_text = f"{kind} {settings.model_dump_json()} {imaging.model_dump_json()}"
    header = {
        "seed": seed,
        "settings": settings.model_dump_json(),
        "imaging": imaging.model_dump_json(),
        "config_digest": hashlib.sha256(recipe_text.encode()).hexdigest()[:16],
        "software": f"darkpixel {__version__} compact argon simulator, not Geant4; "
        f"numba {version('numba')}",
    }
    events = _Events(settings, imaging, kind, seed, species)
    bar = tqdm(
        total=images,
        desc=f"argon/{kind} seed {seed}",
        unit=" images",
        disable=None if progress is None else not progress,
    )
    with new_hdf5(path) as (file, disk), bar:
        writer = ArgonEventsWriter(file, kind, header)
        accepted = 0
        while accepted < images:
            size = min(_BLOCK, images - accepted)
            planes: dict[str, list[Any]] = {plane: [] for plane in PLANES}
            columns: dict[str, list[Any]] = {"event": []}
            for _ in range(size):
                number, momentum = events.next_accepted()
                if single:
                    columns.setdefault("species", []).append(SPECIES[number])
                    columns.setdefault("momentum", []).append(momentum)
                    columns.setdefault("start", []).append(events.initial[0].copy())
                    columns.setdefault("direction", []).append(events.initial[1].copy())
                else:
                    columns.setdefault("particles", []).append(number)
                columns["event"].append(first_event + accepted)
                accepted += 1
                for plane, pixels in events.pixels().items():
                    planes[plane].append(pixels)
                bar.update()
            writer.append(planes, columns)
            disk.check()
        counts = events.species_counts() if single else {}
        writer.finish(events.drawn, counts)


class _Events:
    """The sequence of simulated events of one seed, one at a time.

    Attributes:
        initial: (2, 3), where the present event starts, in voxels, and, of a single particle, its
            direction.
    """

    def __init__(
        self,
        settings: ArgonSimulation,
        imaging: ArgonImaging,
        kind: Kind,
        seed: int,
        species: Sequence[int],
    ) -> None:
        self._kind = kind
        self._imaging = imaging
        ranges = settings.momentum
        self._recipe = Recipe(
            np.array([ranges.electron, ranges.photon, ranges.muon, ranges.pion, ranges.proton]),
            np.array([SPECIES.index(code) for code in species]),
            settings.pixel_size,
            settings.voxel_cap,
            settings.threshold,
            settings.minimum_pixels,
            0 if settings.labels == "particle" else 1,
            kind == "vertex",
        )
        self._record = new_record()
        reach = _MARGIN * (SIDE * settings.pixel_size)
        self._medium = Medium(argon_tables(), reach, scattering=True, reactions=True)
        self._projections = new_projections()
        self.initial = np.zeros((2, 3))
        self.drawn = 0
        self.accepted = 0
        self._by_species = np.zeros((2, len(SPECIES)), np.int64)
        # The two kinds do not share events, whatever their seeds.
        words = np.random.SeedSequence([seed, ("single", "vertex").index(kind)]).generate_state(1)
        seed_generator(int(words[0]))

    def next_accepted(self) -> tuple[int, float]:
        """Simulate on to the next event that passes the crop.

        Returns:
            index of the species (or, for a vertex, number of particles) and momentum, MeV/c.
        """
        plane = PLANES.index(self._imaging.plane)
        while True:
            number, momentum = next_event(
                self._record, self._medium, self._recipe, self._projections, self.initial
            )
            check_overflow(self._record)
            if number < 0:
                raise DarkpixelError(
                    f"argon/{self._kind}: no event in {_TRIES} has {self._recipe.minimum_pixels} "
                    "pixels in each plane; change minimum_pixels or the momentum ranges."
                )
            self.drawn += 1
            row, _ = crop_corner(
                self._projections.images[plane], self._imaging.pixels, self._imaging.minimum_filled
            )
            if self._kind == "single":
                self._by_species[0, number] += 1
                self._by_species[1, number] += row >= 0
            if row >= 0:
                self.accepted += 1
                return number, momentum
            if self.drawn >= _PATIENCE and self.accepted < _LEAST_ACCEPTANCE * self.drawn:
                raise DarkpixelError(
                    f"argon/{self._kind}: {self.accepted} events of {self.drawn} pass the crop; "
                    f"imaging.pixels {self._imaging.pixels} or minimum_filled "
                    f"{self._imaging.minimum_filled:g} does not fit the momentum ranges."
                )

    def pixels(self) -> dict[str, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
        """Pixel, charge and label of the present event, by plane."""
        by_plane = {}
        for number, plane in enumerate(PLANES):
            count = int(self._projections.counts[number])
            arrays = (
                np.empty(count, np.uint16),
                np.empty(count, np.float32),
                np.empty(count, "u1"),
            )
            sparse(self._projections, number, *arrays)
            by_plane[plane] = arrays
        return by_plane

    def species_counts(self) -> dict[str, int]:
        """`drawn_{pdg}` and `accepted_{pdg}`."""
        drawn, accepted = (
            Counter(dict(zip(SPECIES, counts.tolist(), strict=True))) for counts in self._by_species
        )
        return SpeciesCounts(drawn, accepted).attributes(SPECIES)


@kernel
def next_event(
    record: Record, medium: Medium, recipe: Recipe, projections: Projections, initial: Floats
) -> tuple[int, float]:
    """Draw one event with enough pixels in each plane and project it.

    Args:
        initial: (2, 3), filled with the start, in voxels, and the direction of a single particle.

    Returns:
        index of the species, or number of particles of a vertex (-1: gave up); momentum, MeV/c
        (0 for a vertex).
    """
    side = SIDE * recipe.pixel_size
    corner = np.empty(3)
    number = recipe.species[np.random.randint(0, len(recipe.species))]
    if recipe.vertex:
        number = np.random.randint(FEWEST, MOST + 1)
    momentum = 0.0
    for _ in range(_TRIES):
        clear(record)
        if recipe.vertex:
            for _ in range(number):
                species = np.random.randint(0, len(SPECIES))
                low, high = VERTEX_ENERGY
                if species == len(SPECIES) - 1:
                    low, high = VERTEX_ENERGY_PROTON
                energy = low + (high - low) * np.random.random()
                start(record, species, energy, isotropic())
                transport(record, medium)
        else:
            low, high = recipe.momentum[number, 0], recipe.momentum[number, 1]
            momentum = low + (high - low) * np.random.random()
            mass = MASSES[number]
            energy = math.sqrt(momentum * momentum + mass * mass) - mass
            direction = isotropic()
            initial[1, 0], initial[1, 1], initial[1, 2] = direction
            start(record, number, energy, direction)
            transport(record, medium)
        choose_box(record, side, corner)
        empty(projections)
        project(
            record,
            corner,
            recipe.pixel_size,
            recipe.voxel_cap,
            recipe.threshold,
            recipe.labelling,
            projections,
        )
        if projections.counts.min() >= recipe.minimum_pixels:
            # Particles start at the origin; the centre of the box's first voxel is 0.
            initial[0] = -corner / recipe.pixel_size - 0.5
            return number, momentum
    return -1, 0.0
