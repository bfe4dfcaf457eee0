"""Liquid argon and its particles: constants, cuts, and the formulas of energy loss.

Lengths in cm, energies in MeV, cross-sections in barn/atom unless said otherwise. PDG: Review of
Particle Physics (2022), its chapter 34 where a formula is meant. G4: Geant4 Physics Reference
Manual, whose formulas are quoted here because they are in print with the original references; the
program itself is not used. Sections are named, as equations are numbered anew in every edition.
"""

import math

import numpy as np
from numpy.typing import NDArray

from darkpixel.simulation.argon.kernels import kernel

Z, A = 18, 39.948
DENSITY = 1.396  # g/cm3, liquid at 87.3 K (PDG atomic and nuclear properties)
ATOMS = DENSITY * 0.602214 / A  # per barn and cm
RADIATION_LENGTH = 19.55 / DENSITY  # cm (PDG: 19.55 g/cm2)
# Mean excitation energy (PDG, ICRU 37): that of the gas. In the liquid it is 197 +- 7 eV (Strait,
# arXiv:2212.06286), which lowers losses by 0.5 to 1%.
EXCITATION = 188e-6
# Sternheimer's density effect for liquid argon (PDG muon tables).
DENSITY_A, DENSITY_K, DENSITY_X0, DENSITY_X1, DENSITY_C = 0.19559, 3.0, 0.2, 3.0, 5.2146

ELECTRON_MASS = 0.51099895  # PDG, as all masses
MUON_MASS = 105.6583755
PION_MASS = 139.57039
NEUTRAL_PION_MASS = 134.9768
PROTON_MASS = 938.27209
NUCLEON_MASS = 938.92  # mean of proton and neutron, where they are treated alike
PION_DECAY_LENGTH = 780.45  # c tau, cm (PDG)

# Cuts: secondaries above them are followed one by one, below them they are part of the continuous
# loss. All are far below a pixel: an electron of 0.15 MeV has a range of 0.3 mm (ESTAR).
DELTA_CUT = 0.15
RADIATION_CUT = 0.15
ELECTRON_CUT = 0.15
PHOTON_CUT = 0.03

BETHE = 0.307075 * Z / A * DENSITY  # K Z/A rho, MeV/cm (PDG)
_FINE_STRUCTURE = 1 / 137.035999
_ARE2 = _FINE_STRUCTURE * 0.0794078  # alpha r_e^2, barn
_AZ2 = (_FINE_STRUCTURE * Z) ** 2
# Coulomb correction (Davies, Bethe, Maximon; PDG, radiation length).
COULOMB = _AZ2 * (1 / (1 + _AZ2) + 0.20206 - 0.0369 * _AZ2 + 0.0083 * _AZ2**2)
# Radiation in the field of the electrons: Z (Z + xi), with xi as in EGS4 and G4.
_XI = math.log(1440 / Z ** (2 / 3)) / (math.log(183 / Z ** (1 / 3)) - COULOMB)
RADIATION = _ARE2 * Z * (Z + _XI)
_SCREENING = 136 / Z ** (1 / 3)

Floats = NDArray[np.float64]


@kernel
def screening_functions(delta: float) -> tuple[float, float]:
    """Butcher and Messel's Phi1, Phi2 of the Thomas-Fermi atom (G4, pairs), less F(Z)/2."""
    if delta <= 1:
        phi1 = 20.867 - 3.242 * delta + 0.625 * delta * delta
        phi2 = 20.209 - 1.930 * delta - 0.086 * delta * delta
    else:
        phi1 = 21.12 - 4.184 * math.log(delta + 0.952)
        phi2 = phi1
    half = 4 / 3 * math.log(Z) + 4 * COULOMB
    return max(0.0, phi1 - half), max(0.0, phi2 - half)


@kernel
def bremsstrahlung(energy: float, fraction: float) -> float:
    """d sigma / d ln(k), barn/atom, for a photon of `fraction` of the total electron `energy`.

    Bethe-Heitler with screening and Coulomb correction (Tsai 1974; at high energy PDG's).
    """
    if fraction >= 1 - ELECTRON_MASS / energy:
        return 0.0
    delta = _SCREENING * ELECTRON_MASS / energy * fraction / (1 - fraction)
    phi1, phi2 = screening_functions(delta)
    left = 1 - fraction
    return RADIATION * ((1 + left * left) * phi1 - 2 / 3 * left * phi2)


