"""Ranges, losses and showers of the compact simulator, to be compared with published tables."""

import math

import numpy as np

from darkpixel.formats.image_format import TRACK
from darkpixel.simulation.argon.physics import (
    ATOMS,
    ELECTRON_MASS,
    MUON_MASS,
    PION_MASS,
    Floats,
    bremsstrahlung,
)
from darkpixel.simulation.argon.transport import Deposits, deposits


def ranges(species: int, momentum: float, *, events: int, seed: int) -> Floats:
    """Ranges of muons or protons, (events,) cm, without scattering and nuclear reactions."""
    simulated = deposits(
        species,
        momentum,
        seed=seed,
        events=events,
        half_width=1000.0,
        scattering=False,
        reactions=False,
    )
    return np.array([_on_axis(event).max() for event in simulated])


def _on_axis(event: Deposits) -> Floats:
    """Depths of the deposits of the primary itself, which flies straight along z."""
    x, y, z = event.position.T
    depths: Floats = z[(event.by_particle == TRACK) & (np.hypot(x, y) < 1e-6)]
    return depths


def mean_loss(species: int, momentum: float, *, events: int, seed: int, length: float) -> float:
    """Energy lost over the first `length` cm of a muon or pion, delta rays included, MeV/cm."""
    simulated = deposits(
        species, momentum, seed=seed, events=events, half_width=length, reactions=False
    )
    # What is deposited inside and what delta rays carry out, with all that is left of the primary.
    kinetic = [
        event.initial - sum(event.balance[k] for k in ("rest", "escaped")) for event in simulated
    ]
    return float(np.mean(kinetic)) / length


def conversion_depths(momentum: float, *, events: int, seed: int) -> Floats:
    """Depths where photons along z convert, (events,) cm: of the first deposit that follows.

    A pair's deposits come first; Compton scattering, a percent at 600 MeV, is seen late.
    """
    simulated = deposits(22, momentum, seed=seed, events=events, half_width=1000.0)
    return np.array([event.position[0, 2] for event in simulated])


def lateral_offsets(momentum: float, depth: float, *, events: int, seed: int) -> Floats:
    """Offsets of muons in x and y at `depth` cm, (2 * events,) cm."""
    simulated = deposits(13, momentum, seed=seed, events=events, half_width=1000.0)
    # The primary's deposits come first, in its order.
    return np.concatenate(
        [event.position[np.argmax(event.position[:, 2] > depth), :2] for event in simulated]
    )


def shower_profile(momentum: float, edges: Floats, *, events: int, seed: int) -> Floats:
    """Mean energy of electron showers between `edges` of depth (cm), MeV/cm."""
    simulated = deposits(11, momentum, seed=seed, events=events, half_width=1000.0)
    depth = np.concatenate([event.position[:, 2] for event in simulated])
    energy = np.concatenate([event.energy for event in simulated])
    return np.histogram(depth, edges, weights=energy)[0] / np.diff(edges) / events


def shower_maximum(momentum: float, *, events: int, seed: int) -> float:
    """Depth of the maximum of the mean electron shower, cm: of a parabola through its top."""
    edges = np.arange(0.0, 160.0, 2.0)
    profile = shower_profile(momentum, edges, events=events, seed=seed)
    centres = (edges[1:] + edges[:-1]) / 2
    top = profile > 0.85 * profile.max()
    square, linear, _ = np.polyfit(centres[top], profile[top], 2)
    return float(-linear / (2 * square))


def radiative_loss(energy: float) -> float:
    """Mean energy radiated by an electron of kinetic `energy` (MeV), MeV/cm."""
    photons = (np.arange(4000) + 0.5) / 4000 * energy
    total = energy + ELECTRON_MASS
    return ATOMS * energy / 4000 * sum(bremsstrahlung(total, k / total) for k in photons)


def michel_energies(*, events: int, seed: int) -> Floats:
    """Total energies of the positrons of stopped pi+ -> mu+ -> e+, (n,) MeV."""
    simulated = deposits(211, 30.0, seed=seed, events=events, half_width=1000.0)
    kinetic = math.hypot(30.0, PION_MASS) - PION_MASS
    muon = (PION_MASS - MUON_MASS) ** 2 / (2 * PION_MASS)
    # The positron annihilates and brings in an atom's electron.
    known = kinetic + muon + ELECTRON_MASS
    energy = [e.initial - e.balance["neutrinos"] - e.balance["rest"] - known for e in simulated]
    return np.array(energy)


def highland_offset(momentum: float, mass: float, depth: float, radiation_length: float) -> float:
    """Plane rms offset after `depth` cm (PDG, Highland), momentum held constant, cm."""
    beta = momentum / math.hypot(momentum, mass)
    x = depth / radiation_length
    angle = 13.6 / (beta * momentum) * math.sqrt(x) * (1 + 0.038 * math.log(x / beta**2))
    return depth * angle / math.sqrt(3)
