"""Collisions of the muon data set, from Pythia 8: final-state particles, a batch at a time.

`pythia8mc` and `awkward` are imported when a simulation starts, so that the rest of the library
works without them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.muons import MuonSimulation
from darkpixel.simulation import pythia

Process = Literal["signal", "background", "pileup"]

_B_HADRONS = (511, 521, 531, 5122)  # B0, B+, Bs0, Lambda_b


@dataclass(frozen=True)
class FinalState:
    """Final-state particles of some collisions, neutrinos included; arrays of equal length."""

    events: int
    event: NDArray[np.int64]  # 0 to events - 1, ascending
    species: NDArray[np.int64]  # PDG code, with its sign
    px: NDArray[np.float64]  # GeV, as the next three
    py: NDArray[np.float64]
    pz: NDArray[np.float64]
    energy: NDArray[np.float64]

    def __getitem__(self, which: NDArray[Any]) -> "FinalState":
        names = ("event", "species", "px", "py", "pz", "energy")
        return FinalState(self.events, *(getattr(self, name)[which] for name in names))

    def renumbered(self, number: NDArray[np.int64], events: int) -> "FinalState":
        """The particles of collisions with `number` >= 0, as collisions 0 to `events` - 1."""
        kept = self[number[self.event] >= 0]
        return replace(kept, events=events, event=number[kept.event])

    @property
    def pt(self) -> NDArray[np.float64]:
        """Transverse momentum, GeV."""
        return np.hypot(self.px, self.py)

    @property
    def eta(self) -> NDArray[np.float64]:
        """Pseudorapidity of the momentum."""
        return np.arcsinh(self.pz / np.maximum(self.pt, 1e-12))

    @property
    def phi(self) -> NDArray[np.float64]:
        """Azimuth of the momentum, in [-pi, pi]."""
        return np.arctan2(self.py, self.px)


def pythia_settings(settings: MuonSimulation, process: Process) -> list[str]:
    """The lines that Pythia reads, in order, without the seed.

    Particles with a mean flight path beyond 10 mm do not decay: K0_S and Lambda reach the
    calorimeter, as in Delphes, whose energy shares of them would otherwise have nothing to do.
    """
    lines = [
        "Print:quiet = on",
        "Beams:idA = 2212",
        "Beams:idB = 2212",
        f"Beams:eCM = {settings.energy!r}",
        "ParticleDecays:limitTau0 = on",
        "ParticleDecays:tau0Max = 10.",
    ]
    if process == "signal":
        low, high = settings.mass_window
        lines += [
            "NewGaugeBoson:ffbar2gmZZprime = on",
            "Zprime:gmZmode = 3",  # the Z' alone, without photon and Z
            f"32:m0 = {settings.resonance_mass!r}",
            f"32:mMin = {low!r}",
            f"32:mMax = {high!r}",
            f"PhaseSpace:mHatMin = {min(low, 10.0)!r}",
            "32:onMode = off",
            "32:onIfAny = 13",
        ]
    elif process == "background":
        lines += ["HardQCD:hardbbbar = on", f"PhaseSpace:pTHatMin = {settings.pt_hat_min!r}"]
        if settings.forced_b_to_muon:
            for hadron in _B_HADRONS:
                lines += [f"{hadron}:onMode = off", f"{hadron}:onIfAny = 13"]
    else:
        lines.append("SoftQCD:inelastic = on")
    if process != "pileup" and not settings.multi_parton_interactions:
        lines.append("PartonLevel:MPI = off")
    return lines + settings.pythia


class Collisions:
    """An endless sequence of simulated collisions, `batch` at a time.

    Args:
        seed: of Pythia's generator, 1 to 900,000,000; the sequence depends on it and on the
            settings, not on `batch`.
        batch: collisions held in memory at once (about 0.2 MB each).

    Raises:
        DarkpixelError: Pythia is not installed, refuses a setting, cannot start, or the seed is
            out of range.
    """

    def __init__(
        self, settings: MuonSimulation, process: Process, seed: int, batch: int = 200
    ) -> None:
        pythia.check_seed("muons", seed)
        pythia8mc, self._awkward = pythia.packages("muons", ("pythia8mc", "awkward"), "'file'")
        self.software = f"pythia8mc {version('pythia8mc')}"
        self._batch = batch
        self._pythia = pythia.start(
            pythia8mc,
            "muons",
            pythia_settings(settings, process),
            settings.pythia,
            seed,
            f"muons/{process}: Pythia 8 cannot start with energy = {settings.energy:g}, "
            f"resonance_mass = {settings.resonance_mass:g}, pt_hat_min = "
            f"{settings.pt_hat_min:g}, pythia = {settings.pythia}; change these settings.",
        )

    def charges(self, species: NDArray[np.int64]) -> NDArray[np.float64]:
        """Electric charge of each PDG code, in units of the proton's."""
        codes, index = np.unique(species, return_inverse=True)
        charge: Callable[[int], float] = self._pythia.particleData.charge
        return np.array([charge(int(code)) for code in codes])[index]

    def __iter__(self) -> Iterator[FinalState]:
        flat = self._awkward.flatten
        for record in pythia.batches(self._pythia, "muons", self._batch):
            events = len(record)
            final = np.asarray(flat(record.status)) > 0
            event = np.repeat(np.arange(events), np.asarray(self._awkward.num(record.id)))[final]
            species = np.asarray(flat(record.id))[final].astype(np.int64)
            momentum = (
                np.asarray(flat(getattr(record.p, name)))[final] for name in ("px", "py", "pz", "e")
            )
            yield FinalState(events, event, species, *momentum)
