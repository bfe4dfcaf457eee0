# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Electrons and positrons in liquid argon: class-II condensed history.

Collisions and radiation above the cuts are interactions of their own, drawn from the full cross
sections; below them they are a continuous loss.
"""

import math

import numpy as np

from darkpixel.formats.image_format import SHOWER
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.physics import (
    BETHE,
    DELTA_CUT,
    ELECTRON_CUT,
    ELECTRON_MASS,
    RADIATION_CUT,
    Floats,
    bhabha_ratio,
    bremsstrahlung,
    moller_ratio,
)
from darkpixel.simulation.argon.record import (
    ELECTRON,
    ESCAPED,
    PHOTON,
    REST,
    Record,
    deposit,
    isotropic,
    outside,
    push,
    turned,
)
from darkpixel.simulation.argon.steps import (
    LONGEST_STEP,
    fluctuating_loss,
    radiation_angle,
    scattered,
)
from darkpixel.simulation.argon.tables import (
    ANNIHILATION,
    BHABHA,
    ELECTRON_LOSS,
    MOLLER,
    POSITRON_LOSS,
    RADIATED,
    place,
    value,
)


@kernel
def electron(
    record: Record,
    tables: Floats,
    positron: bool,
    energy: float,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    w: float,
    half_width: float,
    scattering: bool,
) -> None:
    """Follow an electron or positron until it stops, annihilates or leaves."""
    loss_column = POSITRON_LOSS if positron else ELECTRON_LOSS
    knock_column = BHABHA if positron else MOLLER
    largest_share = 1.0 if positron else 0.5
    while energy >= ELECTRON_CUT:
        row, rest = place(energy)
        gamma = 1 + energy / ELECTRON_MASS
        beta2 = 1 - 1 / (gamma * gamma)
        mean = value(tables, loss_column, row, rest)
        radiated = value(tables, RADIATED, row, rest)
        largest = largest_share * energy
        knocked = value(tables, knock_column, row, rest) if largest > DELTA_CUT else 0.0
        annihilated = value(tables, ANNIHILATION, row, rest) if positron else 0.0
        rate = radiated + knocked + annihilated
        free = -math.log(1 - np.random.random()) / rate
        longest = min(LONGEST_STEP, max(0.02, 0.2 * energy / mean))
        step = min(longest, free)
        top = min(DELTA_CUT, largest)
        variance = BETHE / 2 / beta2 * step * top * (1 - beta2 * top / (2 * largest))
        lost = fluctuating_loss(mean * step, variance, energy)
        half = step / 2
        deposit(record, SHOWER, lost, x + half * u, y + half * v, z + half * w)
        x += step * u
        y += step * v
        z += step * w
        energy -= lost
        if outside(x, y, z, half_width):
            record.energy[ESCAPED] += energy
            return
        if scattering:
            momentum = math.sqrt((energy + lost) * (energy + lost + 2 * ELECTRON_MASS))
            u, v, w = scattered(u, v, w, momentum, math.sqrt(beta2), step)
        if free > longest or energy < ELECTRON_CUT:
            continue
        choice = np.random.random() * rate
        if choice < annihilated:
            annihilate_in_flight(record, energy, x, y, z, u, v, w)
            return
        if choice < annihilated + radiated:
            taken = radiate(record, energy, x, y, z, u, v, w)
            energy -= taken
        elif largest_share * energy > DELTA_CUT:
            energy, u, v, w = knock(record, positron, energy, x, y, z, u, v, w)
    deposit(record, SHOWER, energy, x, y, z)
    if positron:
        record.energy[REST] -= 2 * ELECTRON_MASS
        a, b, c = isotropic()
        push(record, PHOTON, ELECTRON_MASS, x, y, z, a, b, c)
        push(record, PHOTON, ELECTRON_MASS, x, y, z, -a, -b, -c)


@kernel
def radiate(
    record: Record, energy: float, x: float, y: float, z: float, u: float, v: float, w: float
) -> float:
    """Emit a bremsstrahlung photon; its energy, MeV, 0 where none fits."""
    if energy <= RADIATION_CUT:
        return 0.0
    total = energy + ELECTRON_MASS
    # d sigma / d ln k falls with k, but for screening at its soft end.
    most = 0.0
    for i in range(4):
        most = max(most, bremsstrahlung(total, RADIATION_CUT * 3.0**i / total))
    while True:
        taken = RADIATION_CUT * math.exp(np.random.random() * math.log(energy / RADIATION_CUT))
        if np.random.random() * most * 1.05 <= bremsstrahlung(total, taken / total):
            break
    azimuth = 2 * math.pi * np.random.random()
    a, b, c = turned(u, v, w, radiation_angle(total), azimuth)
    push(record, PHOTON, taken, x, y, z, a, b, c)
    return taken


@kernel
def knock(
    record: Record,
    positron: bool,
    energy: float,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    w: float,
) -> tuple[float, float, float, float]:
    """Moller or Bhabha scattering above the cut; the energy and direction that are left."""
    gamma = 1 + energy / ELECTRON_MASS
    least = DELTA_CUT / energy
    largest = 1.0 if positron else 0.5
    most = 1.0
    if positron:
        most = max(bhabha_ratio(gamma, least), 1.0)
    else:
        most = max(moller_ratio(gamma, least), moller_ratio(gamma, largest))
    while True:
        r = np.random.random()
        share = least * largest / (largest * (1 - r) + least * r)
        ratio = bhabha_ratio(gamma, share) if positron else moller_ratio(gamma, share)
        if np.random.random() * most < ratio:
            break
    taken = share * energy
    before = math.sqrt(energy * (energy + 2 * ELECTRON_MASS))
    after = math.sqrt(taken * (taken + 2 * ELECTRON_MASS))
    cosine = taken * (energy + 2 * ELECTRON_MASS) / (after * before)
    a, b, c = turned(u, v, w, cosine, 2 * math.pi * np.random.random())
    push(record, ELECTRON, taken, x, y, z, a, b, c)
    px, py, pz = before * u - after * a, before * v - after * b, before * w - after * c
    p = math.sqrt(px * px + py * py + pz * pz) + 1e-12
    return energy - taken, px / p, py / p, pz / p


@kernel
def annihilate_in_flight(
    record: Record, energy: float, x: float, y: float, z: float, u: float, v: float, w: float
) -> None:
    """e+ e- to two photons (Heitler; G4, annihilation)."""
    gamma = 1 + energy / ELECTRON_MASS
    root = math.sqrt((gamma - 1) / (gamma + 1))
    least, most = (1 - root) / 2, (1 + root) / 2
    while True:
        share = least * (most / least) ** np.random.random()
        weight = 1 - share + (2 * gamma * share - 1) / (share * (gamma + 1) ** 2)
        if np.random.random() < weight:
            break
    total = energy + 2 * ELECTRON_MASS
    first = share * total
    momentum = math.sqrt(energy * total)
    cosine = (share * (gamma + 1) - 1) / (share * math.sqrt(gamma * gamma - 1))
    a, b, c = turned(u, v, w, cosine, 2 * math.pi * np.random.random())
    px, py, pz = momentum * u - first * a, momentum * v - first * b, momentum * w - first * c
    p = math.sqrt(px * px + py * py + pz * pz)
    record.energy[REST] -= 2 * ELECTRON_MASS
    push(record, PHOTON, first, x, y, z, a, b, c)
    push(record, PHOTON, total - first, x, y, z, px / p, py / p, pz / p)
