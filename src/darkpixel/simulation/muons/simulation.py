"""Calorimeter images around muons: Pythia 8, pile-up and a parametrised detector.

After SARM section 2.2 and the data that it uses (arXiv:1811.02101): muons from a light Z'
(signal) and from b quarks (background), pT in a window, with pile-up. The paper's MadGraph and
Delphes are replaced by Pythia's own matrix elements and by `particles` and `calorimeter`. Muons are
found and measured perfectly; of several in the window of one event, the one of highest pT is
imaged.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageWriter
from darkpixel.simulation.muons.calorimeter import Arrivals, draw_images
from darkpixel.simulation.muons.collisions import Collisions
from darkpixel.simulation.muons.particles import (
    Deposits,
    Floats,
    choose_muons,
    concatenate,
    deposits,
    propagate,
)
from darkpixel.simulation.muons.pileup import eta_reach, overlay

Label = Literal["signal", "background"]

COLUMNS = {"muon_pt": "float32", "muon_eta": "float32", "pileup": "int32", "event": "int64"}
"""pT (GeV) and pseudorapidity of the muon, number of further collisions, position of the event in
the generator's sequence."""

_BLOCK = 128  # images drawn at once from one random stream, whatever the batch
# Far below any sensible recipe: the slowest default accepts one collision in fifty.
_PATIENCE, _LEAST_ACCEPTANCE = 20_000, 1e-3


@dataclass(frozen=True)
class Muons:
    """Muons, (n,) each, with what else their collisions bring to the calorimeter.

    pt: GeV; eta: of the momentum; eta_calorimeter, phi_calorimeter: where they arrive there.
    """

    pt: Floats
    eta: Floats
    eta_calorimeter: Floats
    phi_calorimeter: Floats
    event: NDArray[np.int64]
    company: Deposits

    def __len__(self) -> int:
        return len(self.pt)

    def __getitem__(self, part: slice) -> "Muons":
        return Muons(*(values[part] for values in vars(self).values()))


def simulate(
    settings: MuonSimulation,
    imaging: MuonImaging,
    label: Label,
    images: int,
    seed: int,
    path: str | Path,
    *,
    pool: Deposits | None = None,
    batch: int = 200,
    progress: bool | None = None,
) -> None:
    """Simulate collisions until `images` muons are accepted, and write their images to `path`.

    The image file, with the columns of `COLUMNS`, depends on the settings, label, images, seed and
    pool only: same seed, same bytes. It appears whole or not at all. Blank images stay in.

    Args:
        label: "signal" (Z') or "background" (b quarks).
        images: number of accepted muons, at least 1.
        seed: of Pythia's generator and of the detector's, 1 to 900,000,000.
        pool: collisions for the pile-up, of `read_pileup`; None only without pile-up.
        batch: collisions held in memory at once (about 0.2 MB each).
        progress: show a bar with images per second; None: only on a terminal.

    Raises:
        DarkpixelError: as `Collisions`, hardly any muon is accepted, or the file cannot be written.
    """
    if label not in ("signal", "background"):
        raise DarkpixelError(f"muons: label {label!r} is unknown; use 'signal' or 'background'.")
    if images < 1:
        raise DarkpixelError(f"muons: {images} images asked for; ask for at least 1.")
    if pool is None and settings.pileup > 0:
        raise DarkpixelError(f"muons: pileup {settings.pileup:g} needs a pool; simulate it first.")
    collisions = Collisions(settings, label, seed, batch)
    recipe = settings.model_dump_json()
    writer = ImageWriter(
        path,
        height=imaging.pixels,
        width=imaging.pixels,
        dataset="muons",
        label=label,
        split="events",
        pixel_size=imaging.pixel_size,
        unit="GeV",
        source=collisions.software,
        seed=seed,
        config_digest=hashlib.sha256(f"{label} {recipe}".encode()).hexdigest()[:16],
        columns=COLUMNS,
        attributes={"settings": recipe},
    )
    bar = tqdm(
        total=images,
        desc=f"muons/{label} seed {seed}",
        unit=" images",
        disable=None if progress is None else not progress,
    )
    with writer, bar:
        for number, muons in enumerate(_blocks(_accepted(collisions, settings, label), images)):
            generator = np.random.default_rng([seed, number])
            pileup = generator.poisson(settings.pileup, len(muons))
            particles = _company(muons, pileup, pool, settings, generator)
            drawn = draw_images(
                particles,
                muons.eta_calorimeter,
                muons.phi_calorimeter,
                settings.detector,
                imaging,
                generator,
            )
            writer.append(
                drawn, muon_pt=muons.pt, muon_eta=muons.eta, pileup=pileup, event=muons.event
            )
            bar.update(len(muons))


def _accepted(collisions: Collisions, settings: MuonSimulation, label: Label) -> Iterator[Muons]:
    """The accepted muons of one batch of collisions after the other."""
    detector, window = settings.detector, settings.muon_pt
    generated = accepted = 0
    for particles in collisions:
        index = choose_muons(particles, window, settings.muon_eta_max)
        muon = particles[index]
        number = np.full(particles.events, -1)
        number[muon.event] = np.arange(len(index))
        company = particles.renumbered(number, len(index))
        charge = collisions.charges(muon.species)
        eta, phi, _ = propagate(muon.pt, muon.eta, muon.phi, charge, detector)
        around = deposits(
            company, collisions.charges(company.species), detector, eta_reach(settings)
        )
        yield Muons(muon.pt, muon.eta, eta, phi, muon.event + generated, around)
        generated += particles.events
        accepted += len(index)
        if generated >= _PATIENCE and accepted < _LEAST_ACCEPTANCE * generated:
            raise DarkpixelError(
                f"muons/{label}: {accepted} muons accepted out of {generated} collisions; "
                f"muon_pt [{window[0]:g}, {window[1]:g}] GeV does not fit resonance_mass or "
                "pt_hat_min."
            )


def _blocks(source: Iterator[Muons], total: int) -> Iterator[Muons]:
    """`total` muons in blocks of `_BLOCK`, whatever the batches."""
    waiting: list[Muons] = []
    while total:
        waiting.append(next(source))
        have = sum(map(len, waiting))
        if have < min(_BLOCK, total):
            continue
        joined = Muons(
            np.concatenate([muons.pt for muons in waiting]),
            np.concatenate([muons.eta for muons in waiting]),
            np.concatenate([muons.eta_calorimeter for muons in waiting]),
            np.concatenate([muons.phi_calorimeter for muons in waiting]),
            np.concatenate([muons.event for muons in waiting]),
            concatenate([muons.company for muons in waiting]),
        )
        while total and len(joined) >= min(_BLOCK, total):
            size = min(_BLOCK, total)
            yield joined[:size]
            joined, total = joined[size:], total - size
        waiting = [joined]


def _company(
    muons: Muons,
    pileup: NDArray[np.int64],
    pool: Deposits | None,
    settings: MuonSimulation,
    generator: np.random.Generator,
) -> Arrivals:
    """The other particles of the muons' own collisions, and those of the pile-up."""
    collision = Arrivals(muons.company.event, muons.company.particles)
    if pool is None:
        return collision
    detector = settings.detector
    reach = detector.cone + 2 * max(detector.hcal_tower, detector.ecal_cell)
    event, particles = overlay(pool, pileup, muons.eta_calorimeter, reach, generator)
    return Arrivals(
        np.concatenate([collision.muon, event]), np.concatenate([collision.deposits, particles])
    )
