# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Muons, pions and protons in liquid argon, stepped as electrons are in `argon_electrons`.

Continuous loss with fluctuations, multiple scattering, explicit delta rays, reactions, decays.
"""

import math

import numpy as np

from darkpixel.formats.image_format import TRACK
from darkpixel.simulation.argon.hadrons import (
    decay_pion,
    end_muon,
    nucleon_reaction,
    pion_reaction,
)
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.physics import (
    BETHE,
    DELTA_CUT,
    ELECTRON_MASS,
    MUON_MASS,
    PION_DECAY_LENGTH,
    PION_MASS,
    PROTON_MASS,
    Floats,
    largest_transfer,
)
from darkpixel.simulation.argon.record import (
    ANTIMUON,
    ELECTRON,
    ESCAPED,
    PION,
    PROTON,
    Record,
    deposit,
    outside,
    push,
    turned,
)
from darkpixel.simulation.argon.steps import LONGEST_STEP, fluctuating_loss, scattered
from darkpixel.simulation.argon.tables import (
    MUON_DELTA,
    MUON_LOSS,
    NUCLEON_REACTION,
    PION_DELTA,
    PION_LOSS,
    PION_REACTION,
    PROTON_DELTA,
    PROTON_LOSS,
    place,
    value,
)


@kernel
def heavy(
    record: Record,
    tables: Floats,
    kind: int,
    energy: float,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    w: float,
    half_width: float,
    scattering: bool,
    reactions: bool,
) -> None:
    """Follow a muon, pion or proton until it stops, reacts, decays or leaves."""
    mass, loss, delta, least = MUON_MASS, MUON_LOSS, MUON_DELTA, 0.3
    if kind == PION:
        mass, loss, delta = PION_MASS, PION_LOSS, PION_DELTA
    elif kind == PROTON:
        mass, loss, delta, least = PROTON_MASS, PROTON_LOSS, PROTON_DELTA, 1.0
    while energy >= least:
        row, rest = place(energy)
        gamma = 1 + energy / mass
        beta2 = 1 - 1 / (gamma * gamma)
        momentum = math.sqrt(energy * (energy + 2 * mass))
        largest = largest_transfer(energy, mass)
        mean = value(tables, loss, row, rest)
        knocked = value(tables, delta, row, rest) if largest > DELTA_CUT else 0.0
        reacts = 0.0
        decays = 0.0
        if kind == PION:
            decays = PION_MASS / (momentum * PION_DECAY_LENGTH)
            reacts = value(tables, PION_REACTION, row, rest) if reactions else 0.0
        elif kind == PROTON:
            reacts = value(tables, NUCLEON_REACTION, row, rest) if reactions else 0.0
        rate = knocked + reacts + decays
        longest = min(LONGEST_STEP, max(0.005, 0.1 * energy / mean))
        free = -math.log(1 - np.random.random()) / rate if rate > 0 else math.inf
        step = min(longest, free)
        if mean * step > 0.01 * energy:  # the loss rises as the particle slows down
            row, rest = place(energy - min(mean * step, energy) / 2)
            mean = value(tables, loss, row, rest)
        top = min(DELTA_CUT, largest)
        variance = BETHE / 2 / beta2 * step * top * (1 - beta2 * top / (2 * largest))
        lost = fluctuating_loss(mean * step, variance, energy)
        half = step / 2
        deposit(record, TRACK, lost, x + half * u, y + half * v, z + half * w)
        x += step * u
        y += step * v
        z += step * w
        energy -= lost
        if outside(x, y, z, half_width):
            record.energy[ESCAPED] += energy
            return
        if scattering:
            u, v, w = scattered(u, v, w, momentum, math.sqrt(beta2), step)
        if free > longest or energy < least:
            continue
        choice = np.random.random() * rate
        if choice < knocked:
            energy -= delta_ray(record, mass, kind != PION, energy, x, y, z, u, v, w)
        elif choice < knocked + reacts:
            if kind == PION:
                pion_reaction(record, energy, x, y, z, u, v, w)
            else:
                nucleon_reaction(record, True, energy, x, y, z, u, v, w)
            return
        else:
            decay_pion(record, energy, x, y, z, u, v, w)
            return
    deposit(record, TRACK, energy, x, y, z)
    if kind == PION:
        decay_pion(record, 0.0, x, y, z, u, v, w)
    elif kind != PROTON:
        end_muon(record, kind == ANTIMUON, x, y, z)


@kernel
def delta_ray(
    record: Record,
    mass: float,
    spin_half: bool,
    energy: float,
    x: float,
    y: float,
    z: float,
    u: float,
    v: float,
    w: float,
) -> float:
    """Knock out an electron above the cut; its energy, MeV (PDG, and the spin term)."""
    largest = largest_transfer(energy, mass)
    if largest <= DELTA_CUT:  # the loss of this step took it below
        return 0.0
    gamma = 1 + energy / mass
    beta2 = 1 - 1 / (gamma * gamma)
    total = energy + mass
    while True:
        r = np.random.random()
        taken = DELTA_CUT * largest / (largest * (1 - r) + DELTA_CUT * r)
        weight = 1 - beta2 * taken / largest
        if spin_half:
            weight += taken * taken / (2 * total * total)
        if np.random.random() * 1.01 < weight:
            break
    momentum = math.sqrt(energy * (energy + 2 * mass))
    after = math.sqrt(taken * (taken + 2 * ELECTRON_MASS))
    cosine = taken * (total + ELECTRON_MASS) / (after * momentum)
    a, b, c = turned(u, v, w, cosine, 2 * math.pi * np.random.random())
    push(record, ELECTRON, taken, x, y, z, a, b, c)
    return taken
