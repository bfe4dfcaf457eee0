# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Neutrons, reactions of pions and nucleons, and the ends of muons and pions in liquid argon."""

import math

import numpy as np

from darkpixel.formats.image_format import TRACK
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.nucleus import (
    FIRST_LEVEL,
    NEUTRON_SEPARATION,
    PROTON_SEPARATION,
    PROTON_SHARE,
    SECOND_LEVEL,
    cascade,
    evaporate,
    evaporation_energy,
    expel,
)
from darkpixel.simulation.argon.physics import (
    ELECTRON_MASS,
    MUON_MASS,
    NEUTRAL_PION_MASS,
    NUCLEON_MASS,
    PION_MASS,
    A,
)
from darkpixel.simulation.argon.record import (
    ANTIMUON,
    ELECTRON,
    ESCAPED,
    NEUTRINOS,
    NUCLEAR,
    PHOTON,
    PION,
    POSITRON,
    REST,
    Medium,
    Particle,
    Record,
    Vector,
    cosine_between,
    deposit,
    direction_of_sum,
    isotropic,
    moved,
    outside,
    push,
    turned,
)
from darkpixel.simulation.argon.tables import (
    NEUTRON_ELASTIC,
    NEUTRON_INELASTIC,
    place_in_tables,
    value,
)

SLOWEST_NEUTRON = 0.5  # MeV; its recoils, at most 0.05 MeV, are below the threshold of a voxel
FAST_NEUTRON = 20.0  # MeV; below: elastic and compound reactions, above: the cascade
_MASS_RATIO = 939.565 / (A * 931.494)
_LARGEST_RECOIL = 4 * _MASS_RATIO / (1 + _MASS_RATIO) ** 2

# Negative muons at rest in argon are captured at 1.27 +- 0.07 per us (the mean that Geant4 11 takes
# from Suzuki, Measday and Roalsvig, Phys. Rev. C 35 (1987) 2212) and decay at 0.45 per us, which
# makes 74 +- 1%; 75% is good to 2%.
CAPTURED = 0.75
CHLORINE_GAP = 7.48 + ELECTRON_MASS  # nuclear mass of 40Cl above 40Ar, MeV (AME2020)
CHLORINE_NEUTRON, CHLORINE_PROTON = 5.83, 11.7  # separation, 40Cl, MeV (AME2020)
# 2p-1s and 1s of muonic argon, MeV: approximate, the second some 4% too high.
MUONIC_XRAY, MUONIC_BINDING = 0.64, 0.90
MICHEL_END = (MUON_MASS**2 + ELECTRON_MASS**2) / (2 * MUON_MASS)  # 52.83 MeV


@kernel
def neutron(record: Record, medium: Medium, particle: Particle) -> None:
    """Follow a neutron until it leaves, reacts above 20 MeV, or is too slow to be seen.

    A slow one is captured some 0.3 ms later and metres away, outside of the event.
    """
    energy, place, direction = particle
    while energy > SLOWEST_NEUTRON:
        row, rest = place_in_tables(energy)
        elastic = value(medium.tables, NEUTRON_ELASTIC, row, rest)
        inelastic = value(medium.tables, NEUTRON_INELASTIC, row, rest)
        step = -math.log(1 - np.random.random()) / (elastic + inelastic)
        place = moved(place, direction, step)
        if outside(place, medium.half_width):
            break
        if np.random.random() * (elastic + inelastic) < inelastic:
            if energy > FAST_NEUTRON:
                nucleon_reaction(record, False, Particle(energy, place, direction))
                return
            energy = compound_reaction(record, energy, place)
            direction = isotropic()
            continue
        # Diffraction on the nucleus: d sigma ~ exp((kR)^2 / 2 cos) with an effective R of 4.5 fm
        # (1.2 A^(1/3) fm is 4.1); the slope is good to about 20%.
        slope = energy / 2
        r = np.random.random()
        cosine = 1 + math.log(r + (1 - r) * math.exp(-2 * slope)) / slope
        recoil = energy * _LARGEST_RECOIL * (1 - cosine) / 2
        # Ions count with all they deposit, as in the public images, which show such recoils.
        deposit(record, TRACK, recoil, place)
        energy -= recoil
        direction = turned(direction, cosine, 2 * math.pi * np.random.random())
    record.energy[ESCAPED] += energy


