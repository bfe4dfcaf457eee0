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
    DELTA_CUT,
    ELECTRON_CUT,
    ELECTRON_MASS,
    RADIATION_CUT,
    bhabha_ratio,
    bremsstrahlung,
    moller_ratio,
)
from darkpixel.simulation.argon.record import (
    ELECTRON,
    ESCAPED,
    PHOTON,
    REST,
    Medium,
    Particle,
    Record,
    deposit,
    direction_of_sum,
    isotropic,
    moved,
    opposite,
    outside,
    push,
    turned,
)
from darkpixel.simulation.argon.steps import (
    LONGEST_STEP,
    fluctuating_loss,
    loss_variance,
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
    place_in_tables,
    value,
)


@kernel
def electron(record: Record, medium: Medium, positron: bool, particle: Particle) -> None:
    """Follow an electron or positron until it stops, annihilates or leaves."""
    tables = medium.tables
    loss_column = POSITRON_LOSS if positron else ELECTRON_LOSS
    knock_column = BHABHA if positron else MOLLER
    largest_share = 1.0 if positron else 0.5
    energy, place, direction = particle
    while energy >= ELECTRON_CUT:
        row, rest = place_in_tables(energy)
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
        lost = fluctuating_loss(mean * step, loss_variance(step, beta2, largest), energy)
        deposit(record, SHOWER, lost, moved(place, direction, step / 2))
        place = moved(place, direction, step)
        energy -= lost
        if outside(place, medium.half_width):
            record.energy[ESCAPED] += energy
            return
        if medium.scattering:
            momentum = math.sqrt((energy + lost) * (energy + lost + 2 * ELECTRON_MASS))
            direction = scattered(direction, momentum, math.sqrt(beta2), step)
        if free > longest or energy < ELECTRON_CUT:
            continue
        choice = np.random.random() * rate
        if choice < annihilated:
            annihilate_in_flight(record, Particle(energy, place, direction))
            return
        if choice < annihilated + radiated:
            energy -= radiate(record, Particle(energy, place, direction))
        elif largest_share * energy > DELTA_CUT:
            energy, place, direction = knock(record, positron, Particle(energy, place, direction))
    deposit(record, SHOWER, energy, place)
    if positron:
        record.energy[REST] -= 2 * ELECTRON_MASS
        away = isotropic()
        push(record, PHOTON, ELECTRON_MASS, place, away)
        push(record, PHOTON, ELECTRON_MASS, place, opposite(away))


@kernel
def radiate(record: Record, electron: Particle) -> float:
    """Emit a bremsstrahlung photon; its energy, MeV, 0 where none fits."""
    energy = electron.energy
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
    away = turned(electron.direction, radiation_angle(total), azimuth)
    push(record, PHOTON, taken, electron.place, away)
    return taken


@kernel
def knock(record: Record, positron: bool, particle: Particle) -> Particle:
    """Moller or Bhabha scattering above the cut; the particle that is left."""
    energy = particle.energy
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
    struck = turned(particle.direction, cosine, 2 * math.pi * np.random.random())
    push(record, ELECTRON, taken, particle.place, struck)
    left = direction_of_sum(before, particle.direction, -after, struck, 1e-12)
    return Particle(energy - taken, particle.place, left)


@kernel
def annihilate_in_flight(record: Record, positron: Particle) -> None:
    """e+ e- to two photons (Heitler; G4, annihilation)."""
    energy = positron.energy
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
    away = turned(positron.direction, cosine, 2 * math.pi * np.random.random())
    other = direction_of_sum(momentum, positron.direction, -first, away)
    record.energy[REST] -= 2 * ELECTRON_MASS
    push(record, PHOTON, first, positron.place, away)
    push(record, PHOTON, total - first, positron.place, other)
