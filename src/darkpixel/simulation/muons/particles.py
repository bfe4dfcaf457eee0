"""From final-state particles to what arrives at the calorimeter: field, energy shares, acceptance.

After Delphes (arXiv:1307.6346), whose `ParticlePropagator` and energy fractions these are, with
these simplifications: every particle starts at the centre of the detector, so that neither flight
paths of b hadrons (below 10 mm) nor the spread of the collisions along the beam matter; a particle
that turns back before it reaches the calorimeter is lost; nothing interacts on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.muons import MuonDetector
from darkpixel.simulation.muons.collisions import FinalState

Floats = NDArray[np.float64]

MUON = 13
_BENDING = 0.299792458  # GeV per tesla and metre
_INVISIBLE = (12, 13, 14, 16)  # neutrinos; muons leave next to nothing
_ELECTROMAGNETIC = (11, 22)
_MIXED = (310, 3122)  # K0_S and Lambda
_MIXED_ECAL_SHARE = 0.3  # Delphes' ATLAS card, as all shares

ETA, PHI, ECAL, HCAL = range(4)
"""Columns of `Deposits.particles`."""


@dataclass(frozen=True)
class Deposits:
    """What the particles of n events bring to the calorimeter.

    particles: (M, 4) float32: pseudorapidity and azimuth at the calorimeter's face, energy (GeV)
        left in the ECal and in the HCal; offsets: (n + 1,) int64, event i owns
        `particles[offsets[i]:offsets[i + 1]]`.
    """

    particles: NDArray[np.float32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, part: slice) -> "Deposits":
        """A contiguous range of events, with offsets that start at 0 again."""
        start, stop, _ = part.indices(len(self))
        offsets = self.offsets[start : max(start, stop) + 1]
        return Deposits(self.particles[offsets[0] : offsets[-1]], offsets - offsets[0])

    @property
    def event(self) -> NDArray[np.int64]:
        """(M,) event of each particle."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))


def concatenate(blocks: Sequence[Deposits]) -> Deposits:
    """Join blocks of events, in order."""
    counts = [np.diff(block.offsets) for block in blocks]
    particles = [np.zeros((0, 4), np.float32), *(block.particles for block in blocks)]
    return Deposits(np.concatenate(particles), _offsets(np.concatenate([*counts, []])))


def propagate(
    pt: Floats, eta: Floats, phi: Floats, charge: Floats, detector: MuonDetector
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Follow particles from the centre to the barrel or the endcap of the calorimeter.

    A charged particle of curvature radius R = pT / (0.2998 q B) turns by the angle w until it is
    at the distance 2 R sin(w / 2) from the beam and R w sinh(eta) along it; a positive charge
    turns to smaller phi.

    Args:
        pt, eta, phi: (n,) of the momentum, GeV.
        charge: (n,) in units of the proton's.

    Returns:
        eta and phi of where they arrive, (n,) each, phi not wrapped; and (n,) whether they do.
    """
    curvature = _BENDING * detector.field * np.abs(charge) / np.maximum(pt, 1e-12)  # 1/m
    turn = curvature > 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        half = curvature * detector.radius / 2
        barrel = np.where(half <= 1, 2 * np.arcsin(np.minimum(half, 1)), np.inf)
        endcap = curvature * detector.half_length / np.abs(np.sinh(eta))
        angle = np.where(turn, np.minimum(barrel, endcap), 0.0)
        arrives = angle <= np.pi
        # The path bends, the chord does not: along the beam it gets further than a straight one.
        stretch = np.where(turn & arrives, angle / 2 / np.sin(angle / 2), 1.0)
        arrival = np.arcsinh(np.sinh(eta) * stretch)
    return arrival, phi - np.sign(charge) * np.where(arrives, angle, 0) / 2, arrives


def deposits(
    particles: FinalState, charge: Floats, detector: MuonDetector, eta_max: float
) -> Deposits:
    """What reaches the calorimeter within |eta| < `eta_max`.

    Electrons and photons leave everything in the ECal, K0_S and Lambda 30 % there and the rest in
    the HCal, muons and neutrinos nothing, all others everything in the HCal (Delphes' ATLAS card).
    """
    species = np.abs(particles.species)
    eta, phi, arrives = propagate(particles.pt, particles.eta, particles.phi, charge, detector)
    seen = arrives & (np.abs(eta) < eta_max) & ~np.isin(species, _INVISIBLE)
    share = np.where(np.isin(species, _MIXED), _MIXED_ECAL_SHARE, 0.0)
    share[np.isin(species, _ELECTROMAGNETIC)] = 1.0
    columns = (eta, phi, particles.energy * share, particles.energy * (1 - share))
    counts = np.bincount(particles.event[seen], minlength=particles.events)
    return Deposits(np.stack(columns, axis=1)[seen].astype(np.float32), _offsets(counts))


def choose_muons(
    particles: FinalState, pt_window: tuple[float, float], eta_max: float
) -> NDArray[np.int64]:
    """Index of the muon of highest pT inside the window of each event that has one, by event."""
    low, high = pt_window
    pt = particles.pt
    inside = (np.abs(particles.species) == MUON) & (pt > low) & (pt < high)
    index = np.flatnonzero(inside & (np.abs(particles.eta) < eta_max))
    index = index[np.lexsort((-pt[index], particles.event[index]))]
    _, first = np.unique(particles.event[index], return_index=True)
    return index[first]


def _offsets(counts: NDArray[Any]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