@kernel
def compound_reaction(record: Record, energy: float, place: Vector) -> float:
    """Inelastic scattering of a neutron below 20 MeV; the energy it keeps, MeV."""
    if energy <= FIRST_LEVEL:  # interpolation reaches a little below the threshold
        return energy
    temperature = math.sqrt(8 * energy / A)
    kept = evaporation_energy(temperature, energy - FIRST_LEVEL)
    if energy - kept < SECOND_LEVEL:
        kept = energy - FIRST_LEVEL
    evaporate(record, energy - kept, NEUTRON_SEPARATION, PROTON_SEPARATION, place)
    return kept


@kernel
def nucleon_reaction(record: Record, proton: bool, nucleon: Particle) -> None:
    """A nucleon from outside reacts with a nucleus."""
    excitation = cascade(record, proton, nucleon, True)
    evaporate(record, excitation, NEUTRON_SEPARATION, PROTON_SEPARATION, nucleon.place)


@kernel
def pion_reaction(record: Record, pion: Particle) -> None:
    """pi+ on argon: absorbed, exchanged for pi0, or scattered off one nucleon.

    Rough shares of the reactions. Absorption: within 10% of what is measured on argon from 160 to
    330 MeV (0.36 to 0.41), a third above it at 118 MeV (0.35, error a fifth), within 30% of that on
    iron (Ashery et al., Phys. Rev. C 23 (1981) 2173: 0.40 to 0.58, 125 to 315 MeV); from 500 MeV
    cascade models have 0.10 to 0.16, half or less of what is taken here. Charge exchange: 0.07 to
    0.12 on iron, each with an error of a half, and 0.14 on nickel at 160 MeV (Ashery et al., Phys.
    Rev. C 30 (1984) 946); 0.15 is at the upper end. Two collisions in a nucleus and production of
    pions count as one scattering.
    """
    energy, place, direction = pion
    absorbed = 0.25 + 0.25 / (1 + (energy / 300) ** 2)
    choice = np.random.random()
    if choice < absorbed:
        absorb_pion(record, pion)
        return
    exchanged = choice < absorbed + 0.15
    # Off a nucleon at rest, as 1 + 3 cos^2 in the centre of mass (the Delta).
    cosine = 1.0
    while True:
        cosine = 2 * np.random.random() - 1
        if 4 * np.random.random() < 1 + 3 * cosine * cosine:
            break
    total = energy + PION_MASS
    momentum = math.sqrt(energy * (energy + 2 * PION_MASS))
    invariant = PION_MASS**2 + NUCLEON_MASS**2 + 2 * total * NUCLEON_MASS
    transfer = NUCLEON_MASS * momentum * momentum * (1 - cosine) / invariant
    azimuth = 2 * math.pi * np.random.random()
    struck = math.sqrt(transfer * (transfer + 2 * NUCLEON_MASS)) + 1e-12
    cosine = transfer * (total + NUCLEON_MASS) / (momentum * struck)
    away = turned(direction, cosine, azimuth)
    # pi+ n -> pi0 p; pi+ p -> pi+ p, nine times as strong as on n (isospin, Delta++).
    protons = 9 * PROTON_SHARE
    proton = exchanged or np.random.random() * (protons + 1 - PROTON_SHARE) < protons
    excitation = expel(record, proton, Particle(transfer, place, away))
    left = direction_of_sum(momentum, direction, -struck, away, 1e-12)
    if exchanged:
        record.energy[REST] -= PION_MASS
        decay_neutral_pion(record, total - transfer, place, left)
    else:
        push(record, PION, energy - transfer, place, left)
    evaporate(record, excitation, NEUTRON_SEPARATION, PROTON_SEPARATION, place)