@kernel
def pair_share(photon: float, fraction: float) -> float:
    """d sigma / d fraction, barn/atom, of a pair with `fraction` of the photon's energy in e+.

    Bethe-Heitler with screening and Coulomb correction (G4, gamma conversion). Only its shape is
    used: the total is XCOM's.
    """
    delta = _SCREENING * ELECTRON_MASS / photon / (fraction * (1 - fraction))
    phi1, phi2 = screening_functions(delta)
    product = fraction * (1 - fraction)
    return RADIATION * ((1 - 2 * product) * phi1 + 2 / 3 * product * phi2)


@kernel
def moller_ratio(gamma: float, share: float) -> float:
    """Moller cross-section over its leading term 1/share^2 (G4, ionization); share in (0, 1/2]."""
    g = (2 * gamma - 1) / (gamma * gamma)
    y = 1 - share
    return 1 - g * share + share * share * (1 - g + (1 - g * y) / (y * y))


@kernel
def bhabha_ratio(gamma: float, share: float) -> float:
    """Bhabha cross-section over its leading term 1/share^2 (G4, ionization); share in (0, 1]."""
    beta2 = 1 - 1 / (gamma * gamma)
    y = 1 / (gamma + 1)
    y12 = 1 - 2 * y
    b4 = y12 * y12 * y12
    b3 = b4 + y12 * y12
    b2 = y12 * (3 + y * y)
    b1 = 2 - y * y
    return 1 + beta2 * share * (-b1 + share * (b2 + share * (-b3 + share * b4)))


def density_effect(momentum_over_mass: Floats) -> Floats:
    """Sternheimer's delta at beta gamma (PDG, density effect)."""
    x = np.log10(momentum_over_mass)
    delta = 2 * math.log(10) * x - DENSITY_C
    delta += DENSITY_A * np.clip(DENSITY_X1 - x, 0, None) ** DENSITY_K
    effect: Floats = np.where(x < DENSITY_X0, 0.0, np.clip(delta, 0, None))
    return effect


@kernel
def largest_transfer(energy: float, mass: float) -> float:
    """Largest kinetic energy a heavy particle of kinetic `energy` gives an electron (PDG)."""
    gamma = 1 + energy / mass
    ratio = ELECTRON_MASS / mass
    return 2 * ELECTRON_MASS * (gamma * gamma - 1) / (1 + 2 * gamma * ratio + ratio * ratio)


def heavy_loss(energy: Floats, mass: float, cut: float = math.inf) -> Floats:
    """Mean loss of a muon, pion or proton to transfers below `cut`, MeV/cm (PDG, restricted loss).

    Bethe's formula, without shell corrections: used above 1 MeV (protons) or 0.3 MeV. Protons lose
    4% more than in PSTAR at 1 to 3 MeV, 2% more at 10 and less than 1% more above 50.
    """
    gamma = 1 + energy / mass
    beta2 = 1 - 1 / gamma**2
    ratio = ELECTRON_MASS / mass
    largest = 2 * ELECTRON_MASS * (gamma**2 - 1) / (1 + 2 * gamma * ratio + ratio**2)
    top = np.minimum(cut, largest)
    logarithm = 0.5 * np.log(2 * ELECTRON_MASS * (gamma**2 - 1) * top / EXCITATION**2)
    bracket = logarithm - beta2 / 2 * (1 + top / largest)
    bracket = bracket - density_effect(np.sqrt(gamma**2 - 1)) / 2
    # The table reaches below the energies of use, where the logarithm turns negative.
    loss: Floats = BETHE / beta2 * np.clip(bracket, 0.1, None)
    return loss


def electron_loss(energy: Floats, positron: bool, cut: float = math.inf) -> Floats:
    """Mean loss of e- or e+ to transfers below `cut`, MeV/cm: Berger-Seltzer (G4)."""
    tau = energy / ELECTRON_MASS
    gamma = tau + 1
    beta2 = 1 - 1 / gamma**2
    x = np.minimum(cut / ELECTRON_MASS, tau * (1.0 if positron else 0.5))
    if positron:
        y = 1 / (gamma + 1)
        f = np.log(tau * x) - beta2 / tau * (
            tau
            + 2 * x
            - 1.5 * x**2 * y
            - (x - x**3 / 3) * y**2
            - (x**2 / 2 - tau * x**3 / 3 + x**4 / 4) * y**3
        )
    else:
        f = -1 - beta2 + np.log((tau - x) * x) + tau / (tau - x)
        f = f + (x**2 / 2 + (2 * tau + 1) * np.log(1 - x / tau)) / gamma**2
    bracket = np.log(2 * (gamma + 1) / (EXCITATION / ELECTRON_MASS) ** 2) + f
    bracket = bracket - density_effect(np.sqrt(gamma**2 - 1))
    loss: Floats = BETHE / 2 / beta2 * np.clip(bracket, 0.1, None)
    return loss
