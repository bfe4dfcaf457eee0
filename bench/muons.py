"""Speed of each stage of the muon images: pile-up pool, Pythia 8, overlay and calorimeter.

Run by `make bench`, or `python -m bench.muons --help`. Times are processor seconds on one core;
Pythia's start, which a job pays once, is a stage of its own.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.formats.files import scratch_folder
from darkpixel.formats.image_file import ImageFile, statistics
from darkpixel.simulation.muons.collisions import Collisions, Process
from darkpixel.simulation.muons.particles import Deposits
from darkpixel.simulation.muons.pileup import read_pileup, simulate_pileup
from darkpixel.simulation.muons.simulation import Label, simulate
from darkpixel.studies.machine import load_average, processor


def cpu_seconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started


def start(settings: MuonSimulation, process: Process) -> float:
    """Seconds until the first collision."""
    return cpu_seconds(lambda: next(iter(Collisions(settings, process, seed=1, batch=1))))


def images(settings: MuonSimulation, label: Label, count: int, pool: Deposits) -> str:
    """One row: rates with and without Pythia's start, and what the images hold."""
    starting = start(settings, label)
    with scratch_folder() as folder:
        path = folder / "images.h5"

        def make() -> None:
            simulate(settings, MuonImaging(), label, count, 1, path, pool=pool, progress=False)

        total = cpu_seconds(make)
        found = statistics(path)
        with ImageFile(path) as file:
            generated = int(file.column("event")[-1]) + 1
            energy = file.read().sum((1, 2)).mean()
    switches = (settings.multi_parton_interactions, settings.forced_b_to_muon)
    on = [name for name, used in zip(("MPI", "forced"), switches, strict=True) if used]
    return (
        f"{label:10} {'+'.join(on) or '-':10} {count:6} {starting:6.1f} "
        f"{count / (total - starting):9.1f} {count / generated:10.4f} "
        f"{found['zero_fraction']:6.4f} {found['largest']:6.1f} "
        f"{found['blank_images'] / count:6.4f} {energy:7.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=2000, help="images of the fastest recipes")
    parser.add_argument("--pool", type=int, default=1500, help="collisions of the pool")
    options = parser.parse_args()
    fast = MuonSimulation(
        multi_parton_interactions=False, forced_b_to_muon=True, pileup_events=options.pool
    )
    full = fast.model_copy(update={"multi_parton_interactions": True})
    natural = fast.model_copy(update={"forced_b_to_muon": False})
    print(f"{processor()}, one used, load {load_average():.1f}")
    with scratch_folder() as folder:
        path = folder / "pileup.h5"
        starting = start(fast, "pileup")
        total = cpu_seconds(lambda: simulate_pileup(fast, 1, path, progress=False))
        pool = read_pileup(path)
        size = path.stat().st_size
    print(
        f"pool: start {starting:.1f} s, then {options.pool / (total - starting):.0f} collisions/s, "
        f"{np.diff(pool.offsets).mean():.0f} particles and {size / options.pool:.0f} bytes each"
    )
    print("label      switches   images  start  images/s acceptance  zeros    max  blank  sum/GeV")
    rows: list[tuple[MuonSimulation, Label, int]] = [
        (fast, "signal", 1),
        (fast, "background", 1),
        (natural, "background", 8),
        (full, "signal", 8),
        (full, "background", 8),
    ]
    for settings, label, share in rows:
        print(images(settings, label, max(1, options.images // share), pool), flush=True)


if __name__ == "__main__":
    main()