@kernel
def absorb_pion(record: Record, pion: Particle) -> None:
    """pi+ on a nucleon pair, 80% proton and neutron (assumed): two nucleons share its energy."""
    energy = pion.energy
    record.energy[REST] -= PION_MASS
    total = energy + PION_MASS
    momentum = math.sqrt(energy * (energy + 2 * PION_MASS))
    # Back to back in the frame of pion and pair.
    mass = math.sqrt((total + 2 * NUCLEON_MASS) ** 2 - momentum * momentum)
    gamma = (total + 2 * NUCLEON_MASS) / mass
    beta_gamma = momentum / mass
    star = math.sqrt(mass * mass / 4 - NUCLEON_MASS**2)
    axis = isotropic()
    along = cosine_between(axis, pion.direction)
    excitation = 0.0
    for sign in (1.0, -1.0):
        p_along = sign * star * along
        nucleon = gamma * mass / 2 + beta_gamma * p_along - NUCLEON_MASS
        shift = (gamma - 1) * p_along + beta_gamma * mass / 2
        away = direction_of_sum(sign * star, axis, shift, pion.direction, 1e-12)
        # The first is a proton always, the second where the pair was proton and neutron.
        proton = sign > 0 or np.random.random() < 0.8
        separation = PROTON_SEPARATION if proton else NEUTRON_SEPARATION
        depth = 14.0  # mean depth in the Fermi sea, 2/5 of 35 MeV
        if nucleon < depth + separation + 1:
            excitation += nucleon
            continue
        record.energy[NUCLEAR] += separation
        excitation += depth
        nucleon -= depth + separation
        excitation += cascade(record, proton, Particle(nucleon, pion.place, away), False)
    evaporate(record, excitation, NEUTRON_SEPARATION, PROTON_SEPARATION, pion.place)


@kernel
def decay_neutral_pion(record: Record, total: float, place: Vector, direction: Vector) -> None:
    """pi0 of `total` energy to two photons, at once."""
    gamma = max(1.0, total / NEUTRAL_PION_MASS)
    beta_gamma = math.sqrt(gamma * gamma - 1)
    axis = isotropic()
    along = cosine_between(axis, direction)
    for sign in (1.0, -1.0):
        photon = total / 2 + NEUTRAL_PION_MASS / 2 * sign * beta_gamma * along
        star = sign * NEUTRAL_PION_MASS / 2
        shift = (gamma - 1) * star * along + beta_gamma * NEUTRAL_PION_MASS / 2
        push(record, PHOTON, photon, place, direction_of_sum(star, axis, shift, direction))


@kernel
def decay_pion(record: Record, pion: Particle) -> None:
    """pi+ to mu+ and neutrino, in flight or at rest: isotropic in the pion's frame."""
    total = pion.energy + PION_MASS
    gamma = total / PION_MASS
    beta_gamma = math.sqrt(gamma * gamma - 1)
    star_energy = (PION_MASS**2 + MUON_MASS**2) / (2 * PION_MASS)
    star = (PION_MASS**2 - MUON_MASS**2) / (2 * PION_MASS)
    axis = isotropic()
    along = cosine_between(axis, pion.direction)
    muon = gamma * star_energy + beta_gamma * star * along
    shift = (gamma - 1) * star * along + beta_gamma * star_energy
    away = direction_of_sum(star, axis, shift, pion.direction)
    record.energy[REST] += MUON_MASS - PION_MASS
    record.energy[NEUTRINOS] += total - muon
    push(record, ANTIMUON, max(0.0, muon - MUON_MASS), pion.place, away)


@kernel
def michel_energy() -> float:
    """Total energy of the electron of a muon that decays at rest (PDG, muon decay)."""
    while True:
        share = np.random.random()
        if np.random.random() < share * share * (3 - 2 * share) and share > 0.01:
            return share * MICHEL_END


@kernel
def end_muon(record: Record, positive: bool, place: Vector) -> None:
    """A muon at rest: mu+ decays; mu- is bound, then captured by the nucleus or decays."""
    record.energy[REST] -= MUON_MASS
    available = MUON_MASS
    if not positive:
        # The atomic cascade: its hardest line as a photon, the rest on the spot.
        push(record, PHOTON, MUONIC_XRAY, place, isotropic())
        deposit(record, TRACK, MUONIC_BINDING - MUONIC_XRAY, place)
        available -= MUONIC_BINDING
        if np.random.random() < CAPTURED:
            # 40Ar mu- -> 40Cl* nu: excited by 17 MeV on average, an assumed spectrum, which
            # evaporates 1.6 neutrons here. Both are good to no better than a third, and likely
            # high: LArIAT (arXiv:2408.05133) sees 0.6 of the deposits that Geant4 predicts.
            excitation = min(np.random.gamma(2.5, 6.8), 60.0)
            record.energy[NUCLEAR] += CHLORINE_GAP
            record.energy[NEUTRINOS] += available - CHLORINE_GAP - excitation
            evaporate(record, excitation, CHLORINE_NEUTRON, CHLORINE_PROTON, place)
            return
    total = michel_energy()
    away = isotropic()
    record.energy[REST] += ELECTRON_MASS
    record.energy[NEUTRINOS] += available - total
    push(record, POSITRON if positive else ELECTRON, total - ELECTRON_MASS, place, away)
