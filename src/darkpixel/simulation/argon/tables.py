"""Interaction rates and mean losses in liquid argon against kinetic energy, tabulated once.

Every table is on one logarithmic grid of energies, so that a step of a particle finds its place
once for all of them.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.physics import (
    ATOMS,
    BETHE,
    DELTA_CUT,
    ELECTRON_MASS,
    MUON_MASS,
    PION_MASS,
    PROTON_MASS,
    RADIATION_CUT,
    A,
    Z,
    bhabha_ratio,
    bremsstrahlung,
    electron_loss,
    heavy_loss,
    largest_transfer,
    moller_ratio,
)
from darkpixel.simulation.argon.xcom import XCOM_ARGON

LOWEST, HIGHEST, POINTS = 0.02, 3000.0, 480  # MeV; 2.5% a point
_LOG_LOWEST = math.log(LOWEST)
_PER_LOG = (POINTS - 1) / math.log(HIGHEST / LOWEST)

# Columns: rates in 1/cm, losses in MeV/cm.
(
    PHOTOELECTRIC,
    COMPTON,
    PAIR,
    ELECTRON_LOSS,
    POSITRON_LOSS,
    RADIATED,  # bremsstrahlung above the cut
    MOLLER,
    BHABHA,
    ANNIHILATION,
    MUON_LOSS,
    MUON_DELTA,
    PION_LOSS,
    PION_DELTA,
    PION_REACTION,
    PROTON_LOSS,
    PROTON_DELTA,
    NUCLEON_REACTION,
    NEUTRON_ELASTIC,
    NEUTRON_INELASTIC,
) = range(19)

Floats = NDArray[np.float64]


@kernel
def place_in_tables(energy: float) -> tuple[int, float]:
    """Row of the grid below `energy` and the distance to it in rows."""
    f = (math.log(energy) - _LOG_LOWEST) * _PER_LOG
    row = min(max(int(f), 0), POINTS - 2)
    return row, min(max(f - row, 0.0), 1.0)


@kernel
def value(tables: Floats, column: int, row: int, rest: float) -> float:
    """A tabulated quantity at the row and rest of `place_in_tables`."""
    interpolated: float = tables[column, row] * (1 - rest) + tables[column, row + 1] * rest
    return interpolated


@cache
def argon_tables() -> Floats:
    """The tables, (columns, POINTS) float64."""
    energy = np.geomspace(LOWEST, HIGHEST, POINTS)
    tables = np.zeros((19, POINTS))
    tables[PHOTOELECTRIC], tables[COMPTON], tables[PAIR] = _photons(energy)
    radiated, soft = np.zeros(POINTS), np.zeros(POINTS)
    moller, bhabha = np.zeros(POINTS), np.zeros(POINTS)
    electron_rates(energy, radiated, soft, moller, bhabha)
    tables[RADIATED], tables[MOLLER], tables[BHABHA] = radiated, moller, bhabha
    tables[ELECTRON_LOSS] = electron_loss(energy, positron=False, cut=DELTA_CUT) + soft
    tables[POSITRON_LOSS] = electron_loss(energy, positron=True, cut=DELTA_CUT) + soft
    tables[ANNIHILATION] = _annihilation(energy)
    for mass, loss, delta, spin_half in (
        (MUON_MASS, MUON_LOSS, MUON_DELTA, True),
        (PION_MASS, PION_LOSS, PION_DELTA, False),
        (PROTON_MASS, PROTON_LOSS, PROTON_DELTA, True),
    ):
        tables[loss] = heavy_loss(energy, mass, DELTA_CUT)
        tables[delta] = _deltas(energy, mass, spin_half)
    tables[PION_REACTION] = ATOMS * pion_reaction(energy)
    tables[NUCLEON_REACTION] = ATOMS * nucleon_reaction(energy)
    elastic, inelastic = _slow_neutrons(energy)
    tables[NEUTRON_ELASTIC], tables[NEUTRON_INELASTIC] = ATOMS * elastic, ATOMS * inelastic
    return tables


def _photons(energy: Floats) -> list[Floats]:
    """Photoelectric, Compton and pair rates, from XCOM; straight in log-log between its points."""
    xcom = XCOM_ARGON.T
    rates = []
    for cross_section in (xcom[2], xcom[1], xcom[3] + xcom[4]):
        known = cross_section > 0
        log_rate = np.interp(
            np.log(energy), np.log(xcom[0][known]), np.log(cross_section[known]), left=-np.inf
        )
        rates.append(ATOMS * np.exp(log_rate))
    return rates


@kernel
def electron_rates(
    energy: Floats, radiated: Floats, soft: Floats, moller: Floats, bhabha: Floats
) -> None:
    """Hard bremsstrahlung, loss to soft photons, Moller and Bhabha rates, by the midpoint rule."""
    points = 200
    for i in range(energy.size):
        kinetic = energy[i]
        total = kinetic + ELECTRON_MASS
        gamma = total / ELECTRON_MASS
        beta2 = 1 - 1 / (gamma * gamma)
        cut = min(RADIATION_CUT, kinetic)
        width = math.log(kinetic / cut) / points
        for j in range(points):
            photon = cut * math.exp((j + 0.5) * width)
            radiated[i] += ATOMS * bremsstrahlung(total, photon / total) * width
            # k d sigma / d ln k / k: the energy radiated below the cut
            photon = cut * (j + 0.5) / points
            soft[i] += ATOMS * bremsstrahlung(total, photon / total) * cut / points
        for positron in (False, True):
            largest = 1.0 if positron else 0.5
            least = DELTA_CUT / kinetic
            if least >= largest:
                continue
            width = math.log(largest / least) / points
            rate = 0.0
            for j in range(points):
                share = least * math.exp((j + 0.5) * width)
                ratio = bhabha_ratio(gamma, share) if positron else moller_ratio(gamma, share)
                rate += ratio / share * width
            rate *= BETHE / 2 / beta2 / kinetic
            if positron:
                bhabha[i] = rate
            else:
                moller[i] = rate


def _annihilation(energy: Floats) -> Floats:
    """Annihilation in flight, 1/cm (Heitler; G4, annihilation)."""
    gamma = 1 + energy / ELECTRON_MASS
    root = np.sqrt(gamma**2 - 1)
    bracket = (gamma**2 + 4 * gamma + 1) / (gamma**2 - 1) * np.log(gamma + root)
    bracket -= (gamma + 3) / root
    pi_re2 = math.pi * 0.0794078  # barn
    rate: Floats = ATOMS * Z * pi_re2 / (gamma + 1) * bracket
    return rate


def _deltas(energy: Floats, mass: float, spin_half: bool) -> Floats:
    """Rate of delta rays above the cut (PDG, knock-on electrons, integrated)."""
    gamma = 1 + energy / mass
    beta2 = 1 - 1 / gamma**2
    total = energy + mass
    top = np.array([largest_transfer(e, mass) for e in energy])
    high = np.maximum(top, DELTA_CUT)
    rate = 1 / DELTA_CUT - 1 / high - beta2 / top * np.log(high / DELTA_CUT)
    if spin_half:
        rate += (high - DELTA_CUT) / (2 * total**2)
    result: Floats = BETHE / 2 / beta2 * np.clip(rate, 0, None)
    return result


def nucleon_reaction(energy: Floats) -> Floats:
    """Reaction cross-section of protons and fast neutrons on argon, barn.

    Letaw, Silberberg and Tsao, Astrophys. J. Suppl. 51 (1983) 271, which holds above 10 MeV;
    a barrier turns it off below. From 20 to 800 MeV within 7% of Barashenkov's evaluation (JINR
    P2-89-770) for protons on 40Ca, for neutrons 16% below it at 20 MeV and within 10% from 30.
    """
    high = 0.045 * A**0.7 * (1 + 0.016 * math.sin(5.3 - 2.63 * math.log(A)))
    low = 1 - 0.62 * np.exp(-energy / 200) * np.sin(10.9 * energy**-0.28)
    barrier = np.clip((energy - 6) / 10, 0, 1)  # proton's Coulomb barrier: about 6 MeV
    result: Floats = high * low * barrier
    return result


def pion_reaction(energy: Floats) -> Floats:
    """Reaction cross-section of pi+ on argon, barn: a Delta bump on a plateau.

    A curve through the evaluation for 40Ca that Geant4 holds (pi+, 20 to 1000 MeV), within 10% of
    it. Those of iron (Ashery et al., Phys. Rev. C 23 (1981) 2173, 125 to 315 MeV), scaled to A = 40
    as A^(2/3), are 6 to 13% higher, with errors of 15%. Good to 15%.
    """
    bump = 0.55 + 0.37 / (1 + ((energy - 130) / 80) ** 2)
    result: Floats = bump * np.clip(energy / 90, 0, 1)
    return result


# Neutrons below 20 MeV on argon, MeV and barn: effective values with resonances smoothed away, not
# taken from an evaluation. At 14 and 20 MeV they agree with Barashenkov's for 40Ca (total 3%,
# inelastic 16%); below 14 MeV good to about 30%, as an average over resonances.
# The first excited state of 40Ar, 1.46 MeV, opens the inelastic channel.
_ELASTIC = np.array(
    [(0.4, 2.0), (1, 3.0), (2, 3.2), (3, 2.8), (5, 2.2), (8, 1.4), (14, 1.1), (20, 1.1)]
)
_INELASTIC = np.array([(1.5, 0), (2, 0.35), (3, 0.8), (5, 1.1), (8, 1.2), (14, 1.15), (20, 0.95)])


def _slow_neutrons(energy: Floats) -> tuple[Floats, Floats]:
    """Elastic and inelastic cross-sections of neutrons below 20 MeV, barn; above: reactions."""
    slow = energy <= 20
    elastic = np.where(slow, np.interp(energy, *_ELASTIC.T), 0.0)
    inelastic = np.where(slow, np.interp(energy, *_INELASTIC.T), nucleon_reaction(energy))
    return elastic, inelastic
