"""Speed of the compact argon simulator (not Geant4): events per second and core.

Run by `python -m bench.argon --help`. All that a simulation job does is timed: transport, box,
voxels, three projections, labels, the crop's test and writing. Compilation is not.
"""

import argparse
import time

from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.formats.files import scratch_folder
from darkpixel.simulation.argon.events import read_header
from darkpixel.simulation.argon.simulation import Kind, simulate
from darkpixel.studies.machine import load_average, processor


def measure(kind: Kind, images: int, pixels: int) -> str:
    """One row: drawn and accepted events per second of wall and of processor time."""
    settings, imaging = ArgonSimulation(), ArgonImaging(pixels=pixels)
    with scratch_folder() as folder:
        path = folder / "events.h5"
        simulate(settings, imaging, kind=kind, images=5, seed=0, path=path, progress=False)
        wall, cpu = time.perf_counter(), time.process_time()
        simulate(settings, imaging, kind=kind, images=images, seed=1, path=path, progress=False)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        drawn, size = read_header(path).drawn, path.stat().st_size
    return (
        f"{kind:7} {pixels:6} {images:6} {drawn / wall:10.0f} {images / wall:12.0f} "
        f"{drawn / cpu:11.0f} {images / cpu:14.0f} {size / images / 1000:8.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=3000, help="accepted single events")
    options = parser.parse_args()
    print(f"{processor()}, one used, load {load_average():.1f}")
    print("events  pixels images    drawn/s   accepted/s drawn/cpu-s accepted/cpu-s kB/event")
    print(measure("single", options.images, 64), flush=True)
    print(measure("vertex", max(1, options.images // 10), 256))


if __name__ == "__main__":
    main()
