# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""The record of one event while it is transported, particles, and directions in space.

Everything here is called from compiled loops: plain functions on preallocated arrays.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkpixel.simulation.argon.kernels import kernel

# Kinds of particles on the stack.
ELECTRON, PHOTON, MUON, PION, PROTON, POSITRON, ANTIMUON, NEUTRON = range(8)

# Entries of `Record.energy`.
DEPOSITED, ESCAPED, NEUTRINOS, NUCLEAR, REST = range(5)

# Entries of `Record.counts`.
DEPOSITS, STACK, ANCESTOR, OVERFLOW = range(4)


class Vector(NamedTuple):
    """A place, cm, or a direction, of length one."""

    x: float
    y: float
    z: float


class Particle(NamedTuple):
    """A particle in flight: kinetic energy in MeV, where it is, where it goes."""

    energy: float
    place: Vector
    direction: Vector


class Medium(NamedTuple):
    """The argon that particles cross, a cube about the origin, and what happens to them in it.

    tables: `darkpixel.simulation.argon.tables.argon_tables`; half_width: half the side of the cube,
    cm; scattering: multiple scattering of charged particles; reactions: of pions and protons.
    """

    tables: NDArray[np.float64]
    half_width: float
    scattering: bool
    reactions: bool


class Record(NamedTuple):
    """One event's deposits, its stack of particles to follow, and its energy balance.

    deposits: (D, 4) x, y, z in cm, energy in MeV; makers: (D, 2) uint8, SHOWER or TRACK by the
    particle that deposits and by the primary it comes from; stack: (P, 8) kind, kinetic energy in
    MeV, x, y, z in cm, direction; counts: deposits made, particles on the stack, class of the
    present primary, whether an array overflowed; energy: (5,) MeV, where the energy went:
    deposited; carried out by particles that leave the volume, or are too slow to be seen (late
    neutrons); neutrinos; paid to nuclei (binding; negative where nuclei release energy); rest
    energy of the particles that are left (of primaries that decay, and of pairs).
    """

    deposits: NDArray[np.float64]
    makers: NDArray[np.uint8]
    stack: NDArray[np.float64]
    counts: NDArray[np.int64]
    energy: NDArray[np.float64]


def new_record(deposits: int = 400_000, particles: int = 20_000) -> Record:
    """An empty record; the default holds 5 particles of 2 GeV many times over (21 MB)."""
    return Record(
        np.empty((deposits, 4)),
        np.empty((deposits, 2), np.uint8),
        np.empty((particles, 8)),
        np.zeros(4, np.int64),
        np.zeros(5),
    )


@kernel
def clear(record: Record) -> None:
    record.counts[:] = 0
    record.energy[:] = 0


@kernel
def deposit(record: Record, maker: int, energy: float, place: Vector) -> None:
    """Leave `energy` at a place; `maker` is SHOWER for e- e+ and photons, else TRACK."""
    if energy <= 0:
        return
    n = record.counts[DEPOSITS]
    if n == record.deposits.shape[0]:
        record.counts[OVERFLOW] = 1
        return
    record.deposits[n, 0] = place.x
    record.deposits[n, 1] = place.y
    record.deposits[n, 2] = place.z
    record.deposits[n, 3] = energy
    record.makers[n, 0] = maker
    record.makers[n, 1] = record.counts[ANCESTOR]
    record.counts[DEPOSITS] = n + 1
    record.energy[DEPOSITED] += energy


@kernel
def push(record: Record, kind: int, energy: float, place: Vector, direction: Vector) -> None:
    """Put a particle of kinetic `energy` (MeV) on the stack."""
    n = record.counts[STACK]
    if n == record.stack.shape[0]:
        record.counts[OVERFLOW] = 1
        return
    entry = record.stack[n]
    entry[0] = kind
    entry[1] = energy
    entry[2] = place.x
    entry[3] = place.y
    entry[4] = place.z
    entry[5] = direction.x
    entry[6] = direction.y
    entry[7] = direction.z
    record.counts[STACK] = n + 1


@kernel
def pop(record: Record) -> tuple[int, Particle]:
    """Take the last particle off the stack, which is not empty: its kind, and itself."""
    record.counts[STACK] -= 1
    entry = record.stack[record.counts[STACK]]
    place, direction = Vector(entry[2], entry[3], entry[4]), Vector(entry[5], entry[6], entry[7])
    return int(entry[0]), Particle(entry[1], place, direction)


@kernel
def moved(place: Vector, direction: Vector, distance: float) -> Vector:
    """The place that lies `distance` (cm) away in a direction."""
    return Vector(
        place.x + distance * direction.x,
        place.y + distance * direction.y,
        place.z + distance * direction.z,
    )


@kernel
def outside(place: Vector, half_width: float) -> bool:
    """Whether a place lies outside of the cube."""
    return abs(place.x) > half_width or abs(place.y) > half_width or abs(place.z) > half_width


@kernel
def turned(direction: Vector, cosine: float, azimuth: float) -> Vector:
    """The direction at `cosine` and `azimuth` from another."""
    u, v, w = direction
    cosine = min(1.0, max(-1.0, cosine))
    sine = math.sqrt(1 - cosine * cosine)
    a = sine * math.cos(azimuth)
    b = sine * math.sin(azimuth)
    across = math.sqrt(u * u + v * v)
    if across < 1e-8:
        return Vector(a, b, math.copysign(cosine, cosine * w))
    x = u * cosine + (u * w * a - v * b) / across
    y = v * cosine + (v * w * a + u * b) / across
    z = w * cosine - across * a
    length = math.sqrt(x * x + y * y + z * z)  # stays 1 over thousands of turns
    return Vector(x / length, y / length, z / length)


@kernel
def isotropic() -> Vector:
    """A direction drawn uniformly from the sphere."""
    w = 2 * np.random.random() - 1
    azimuth = 2 * math.pi * np.random.random()
    sine = math.sqrt(1 - w * w)
    return Vector(sine * math.cos(azimuth), sine * math.sin(azimuth), w)


@kernel
def opposite(direction: Vector) -> Vector:
    """The direction back."""
    return Vector(-direction.x, -direction.y, -direction.z)


@kernel
def cosine_between(first: Vector, second: Vector) -> float:
    """Cosine of the angle between two directions."""
    return first.x * second.x + first.y * second.y + first.z * second.z


@kernel
def direction_of_sum(
    a: float, first: Vector, b: float, second: Vector, least: float = 0.0
) -> Vector:
    """The direction of a momentum `a` along `first` and `b` along `second` together.

    Args:
        least: added to its length, where the two can cancel, MeV/c.
    """
    x = a * first.x + b * second.x
    y = a * first.y + b * second.y
    z = a * first.z + b * second.z
    length = math.sqrt(x * x + y * y + z * z) + least
    return Vector(x / length, y / length, z / length)
