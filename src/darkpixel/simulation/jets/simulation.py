"""Jets with Pythia 8: collisions to an events file of trimmed leading jets.

After SARM section 2.1 and the LAGAN data that it uses (arXiv:1701.05927, section 2). Signal:
W' -> W Z with W -> q q' and Z -> neutrinos, so that the leading jet is a boosted W. Background:
QCD 2 -> 2. The jets themselves are found in
`darkpixel.simulation.jets.finding`.

`pythia8mc`, `fastjet` and `awkward` are imported when a simulation starts, so that the rest of the
library works without them.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from darkpixel.config.jets import JetSimulation
from darkpixel.errors import DarkpixelError
from darkpixel.formats.hdf5 import new_hdf5
from darkpixel.simulation import pythia
from darkpixel.simulation.jets.events import JetEventsWriter
from darkpixel.simulation.jets.finding import JetFinder, Particles

Label = Literal["signal", "background"]

# Far below any sensible recipe: the default accepts about one collision in three.
_PATIENCE, _LEAST_ACCEPTANCE = 20_000, 1e-3
_NEUTRINOS = (12, 14, 16)


def simulate(
    settings: JetSimulation,
    label: Label,
    images: int,
    seed: int,
    path: str | Path,
    *,
    batch: int = 200,
    progress: bool | None = None,
) -> None:
    """Simulate collisions until `images` jets are accepted, and write them to `path`.

    The file depends on settings, label, images and seed only: same seed, same bytes. It appears
    whole or not at all.

    Args:
        label: "signal" (W jets) or "background" (QCD jets).
        images: number of accepted jets, at least 1.
        seed: of Pythia's generator, 1 to 900,000,000.
        batch: collisions held in memory at once (about 0.2 MB each).
        progress: show a bar with images per second; None: only on a terminal.

    Raises:
        DarkpixelError: Pythia or FastJet is not installed, Pythia refuses a setting, the seed is
            out of range, hardly any jet is accepted, or the file cannot be written.
    """
    if label not in ("signal", "background"):
        raise DarkpixelError(f"jets: label {label!r} is unknown; use 'signal' or 'background'.")
    if images < 1:
        raise DarkpixelError(f"jets: {images} images asked for; ask for at least 1.")
    pythia.check_seed("jets", seed)
    packages = _packages()
    collisions = _Collisions(packages, settings, label, seed, batch)
    finder = JetFinder(packages.fastjet, packages.awkward, settings)
    recipe = settings.model_dump_json()
    header = {
        "label": label,
        "seed": seed,
        "settings": recipe,
        "config_digest": hashlib.sha256(f"{label} {recipe}".encode()).hexdigest()[:16],
        "software": " ".join(f"{name} {version(name)}" for name in ("pythia8mc", "fastjet")),
    }
    bar = tqdm(
        total=images,
        desc=f"jets/{label} seed {seed}",
        unit=" images",
        disable=None if progress is None else not progress,
    )
    with new_hdf5(path) as (file, disk), bar:
        writer = JetEventsWriter(file, header)
        accepted = generated = 0
        for particles in collisions:
            jets = finder.trimmed_jets(particles, first_event=generated)[: images - accepted]
            generated += particles.events
            accepted += len(jets)
            writer.append(jets)
            disk.check()
            bar.update(len(jets))
            if accepted == images:
                # The rest of the batch is not counted, lest the file depend on the batch size.
                generated = int(jets.columns["event"][-1]) + 1
                break
            if generated >= _PATIENCE and accepted < _LEAST_ACCEPTANCE * generated:
                low, high = settings.jet_pt
                raise DarkpixelError(
                    f"jets/{label}: {accepted} jets accepted out of {generated} collisions; "
                    f"jet_pt [{low:g}, {high:g}] GeV does not fit resonance_mass or pt_hat."
                )
        writer.finish(generated)


@dataclass(frozen=True)
class _Packages:
    pythia8mc: Any
    fastjet: Any
    awkward: Any


def _packages() -> _Packages:
    imported = pythia.packages("jets", ("pythia8mc", "fastjet", "awkward"), "'download' or 'file'")
    # FastJet prints a banner on C stdout at the first clustering, where Python cannot catch it.
    import_module("fastjet._swig").ClusterSequence.set_fastjet_banner_stream(None)
    return _Packages(*imported)


def pythia_settings(settings: JetSimulation, label: Label) -> list[str]:
    """The lines that Pythia reads, in order, without the seed."""
    lines = [
        "Print:quiet = on",
        "Beams:idA = 2212",
        "Beams:idB = 2212",
        f"Beams:eCM = {settings.energy!r}",
    ]
    if label == "signal":
        lines += [
            "NewGaugeBoson:ffbar2Wprime = on",
            "Wprime:coup2WZ = 1",
            f"34:m0 = {settings.resonance_mass!r}",
            "34:onMode = off",
            "34:onIfAny = 23 24",
            "24:onMode = off",
            "24:onIfAny = 1 2 3 4",
            "23:onMode = off",
            "23:onIfAny = 12",  # neutrinos: the W is the only jet of the hard process
        ]
    else:
        low, high = settings.pt_hat
        lines += [
            "HardQCD:all = on",
            f"PhaseSpace:pTHatMin = {low!r}",
            f"PhaseSpace:pTHatMax = {high!r}",
        ]
    if not settings.multi_parton_interactions:
        lines.append("PartonLevel:MPI = off")
    return lines + settings.pythia


class _Collisions:
    """An endless sequence of simulated collisions, `batch` at a time."""

    def __init__(
        self, packages: _Packages, settings: JetSimulation, label: Label, seed: int, batch: int
    ) -> None:
        self._awkward = packages.awkward
        self._batch = batch
        self._pythia = pythia.start(
            packages.pythia8mc,
            "jets",
            pythia_settings(settings, label),
            settings.pythia,
            seed,
            f"jets/{label}: Pythia 8 cannot start with energy = {settings.energy:g}, "
            f"resonance_mass = {settings.resonance_mass:g}, pt_hat = {list(settings.pt_hat)}, "
            f"pythia = {settings.pythia}; change these settings.",
        )

    def __iter__(self) -> Iterator[Particles]:
        flat = self._awkward.flatten
        for record in pythia.batches(self._pythia, "jets", self._batch):
            events = len(record)
            counts = np.asarray(self._awkward.num(record.id))
            species = np.abs(np.asarray(flat(record.id)))
            visible = (np.asarray(flat(record.status)) > 0) & ~np.isin(species, _NEUTRINOS)
            px, py, pz, energy = (
                np.asarray(flat(getattr(record.p, name)))[visible]
                for name in ("px", "py", "pz", "e")
            )
            event = np.repeat(np.arange(events), counts)[visible]
            yield Particles(events, event, px, py, pz, energy)
