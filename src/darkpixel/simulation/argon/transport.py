# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Transport of particles through liquid argon: the compact simulator, not Geant4.

There is no other transport here. geant4-pybind installs from its wheel, but no wheel ships Geant4's
data sets, without which no physics list deposits energy. A transport for users who have them would
give what `deposits` gives, energy deposits in space with the class of what made them, and write
them into a `Record` (`darkpixel.simulation.argon.record`), from which box, voxels and projections
are made.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats import species as known_species
from darkpixel.formats.image_format import SHOWER, TRACK
from darkpixel.simulation.argon.electrons import electron
from darkpixel.simulation.argon.hadrons import neutron
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.photons import photon
from darkpixel.simulation.argon.physics import (
    ELECTRON_MASS,
    MUON_MASS,
    PION_MASS,
    PROTON_MASS,
)
from darkpixel.simulation.argon.record import (
    ANCESTOR,
    DEPOSITED,
    DEPOSITS,
    ELECTRON,
    ESCAPED,
    MUON,
    NEUTRINOS,
    NEUTRON,
    NUCLEAR,
    OVERFLOW,
    PHOTON,
    PION,
    POSITRON,
    PROTON,
    REST,
    STACK,
    Medium,
    Record,
    Vector,
    clear,
    new_record,
    pop,
    push,
)
from darkpixel.simulation.argon.tables import argon_tables
from darkpixel.simulation.argon.tracks import heavy

# The five species of the public data, in their order: PDG code, kind on the stack, mass.
SPECIES = tuple(known_species.SPECIES)
KINDS = np.array([ELECTRON, PHOTON, MUON, PION, PROTON])
MASSES = np.array([ELECTRON_MASS, 0.0, MUON_MASS, PION_MASS, PROTON_MASS])


@kernel
def start(record: Record, species: int, energy: float, direction: Vector) -> None:
    """Put a primary of one of the five `SPECIES` (0 to 4) at the origin of an event."""
    record.counts[ANCESTOR] = SHOWER if species < 2 else TRACK
    if KINDS[species] == MUON or KINDS[species] == PION:
        record.energy[REST] += MASSES[species]
    push(record, KINDS[species], energy, Vector(0.0, 0.0, 0.0), direction)


@kernel
def transport(record: Record, medium: Medium) -> None:
    """Follow everything on the stack until nothing is left."""
    while record.counts[STACK] > 0:
        kind, particle = pop(record)
        if kind == PHOTON:
            photon(record, medium, particle)
        elif kind in (ELECTRON, POSITRON):
            electron(record, medium, kind == POSITRON, particle)
        elif kind == NEUTRON:
            neutron(record, medium, particle)
        else:
            heavy(record, medium, kind, particle)


@kernel
def seed_generator(seed: int) -> None:
    """Seed numba's own generator, which the compiled loops draw from."""
    np.random.seed(seed)


@dataclass(frozen=True)
class Deposits:
    """The energy deposits of one particle and where its energy went.

    position: (n, 3) cm from the start; energy: (n,) MeV; by_particle, by_ancestor: (n,) uint8,
    SHOWER or TRACK by what deposits and by the primary; initial: MeV, kinetic energy and, for mu-
    and pi+, rest energy; balance: MeV, adds up to `initial`.
    """

    position: NDArray[np.float64]
    energy: NDArray[np.float64]
    by_particle: NDArray[np.uint8]
    by_ancestor: NDArray[np.uint8]
    initial: float
    balance: dict[str, float]


def deposits(
    species: int,
    momentum: float,
    *,
    seed: int,
    events: int = 1,
    half_width: float = 160.0,
    scattering: bool = True,
    reactions: bool = True,
) -> list[Deposits]:
    """Transport `events` single particles that start at the origin along +z.

    Args:
        species: PDG code, one of `SPECIES`.
        momentum: MeV/c.
        seed: of numba's generator.
        half_width: half the side of the cube of argon, cm.
        scattering: multiple scattering of charged particles.
        reactions: nuclear reactions of pions and protons.

    Raises:
        DarkpixelError: the species is not one of the five, or an event has too many deposits.
    """
    if species not in SPECIES:
        raise DarkpixelError(f"argon: species {species} is unknown; use one of {SPECIES}.")
    index = SPECIES.index(species)
    mass = float(MASSES[index])
    kinetic = math.sqrt(momentum**2 + mass**2) - mass
    initial = kinetic + (mass if species in (13, 211) else 0.0)
    record = new_record()
    medium = Medium(argon_tables(), half_width, scattering, reactions)
    seed_generator(seed)
    simulated = []
    for _ in range(events):
        clear(record)
        start(record, index, kinetic, Vector(0.0, 0.0, 1.0))
        transport(record, medium)
        check_overflow(record)
        n = int(record.counts[DEPOSITS])
        simulated.append(
            Deposits(
                record.deposits[:n, :3].copy(),
                record.deposits[:n, 3].copy(),
                record.makers[:n, 0].copy(),
                record.makers[:n, 1].copy(),
                initial,
                {
                    name: float(record.energy[entry])
                    for name, entry in (
                        ("deposited", DEPOSITED),
                        ("escaped", ESCAPED),
                        ("neutrinos", NEUTRINOS),
                        ("nuclear", NUCLEAR),
                        ("rest", REST),
                    )
                },
            )
        )
    return simulated


def check_overflow(record: Record) -> None:
    """Raise DarkpixelError where an event did not fit the record."""
    if record.counts[OVERFLOW]:
        raise DarkpixelError(
            f"argon: an event has more than {len(record.deposits)} energy deposits; "
            "lower the momentum ranges of the simulation."
        )
