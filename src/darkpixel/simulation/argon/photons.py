# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Photons in liquid argon: photoelectric effect, Compton scattering, pairs."""

import math

import numpy as np

from darkpixel.formats.image_format import SHOWER
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.physics import (
    ELECTRON_CUT,
    ELECTRON_MASS,
    PHOTON_CUT,
    pair_share,
)
from darkpixel.simulation.argon.record import (
    ELECTRON,
    ESCAPED,
    POSITRON,
    REST,
    Medium,
    Particle,
    Record,
    deposit,
    direction_of_sum,
    moved,
    outside,
    push,
    turned,
)
from darkpixel.simulation.argon.steps import radiation_angle
from darkpixel.simulation.argon.tables import (
    COMPTON,
    PAIR,
    PHOTOELECTRIC,
    place_in_tables,
    value,
)


@kernel
def photon(record: Record, medium: Medium, particle: Particle) -> None:
    """Follow a photon until it is absorbed, converts or leaves."""
    tables = medium.tables
    energy, place, direction = particle
    while True:
        if energy < PHOTON_CUT:
            deposit(record, SHOWER, energy, place)
            return
        row, rest = place_in_tables(energy)
        absorbed = value(tables, PHOTOELECTRIC, row, rest)
        compton = value(tables, COMPTON, row, rest)
        pair = value(tables, PAIR, row, rest) if energy > 2 * ELECTRON_MASS else 0.0
        rate = absorbed + compton + pair
        step = -math.log(1 - np.random.random()) / rate
        place = moved(place, direction, step)
        if outside(place, medium.half_width):
            record.energy[ESCAPED] += energy
            return
        choice = np.random.random() * rate
        if choice < absorbed:
            # The shell's 3.2 keV come out as short-ranged X-rays: part of the electron's energy.
            push(record, ELECTRON, energy, place, direction)
            return
        if choice >= absorbed + compton:
            make_pair(record, Particle(energy, place, direction))
            return
        left, cosine = compton_scattering(energy)
        away = turned(direction, cosine, 2 * math.pi * np.random.random())
        struck = direction_of_sum(energy, direction, -left, away)
        if energy - left > ELECTRON_CUT:
            push(record, ELECTRON, energy - left, place, struck)
        else:
            deposit(record, SHOWER, energy - left, place)
        energy, direction = left, away


@kernel
def compton_scattering(energy: float) -> tuple[float, float]:
    """Energy and cosine of a photon scattered by a free electron (Klein-Nishina; G4, Compton)."""
    e = energy / ELECTRON_MASS
    least = 1 / (1 + 2 * e)
    log_weight = -math.log(least)
    square_weight = (1 - least * least) / 2
    while True:
        if np.random.random() * (log_weight + square_weight) < log_weight:
            share = math.exp(-log_weight * np.random.random())
        else:
            share = math.sqrt(least * least + (1 - least * least) * np.random.random())
        t = (1 - share) / (e * share)
        if np.random.random() < 1 - share * t * (2 - t) / (1 + share * share):
            return share * energy, 1 - t


@kernel
def make_pair(record: Record, photon: Particle) -> None:
    """A photon becomes e+ e-."""
    energy = photon.energy
    least = ELECTRON_MASS / energy
    share = 0.5
    if energy > 3:
        # The share is flat at low energy and highest at the ends or in the middle.
        most = 1.05 * pair_share(energy, 0.5)
        for i in range(1, 20):
            most = max(most, 1.05 * pair_share(energy, least + (0.5 - least) * i / 20))
        while True:
            share = least + (1 - 2 * least) * np.random.random()
            if np.random.random() * most < pair_share(energy, share):
                break
    else:
        share = least + (1 - 2 * least) * np.random.random()
    positron = share * energy - ELECTRON_MASS
    electron = energy - 2 * ELECTRON_MASS - positron
    record.energy[REST] += 2 * ELECTRON_MASS
    azimuth = 2 * math.pi * np.random.random()
    cosine = radiation_angle(positron + ELECTRON_MASS)
    push(record, POSITRON, positron, photon.place, turned(photon.direction, cosine, azimuth))
    cosine = radiation_angle(electron + ELECTRON_MASS)
    away = turned(photon.direction, cosine, azimuth + math.pi)
    push(record, ELECTRON, electron, photon.place, away)
