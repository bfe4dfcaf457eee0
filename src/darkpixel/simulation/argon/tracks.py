# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Muons, pions and protons in liquid argon, stepped as electrons are in `electrons`.

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
    DELTA_CUT,
    ELECTRON_MASS,
    MUON_MASS,
    PION_DECAY_LENGTH,
    PION_MASS,
    PROTON_MASS,
    largest_transfer,
)
from darkpixel.simulation.argon.record import (
    ANTIMUON,
    ELECTRON,
    ESCAPED,
    PION,
    PROTON,
    Medium,
    Particle,
    Record,
    deposit,
    moved,
    outside,
    push,
    turned,
)
from darkpixel.simulation.argon.steps import (
    LONGEST_STEP,
    fluctuating_loss,
    loss_variance,
    scattered,
)
from darkpixel.simulation.argon.tables import (
    MUON_DELTA,
    MUON_LOSS,
    NUCLEON_REACTION,
    PION_DELTA,
    PION_LOSS,
    PION_REACTION,
    PROTON_DELTA,
    PROTON_LOSS,
    place_in_tables,
    value,
)


@kernel
def heavy(record: Record, medium: Medium, kind: int, particle: Particle) -> None:
    """Follow a muon, pion or proton until it stops, reacts, decays or leaves."""
    tables = medium.tables
    mass, loss, delta, least = MUON_MASS, MUON_LOSS, MUON_DELTA, 0.3
    if kind == PION:
        mass, loss, delta = PION_MASS, PION_LOSS, PION_DELTA
    elif kind == PROTON:
        mass, loss, delta, least = PROTON_MASS, PROTON_LOSS, PROTON_DELTA, 1.0
    energy, place, direction = particle
    while energy >= least:
        row, rest = place_in_tables(energy)
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
            reacts = value(tables, PION_REACTION, row, rest) if medium.reactions else 0.0
        elif kind == PROTON:
            reacts = value(tables, NUCLEON_REACTION, row, rest) if medium.reactions else 0.0
        rate = knocked + reacts + decays
        longest = min(LONGEST_STEP, max(0.005, 0.1 * energy / mean))
        free = -math.log(1 - np.random.random()) / rate if rate > 0 else math.inf
        step = min(longest, free)
        if mean * step > 0.01 * energy:  # the loss rises as the particle slows down
            row, rest = place_in_tables(energy - min(mean * step, energy) / 2)
            mean = value(tables, loss, row, rest)
        lost = fluctuating_loss(mean * step, loss_variance(step, beta2, largest), energy)
        deposit(record, TRACK, lost, moved(place, direction, step / 2))
        place = moved(place, direction, step)
        energy -= lost
        if outside(place, medium.half_width):
            record.energy[ESCAPED] += energy
            return
        if medium.scattering:
            direction = scattered(direction, momentum, math.sqrt(beta2), step)
        if free > longest or energy < least:
            continue
        choice = np.random.random() * rate
        present = Particle(energy, place, direction)
        if choice < knocked:
            energy -= delta_ray(record, mass, kind != PION, present)
        elif choice < knocked + reacts:
            if kind == PION:
                pion_reaction(record, present)
            else:
                nucleon_reaction(record, True, present)
            return
        else:
            decay_pion(record, present)
            return
    deposit(record, TRACK, energy, place)
    if kind == PION:
        decay_pion(record, Particle(0.0, place, direction))
    elif kind != PROTON:
        end_muon(record, kind == ANTIMUON, place)


@kernel
def delta_ray(record: Record, mass: float, spin_half: bool, particle: Particle) -> float:
    """Knock out an electron above the cut; its energy, MeV (PDG, and the spin term)."""
    energy = particle.energy
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
    away = turned(particle.direction, cosine, 2 * math.pi * np.random.random())
    push(record, ELECTRON, taken, particle.place, away)
    return taken
