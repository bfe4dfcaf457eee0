# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Reactions of argon nuclei that hadrons hit: a short cascade and evaporation.

The simulator's roughest part. A hadron inside the nucleus collides with nucleons of a Fermi gas;
what is not carried out excites the nucleus, which evaporates nucleons, alphas and photons. Energy
is accounted for to the last bit: what binding costs is in the record's `NUCLEAR`. Not simulated:
coherent scattering of hadrons, production of pions, recoil of nuclei in the cascade.
"""

import math

import numpy as np

from darkpixel.formats.image_format import SHOWER, TRACK
from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.physics import NUCLEON_MASS, A, Z
from darkpixel.simulation.argon.record import (
    NEUTRON,
    NUCLEAR,
    PHOTON,
    PROTON,
    Particle,
    Record,
    Vector,
    deposit,
    isotropic,
    push,
    turned,
)

# Separation energies of 40Ar, MeV, from the reaction energies of the mass evaluation AME2020.
NEUTRON_SEPARATION, PROTON_SEPARATION, ALPHA_SEPARATION = 9.87, 12.53, 6.80
PROTON_BARRIER, ALPHA_BARRIER = 4.0, 8.0  # effective, MeV, good to about 30%
FIRST_LEVEL, SECOND_LEVEL = 1.461, 2.121  # of 40Ar, MeV (ENSDF)
PROTON_SHARE = Z / 40
# The next four are usual or plausible values, not fits: good to 10%, a third, a third and a fifth.
FERMI_ENERGY = 35.0  # of a nucleus of middling mass, MeV
RESCATTERING = 0.45  # chance of a further collision: about 1.8 in all, radius over free path
TRAPPED = 12.0  # a nucleon with less does not leave, MeV
LEVEL_DENSITY = A / 8  # 1/MeV, the Fermi gas's usual value


@kernel
def expel(record: Record, proton: bool, struck: Particle) -> float:
    """Give a bound nucleon its energy in `struck`; the part that excites the nucleus, MeV.

    The nucleon leaves along its direction if it has enough after its depth in the Fermi sea and its
    separation energy are paid; otherwise (Pauli blocking) all of it is excitation.
    """
    depth: float = FERMI_ENERGY * (1 - np.random.random() ** (2 / 3))
    separation = PROTON_SEPARATION if proton else NEUTRON_SEPARATION
    energy = struck.energy - depth - separation
    if energy < PROTON_BARRIER:
        return struck.energy
    record.energy[NUCLEAR] += separation
    push(record, PROTON if proton else NEUTRON, energy, struck.place, struck.direction)
    return depth


@kernel
def cascade(record: Record, proton: bool, nucleon: Particle, collides: bool) -> float:
    """Follow a nucleon out of the nucleus; the excitation it leaves, MeV.

    Collisions are isotropic in the centre of mass of two nucleons, as they nearly are below 400
    MeV. `collides`: the first collision is certain (a nucleon that came from outside).
    """
    excitation = 0.0
    energy, place, direction = nucleon
    collides = collides or np.random.random() < RESCATTERING
    while collides:
        transfer = energy * np.random.random()
        azimuth = 2 * math.pi * np.random.random()
        boost = (energy + 2 * NUCLEON_MASS) / energy
        cosine = math.sqrt(transfer * boost / (transfer + 2 * NUCLEON_MASS))
        struck = Particle(transfer, place, turned(direction, cosine, azimuth))
        struck_proton = np.random.random() < PROTON_SHARE
        excitation += expel(record, struck_proton, struck)
        left = energy - transfer
        cosine = math.sqrt(left * boost / (left + 2 * NUCLEON_MASS))
        direction = turned(direction, cosine, azimuth + math.pi)
        energy = left
        if energy < TRAPPED:
            # It stays, and what binds it is set free.
            separation = PROTON_SEPARATION if proton else NEUTRON_SEPARATION
            record.energy[NUCLEAR] -= separation
            return excitation + energy + separation
        collides = np.random.random() < RESCATTERING
    push(record, PROTON if proton else NEUTRON, energy, place, direction)
    return excitation


@kernel
def evaporation_energy(temperature: float, most: float) -> float:
    """Kinetic energy of an evaporated nucleon: T exp(-T / temperature), not above `most`, MeV."""
    while True:
        if most > 2 * temperature:
            pair = (1 - np.random.random()) * (1 - np.random.random())
            energy = -temperature * math.log(pair)
            if energy <= most:
                return energy
        else:  # where hardly any of the spectrum is allowed, its linear rise
            energy = most * math.sqrt(np.random.random())
            if np.random.random() < math.exp(-energy / temperature):
                return energy


@kernel
def evaporate(
    record: Record,
    excitation: float,
    neutron_separation: float,
    proton_separation: float,
    place: Vector,
) -> None:
    """De-excite a nucleus: neutrons, protons and alphas after Weisskopf, then photons."""
    while excitation > neutron_separation:
        temperature = math.sqrt(excitation / LEVEL_DENSITY)
        # Weisskopf widths ~ g m exp(-(separation + barrier) / temperature), where energy allows.
        neutron = math.exp(-neutron_separation / temperature)
        proton = 0.0
        if excitation > proton_separation + PROTON_BARRIER:
            proton = math.exp(-(proton_separation + PROTON_BARRIER) / temperature)
        alpha = 0.0
        if excitation > ALPHA_SEPARATION + ALPHA_BARRIER:
            alpha = 2 * math.exp(-(ALPHA_SEPARATION + ALPHA_BARRIER) / temperature)
        choice = np.random.random() * (neutron + proton + alpha)
        if choice < neutron:
            separation, barrier = neutron_separation, 0.0
        elif choice < neutron + proton:
            separation, barrier = proton_separation, PROTON_BARRIER
        else:
            separation, barrier = ALPHA_SEPARATION, ALPHA_BARRIER
        spare = excitation - separation - barrier
        energy = barrier + evaporation_energy(temperature, spare)
        away = isotropic()
        if choice < neutron:
            push(record, NEUTRON, energy, place, away)
        elif choice < neutron + proton:
            push(record, PROTON, energy, place, away)
        else:
            deposit(record, TRACK, energy, place)  # its range is 0.1 to 0.2 mm (ASTAR)
        record.energy[NUCLEAR] += separation
        excitation -= energy + separation
    while excitation > 0:
        photon = excitation
        if excitation > SECOND_LEVEL:
            # To any level below, the first excited one at the end. A made-up cascade in place of
            # the level scheme: only its energy is right, its lines and their number are not.
            photon = (excitation - FIRST_LEVEL) * (0.3 + 0.7 * np.random.random())
        excitation -= photon
        if photon < 0.1:
            deposit(record, SHOWER, photon, place)
            continue
        push(record, PHOTON, photon, place, isotropic())
