# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""The record of one event while it is transported, and directions in space.

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
def deposit(record: Record, maker: int, energy: float, x: float, y: float, z: float) -> None:
    """Leave `energy` at a place; `maker` is SHOWER for e- e+ and photons, else TRACK."""
    if energy <= 0:
        return
    n = record.counts[DEPOSITS]
    if n == record.deposits.shape[0]:
        record.counts[OVERFLOW] = 1
        return
    record.deposits[n, 0] = x
    record.deposits[n, 1] = y
    record.deposits[n, 2] = z
    record.deposits[n, 3] = energy
    record.makers[n, 0] = maker
    record.makers[n, 1] = record.counts[ANCESTOR]
    record.counts[DEPOSITS] = n + 1
    record.energy[DEPOSITED] += energy


@kernel
def push(
    record: Record,
    kind: int,
    energy: float,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    w: float,
) -> None:
    """Put a particle of kinetic `energy` (MeV) on the stack."""
    n = record.counts[STACK]
    if n == record.stack.shape[0]:
        record.counts[OVERFLOW] = 1
        return
    particle = record.stack[n]
    particle[0] = kind
    particle[1] = energy
    particle[2] = x
    particle[3] = y
    particle[4] = z
    particle[5] = u
    particle[6] = v
    particle[7] = w
    record.counts[STACK] = n + 1


@kernel
def turned(
    u: float, v: float, w: float, cosine: float, azimuth: float
) -> tuple[float, float, float]:
    """The direction at `cosine` and `azimuth` from (u, v, w), all unit vectors."""
    cosine = min(1.0, max(-1.0, cosine))
    sine = math.sqrt(1 - cosine * cosine)
    a = sine * math.cos(azimuth)
    b = sine * math.sin(azimuth)
    across = math.sqrt(u * u + v * v)
    if across < 1e-8:
        return a, b, math.copysign(cosine, cosine * w)
    x = u * cosine + (u * w * a - v * b) / across
    y = v * cosine + (v * w * a + u * b) / across
    z = w * cosine - across * a
    length = math.sqrt(x * x + y * y + z * z)  # stays 1 over thousands of turns
    return x / length, y / length, z / length


@kernel
def isotropic() -> tuple[float, float, float]:
    """A direction drawn uniformly from the sphere."""
    w = 2 * np.random.random() - 1
    azimuth = 2 * math.pi * np.random.random()
    sine = math.sqrt(1 - w * w)
    return sine * math.cos(azimuth), sine * math.sin(azimuth), w


@kernel
def outside(x: float, y: float, z: float, half_width: float) -> bool:
    return abs(x) > half_width or abs(y) > half_width or abs(z) > half_width
