"""Calorimeter cells around muons and their images, for many muons at once.

After Delphes' `SimpleCalorimeter` (arXiv:1307.6346) and its ATLAS card: the energies of the
particles in a cell are summed, smeared by a log-normal of the cell's resolution, dropped below a
threshold or an insignificant energy, and placed at a random point of the cell. Simplifications:
cells of one size everywhere, no ECal energy in the HCal or the other way round, no noise in cells
that no particle hits, and no subtraction of pile-up.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.muons import MuonDetector, MuonImaging
from darkpixel.simulation.muons.particles import ECAL, ETA, HCAL, PHI, Floats


@dataclass(frozen=True)
class Arrivals:
    """Particles at the calorimeter: (M,) muon that each may be near, (M, 4) as in `Deposits`."""

    muon: NDArray[np.int64]
    deposits: NDArray[np.float32]


@dataclass(frozen=True)
class Cells:
    """Cells with energy; arrays of equal length, `deta` and `dphi` relative to their muon."""

    muon: NDArray[np.int64]
    eta: Floats
    deta: Floats
    dphi: Floats
    energy: Floats  # GeV

    def __getitem__(self, which: NDArray[np.bool_]) -> "Cells":
        return Cells(*(part[which] for part in vars(self).values()))


def draw_images(
    particles: Arrivals,
    muon_eta: Floats,
    muon_phi: Floats,
    detector: MuonDetector,
    imaging: MuonImaging,
    generator: np.random.Generator,
) -> NDArray[np.float32]:
    """Images of what surrounds each muon, which itself leaves nothing.

    Args:
        muon_eta, muon_phi: (n,) where the muons pass the calorimeter.

    Returns:
        (n, H, W), transverse energy in GeV; columns: eta ascending; row 0: largest phi.
    """
    images = np.zeros((len(muon_eta), imaging.pixels, imaging.pixels))
    for layer in (ECAL, HCAL):
        truth = sum_cells(particles, layer, muon_eta, muon_phi, detector)
        seen = spread(measure(truth, layer, detector, generator), layer, detector, generator)
        near = seen.deta**2 + seen.dphi**2 < detector.cone**2
        _add(images, seen[near], imaging.pixel_size)
    return images.astype(np.float32)


def sum_cells(
    particles: Arrivals, layer: int, muon_eta: Floats, muon_phi: Floats, detector: MuonDetector
) -> Cells:
    """True energies, and centres, of the cells of a layer that reach into the cone of each muon.

    Args:
        layer: `ECAL` or `HCAL`.
    """
    width_eta, width_phi, around = _cell_size(layer, detector)
    energy = particles.deposits[:, layer]
    kept = energy > 0
    muon, energy = particles.muon[kept], energy[kept]
    eta, phi = (particles.deposits[kept, column].astype(np.float64) for column in (ETA, PHI))
    row, column = np.floor(muon_phi / width_phi), np.floor(muon_eta / width_eta)
    across = np.floor(eta / width_eta) - column[muon]
    up = np.mod(np.floor(phi / width_phi) - row[muon] + around // 2, around) - around // 2
    # Cells on a square grid around each muon's own: counting on it needs no sorting.
    reach = math.ceil(detector.cone / min(width_eta, width_phi))
    side = 2 * reach + 1
    near = (np.abs(across) <= reach) & (np.abs(up) <= reach)
    index = (muon[near] * side + up[near] + reach) * side + across[near] + reach
    cells = len(muon_eta) * side * side
    total: Floats = np.asarray(np.bincount(index.astype(np.int64), energy[near], cells), float)
    hit = np.flatnonzero(total)
    owner, cell = np.divmod(hit, side * side)
    eta = (column[owner] + cell % side - reach + 0.5) * width_eta
    phi = (row[owner] + cell // side - reach + 0.5) * width_phi
    return Cells(owner, eta, eta - muon_eta[owner], phi - muon_phi[owner], total[hit])


def resolution(layer: int, energy: Floats, eta: Floats, detector: MuonDetector) -> Floats:
    """Standard deviation of the energy (n,) that cells of a layer measure, GeV."""

    def quadrature(terms: tuple[float, float, float]) -> Floats:
        constant, stochastic, noise = terms
        return np.asarray(np.sqrt((constant * energy) ** 2 + stochastic**2 * energy + noise**2))

    if layer == ECAL:
        return quadrature(detector.ecal_resolution)
    return np.where(
        np.abs(eta) <= detector.hcal_endcap_eta,
        quadrature(detector.hcal_resolution),
        quadrature(detector.hcal_endcap_resolution),
    )


def measure(
    cells: Cells, layer: int, detector: MuonDetector, generator: np.random.Generator
) -> Cells:
    """Smear the energies, keeping their mean, and drop cells that are too faint."""
    variance = np.log1p((resolution(layer, cells.energy, cells.eta, detector) / cells.energy) ** 2)
    shift = generator.standard_normal(len(variance)) * np.sqrt(variance)
    energy = cells.energy * np.exp(shift - variance / 2)
    threshold = detector.ecal_threshold if layer == ECAL else detector.hcal_threshold
    noise = detector.significance * resolution(layer, energy, cells.eta, detector)
    measured = Cells(cells.muon, cells.eta, cells.deta, cells.dphi, energy)
    return measured[(energy > threshold) & (energy > noise)]


def spread(
    cells: Cells, layer: int, detector: MuonDetector, generator: np.random.Generator
) -> Cells:
    """Move every cell from its centre to a random point inside it."""
    width_eta, width_phi, _ = _cell_size(layer, detector)
    across, up = generator.uniform(-0.5, 0.5, (2, len(cells.eta)))
    across, up = across * width_eta, up * width_phi
    return Cells(cells.muon, cells.eta + across, cells.deta + across, cells.dphi + up, cells.energy)


def _cell_size(layer: int, detector: MuonDetector) -> tuple[float, float, int]:
    """Sides of a cell in eta and phi, and how many there are in phi: a whole number."""
    size = detector.ecal_cell if layer == ECAL else detector.hcal_tower
    around = round(2 * math.pi / size)
    return size, 2 * math.pi / around, around


def _add(images: Floats, cells: Cells, pixel_size: float) -> None:
    """Add the cells' transverse energies to the pixels; what lies outside is lost."""
    _, height, width = images.shape
    column = np.floor(cells.deta / pixel_size + width / 2).astype(np.int64)
    row = np.floor(height / 2 - cells.dphi / pixel_size).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    where = (cells.muon[inside], row[inside], column[inside])
    np.add.at(images, where, cells.energy[inside] / np.cosh(cells.eta[inside]))
