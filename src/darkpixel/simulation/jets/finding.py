"""From particles to trimmed leading jets, with FastJet: cells, anti-kT, trimming, acceptance.

The calorimeter and the selection are those of SARM section 2.1 and of the LAGAN data that it uses
(arXiv:1701.05927, section 2); trimming after Krohn, Thaler and Wang (arXiv:0912.1342).
All arrays run over many collisions at once: `event` says to which one an entry belongs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.jets import JetSimulation
from darkpixel.simulation.jets.events import COLUMNS, JetEvents

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Particles:
    """Visible final-state particles of some collisions; arrays of equal length."""

    events: int
    event: Integers  # 0 to events - 1, ascending
    px: Floats
    py: Floats
    pz: Floats
    energy: Floats


@dataclass(frozen=True)
class Cells:
    """Calorimeter cells as massless particles at the cell centres; arrays of equal length."""

    event: Integers  # ascending
    eta: Floats
    phi: Floats
    energy: Floats

    @property
    def pt(self) -> Floats:
        return self.energy / np.cosh(self.eta)

    def __getitem__(self, which: NDArray[Any]) -> "Cells":
        return Cells(self.event[which], self.eta[which], self.phi[which], self.energy[which])

    def momentum(self, group: Integers, groups: int) -> "Momentum":
        """Sum of the four-momenta per group; cells of group -1 are left out."""
        # By hand because vector has no sums by group, and rounds pT and eta otherwise.
        chosen = group >= 0
        pt, phi, eta = self.pt, self.phi, self.eta

        def total(component: Floats) -> Floats:
            return _sums(group[chosen], component[chosen], groups)

        return Momentum(
            total(pt * np.cos(phi)),
            total(pt * np.sin(phi)),
            total(pt * np.sinh(eta)),
            total(self.energy),
        )


@dataclass(frozen=True)
class Momentum:
    """Four-momenta, GeV; pseudorapidity `eta`."""

    px: Floats
    py: Floats
    pz: Floats
    energy: Floats

    @property
    def pt(self) -> Floats:
        return np.hypot(self.px, self.py)

    @property
    def eta(self) -> Floats:
        return np.arcsinh(self.pz / np.maximum(self.pt, 1e-9))

    @property
    def phi(self) -> Floats:
        return np.arctan2(self.py, self.px)

    @property
    def mass(self) -> Floats:
        square = self.energy**2 - self.px**2 - self.py**2 - self.pz**2
        return np.sqrt(np.maximum(square, 0.0))


class JetFinder:
    """From particles to trimmed leading jets."""

    def __init__(self, fastjet: Any, awkward: Any, settings: JetSimulation) -> None:
        """Take the two packages as imported by the caller."""
        self._fastjet, self._awkward = fastjet, awkward
        self._settings = settings
        definition = fastjet.JetDefinition
        self._anti_kt = definition(fastjet.antikt_algorithm, settings.jet_radius)
        self._kt = definition(fastjet.kt_algorithm, settings.subjet_radius)

    def trimmed_jets(self, particles: Particles, first_event: int) -> JetEvents:
        """The accepted leading jets, at most one per collision, in order.

        `first_event` is the position of the first collision in the generator's sequence.
        """
        settings = self._settings
        low, high = settings.jet_pt
        cells = self._calorimeter(particles)
        # Trimming cannot raise the pT of a jet whose cells lie within 90 degrees in azimuth, so
        # jets below the window need not be trimmed.
        jet, event_of_jet = self._cluster(cells, self._anti_kt, low)
        jet_pt = cells.momentum(jet, len(event_of_jet)).pt
        leading = _first_of_group(event_of_jet, jet_pt)
        untrimmed_pt = jet_pt[leading]
        # From here on jets are numbered 0 .. n - 1: the leading jets, one per event.
        number = np.full(len(event_of_jet) + 1, -1)
        number[leading] = np.arange(len(leading))
        owner = number[jet]  # cells without a jet have jet == -1, the last entry: -1 again
        event_of_jet = event_of_jet[leading]
        cells = cells[owner >= 0]

        subjet, event_of_subjet = self._cluster(cells, self._kt, 0.0)
        jet_of_subjet = np.searchsorted(event_of_jet, event_of_subjet)
        subjets = cells.momentum(subjet, len(jet_of_subjet))
        kept = subjets.pt > settings.trimming_fraction * untrimmed_pt[jet_of_subjet]
        jet_of_cell = np.where(kept[subjet], jet_of_subjet[subjet], -1)
        jets = len(event_of_jet)
        trimmed = cells.momentum(jet_of_cell, jets)
        pt, eta = trimmed.pt, trimmed.eta
        accepted = (pt > low) & (pt < high) & (np.abs(eta) < settings.jet_eta_max)

        pt_of_subjet = np.where(kept, subjets.pt, -1.0)
        first = _first_of_group(jet_of_subjet, pt_of_subjet)
        pt_of_subjet[first] = -2.0  # behind those that were not kept
        second = _first_of_group(jet_of_subjet, pt_of_subjet)
        count = np.bincount(jet_of_subjet[kept], minlength=jets)
        deta = np.where(count > 1, subjets.eta[second] - subjets.eta[first], np.nan)
        dphi = np.where(count > 1, _wrapped(subjets.phi[second] - subjets.phi[first]), np.nan)

        mine = (jet_of_cell >= 0) & accepted[jet_of_cell]
        owner, cells = jet_of_cell[mine], cells[mine]
        relative = np.stack(
            [
                cells.eta - subjets.eta[first][owner],
                _wrapped(cells.phi - subjets.phi[first][owner]),
                cells.pt,
            ],
            axis=1,
        )
        cells_per_jet = np.bincount(owner, minlength=jets)[accepted]
        columns = {
            "jet_pt": pt,
            "jet_eta": eta,
            "jet_mass": trimmed.mass,
            "subjet_deta": deta,
            "subjet_dphi": dphi,
            "subjets": count,
            "event": event_of_jet + first_event,
        }
        return JetEvents(
            relative.astype(np.float32),
            np.concatenate([[0], np.cumsum(cells_per_jet)]).astype(np.int64),
            {name: columns[name][accepted].astype(dtype) for name, dtype in COLUMNS.items()},
        )

    def _calorimeter(self, particles: Particles) -> Cells:
        """Sum the energies in cells of rapidity and phi (SARM section 2.1: 0.1 x 0.1).

        The cells do not divide 2 pi: the last one in phi is cut short, as in the LAGAN data.
        """
        size, limit = self._settings.cell_size, self._settings.calorimeter_rapidity
        forward = np.maximum(particles.energy + particles.pz, 1e-12)
        backward = np.maximum(particles.energy - particles.pz, 1e-12)
        rapidity = 0.5 * np.log(forward / backward)
        inside = np.abs(rapidity) < limit
        azimuth = np.mod(np.arctan2(particles.py, particles.px), 2 * np.pi)[inside]
        rows = int(np.ceil(2 * limit / size - 1e-9))
        columns = int(np.ceil(2 * np.pi / size))
        row = np.minimum(((rapidity[inside] + limit) / size).astype(np.int64), rows - 1)
        column = np.minimum((azimuth / size).astype(np.int64), columns - 1)
        address = (particles.event[inside] * rows + row) * columns + column
        hit, particle_cell = np.unique(address, return_inverse=True)
        return Cells(
            event=hit // (rows * columns),
            eta=np.asarray(-limit + size * (hit // columns % rows + 0.5), np.float64),
            phi=np.asarray(size * (hit % columns + 0.5), np.float64),
            energy=_sums(particle_cell, particles.energy[inside], len(hit)),
        )

    def _cluster(self, cells: Cells, definition: Any, min_pt: float) -> tuple[Integers, Integers]:
        """Cluster the cells of each event; jets are numbered through all events, ascending.

        Returns:
            The jet of each cell (-1: none above `min_pt`), and the event of each jet.
        """
        if len(cells.event) == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        awkward = self._awkward
        events, starts, counts = np.unique(cells.event, return_index=True, return_counts=True)
        pt = cells.pt
        particles = awkward.zip(
            {
                "px": pt * np.cos(cells.phi),
                "py": pt * np.sin(cells.phi),
                "pz": pt * np.sinh(cells.eta),
                "E": cells.energy,
            }
        )
        sequence = self._fastjet.ClusterSequence(awkward.unflatten(particles, counts), definition)
        members = sequence.constituent_index(min_pt=min_pt)  # events x jets x cells of the event
        jets_per_event = np.asarray(awkward.num(members, axis=1))
        cells_per_jet = np.asarray(awkward.flatten(awkward.num(members, axis=2), axis=None))
        event_of_jet = np.repeat(np.arange(len(events)), jets_per_event)
        first_cell = np.repeat(starts[event_of_jet], cells_per_jet)
        cell = np.asarray(awkward.flatten(members, axis=None)) + first_cell
        jet = np.full(len(cells.event), -1)
        jet[cell] = np.repeat(np.arange(len(event_of_jet)), cells_per_jet)
        return jet, events[event_of_jet]


def _sums(group: Integers, values: Floats, groups: int) -> Floats:
    """Sum of `values` in each of `groups` groups."""
    return np.bincount(group, values, groups).astype(np.float64, copy=False)


def _first_of_group(group: Integers, value: Floats) -> Integers:
    """Index of the largest value in each group; `group` ascends."""
    order = np.lexsort((-value, group))
    return order[np.unique(group[order], return_index=True)[1]]


def _wrapped(angle: Floats) -> Floats:
    """Angles brought to [-pi, pi)."""
    return np.mod(angle + np.pi, 2 * np.pi) - np.pi
