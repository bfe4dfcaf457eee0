"""Pile-up of the muon data set: a pool of soft collisions, simulated once, and its overlay.

The pool's file is HDF5, gzip + shuffle: `particles` (M, 4) float32 and `offsets` (N + 1,) int64,
as in `darkpixel.simulation.muons.particles.Deposits`, and root attributes that say what made it.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from darkpixel.config.muons import MuonSimulation
from darkpixel.formats.events_file import EventsFile
from darkpixel.formats.hdf5 import new_hdf5
from darkpixel.simulation.muons.collisions import Collisions
from darkpixel.simulation.muons.particles import ETA, PHI, Deposits, concatenate, deposits

FORMAT = "darkpixel-muon-pileup"
VERSION = 1


def eta_reach(settings: MuonSimulation) -> float:
    """Largest |eta| at the calorimeter that can matter to a muon's cone, whole towers included."""
    detector = settings.detector
    return settings.muon_eta_max + detector.cone + 2 * max(detector.hcal_tower, detector.ecal_cell)


def simulate_pileup(
    settings: MuonSimulation,
    seed: int,
    path: str | Path,
    *,
    batch: int = 200,
    progress: bool | None = None,
) -> None:
    """Simulate `settings.pileup_events` inelastic collisions and write what they deposit.

    The file depends on settings and seed only: same seed, same bytes. It appears whole or not at
    all. Collisions that leave nothing in the acceptance stay in, without particles.

    Args:
        seed: of Pythia's generator, 1 to 900,000,000.
        batch: collisions held in memory at once (about 0.2 MB each).
        progress: show a bar with events per second; None: only on a terminal.

    Raises:
        DarkpixelError: as `Collisions`, or the file cannot be written.
    """
    collisions = Collisions(settings, "pileup", seed, batch)
    bar = tqdm(
        total=settings.pileup_events,
        desc=f"muons/pileup seed {seed}",
        unit=" events",
        disable=None if progress is None else not progress,
    )
    blocks: list[Deposits] = []
    left = settings.pileup_events
    with bar:
        for particles in collisions:
            charge = collisions.charges(particles.species)
            block = deposits(particles, charge, settings.detector, eta_reach(settings))
            blocks.append(block[:left])
            bar.update(len(blocks[-1]))
            left -= len(blocks[-1])
            if not left:
                break
    pool = concatenate(blocks)
    with new_hdf5(path) as (file, _):
        file.attrs.update(
            {
                "format": FORMAT,
                "version": VERSION,
                "seed": seed,
                "settings": settings.model_dump_json(),
                "software": collisions.software,
            }
        )
        for name, values in vars(pool).items():
            file.create_dataset(
                name, data=values, compression="gzip", shuffle=True, track_times=False
            )


def read_pileup(path: str | Path) -> Deposits:
    """The whole pool, in memory (about 1.2 kB per collision).

    Raises:
        DarkpixelError: absent, damaged, or of another format.
    """
    with EventsFile(path, FORMAT, VERSION, ("seed", "settings", "software")) as events:
        with events.reading("the pool"):
            events.check_datasets({"particles": ("float32", (events.last("offsets"), 4))})
            pool = Deposits(events["particles"][:], events["offsets"][:])
        events.check(len(pool) > 0, "offsets", "name no collision")
        rising = pool.offsets[0] == 0 and bool((np.diff(pool.offsets) >= 0).all())
        events.check(rising, "offsets", "do not increase from 0")
        finite = bool(np.isfinite(pool.particles).all())
        events.check(finite, "particles", "has values that are not finite")
    return pool


def overlay(
    pool: Deposits,
    interactions: NDArray[np.int64],
    near_eta: NDArray[np.float64],
    reach: float,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Draw collisions from the pool for each of n events, turned in phi and mirrored at random.

    A collision may be drawn again, for another event or the same, and then looks another way.

    Args:
        interactions: (n,) how many collisions each event gets.
        near_eta: (n,) only particles within `reach` of it in eta are kept.

    Returns:
        (M,) event of each particle; (M, 4) as in `Deposits.particles`, phi not wrapped.
    """
    total = int(interactions.sum())
    chosen = generator.integers(len(pool), size=total)
    turn = generator.uniform(-np.pi, np.pi, total).astype(np.float32)
    mirror = generator.choice(np.array([-1, 1], np.float32), total)
    first, counts = pool.offsets[chosen], np.diff(pool.offsets)[chosen]
    draw = np.repeat(np.arange(total), counts)
    index = np.arange(len(draw)) + np.repeat(first - np.cumsum(counts) + counts, counts)
    event = np.repeat(np.arange(len(interactions)), interactions)
    eta = pool.particles[:, ETA][index] * mirror[draw]
    near = np.abs(eta - near_eta.astype(np.float32)[event[draw]]) < reach
    draw, index = draw[near], index[near]
    particles = pool.particles[index]
    particles[:, ETA] = eta[near]
    particles[:, PHI] += turn[draw]
    return event[draw], particles
