# ruff: noqa: NPY002  (compiled code draws from numba's own generator)
"""Steps of charged particles: fluctuations of the energy loss, and multiple scattering.

Losses below the cuts are continuous, with Gaussian (thick steps) or gamma-distributed (thin steps)
fluctuations of the right variance. Multiple scattering takes Highland's width without its
logarithm, so that steps of any length add in quadrature.
"""

import math

import numpy as np

from darkpixel.simulation.argon.kernels import kernel
from darkpixel.simulation.argon.physics import BETHE, DELTA_CUT, ELECTRON_MASS, RADIATION_LENGTH
from darkpixel.simulation.argon.record import Vector, turned

LONGEST_STEP = 0.25  # cm, half a pixel


@kernel
def fluctuating_loss(mean: float, variance: float, most: float) -> float:
    """Energy lost in a step, MeV, not above `most`."""
    deviation = math.sqrt(variance)
    if mean > 3 * deviation:
        loss = mean + deviation * np.random.normal()
    else:
        shape = mean / deviation
        loss = np.random.gamma(shape * shape, deviation / shape)
    return min(max(loss, 0.0), most)


@kernel
def loss_variance(step: float, beta2: float, largest: float) -> float:
    """Variance of the loss to transfers below the cut, MeV^2, of which `largest` is possible."""
    top = min(DELTA_CUT, largest)
    return BETHE / 2 / beta2 * step * top * (1 - beta2 * top / (2 * largest))


@kernel
def scattered(direction: Vector, momentum: float, beta: float, step: float) -> Vector:
    """The direction after multiple scattering over `step` (PDG; without the logarithm)."""
    width = 13.6 / (momentum * beta) * math.sqrt(step / RADIATION_LENGTH)
    # Exponential in 1 - cos is Gaussian in both projected angles.
    cosine = 1 + width * width * math.log(1 - np.random.random())
    if width > 0.7 or cosine < -1:
        cosine = 2 * np.random.random() - 1
    return turned(direction, cosine, 2 * math.pi * np.random.random())


@kernel
def radiation_angle(energy: float) -> float:
    """Cosine of a bremsstrahlung photon or a pair's lepton of total `energy`: width m/E.

    Tsai's two-exponential form, its main term (G4, bremsstrahlung).
    """
    theta = -math.log((1 - np.random.random()) * (1 - np.random.random())) / 0.625
    return math.cos(min(math.pi, theta * ELECTRON_MASS / energy))
