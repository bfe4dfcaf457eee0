"""The speed of the simulation of each data set, for the speed tables (SARM tables 2 and 4)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.config.names import JETS, LARTPC
from darkpixel.datasets.lartpc import crop_events, scale_events
from darkpixel.formats.files import scratch_folder
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.species import SpeciesCounts
from darkpixel.models.workers import Workers
from darkpixel.simulation.argon import events as argon_events
from darkpixel.simulation.argon import simulation as argon
from darkpixel.simulation.jets import simulation as jets
from darkpixel.simulation.jets.events import read_header
from darkpixel.simulation.jets.images import event_blocks
from darkpixel.simulation.muons import simulation as muons
from darkpixel.simulation.muons.particles import Deposits
from darkpixel.simulation.pythia import LARGEST_SEED
from darkpixel.studies.speed import Collisions, Rate, simulation_rate

BATCH = 200  # collisions at once, as in the run's own simulation


class Chunk(NamedTuple):
    """What one core simulates."""

    images: int
    seed: int


def simulation_speed(
    dataset: str,
    label: str,
    seed: int,
    simulation: Mapping[str, Any],
    imaging: Mapping[str, Any],
    pool: Deposits | None,
    *,
    seconds: float,
    cores: int,
) -> Rate:
    """Images per second of the simulation of one label, see `simulation_rate`.

    On several cores each simulates events of its own, as the chunks of a run do.

    Args:
        dataset, label, simulation, imaging, pool: as for `simulate`.
        seed: of the first core; the others take the next ones.
        seconds: of the measurement.
        cores: in use at once.
    """

    def work(chunk: Chunk) -> Collisions:
        return simulate(dataset, label, chunk.images, chunk.seed, simulation, imaging, pool)

    if dataset == LARTPC:
        work(Chunk(1, seed))  # compiles the simulator, which a whole run does once
    remedy = "if memory is short, lower speed.threads"
    with Workers(work, cores, what=f"speed of the {dataset} simulation", remedy=remedy) as workers:
        seeds = [(seed - 1 + core) % LARGEST_SEED + 1 for core in range(workers.cores)]

        def on_every_core(images: int) -> Collisions:
            done = list(workers.results(Chunk(images, own) for own in seeds))
            return Collisions(sum(one.made for one in done), sum(one.needed for one in done))

        return simulation_rate(on_every_core, seconds, cores=workers.cores)


def simulate(
    dataset: str,
    label: Any,
    images: int,
    seed: int,
    simulation: Mapping[str, Any],
    imaging: Mapping[str, Any],
    pool: Deposits | None = None,
) -> Collisions:
    """From nothing to `images` images, in a file that is thrown away.

    Args:
        dataset: `jets`, `muons` or `lartpc`.
        label: `signal` or `background`; of liquid argon `all`.
        images: how many; of muons, before their pT is matched.
        seed: of the simulator.
        simulation: the settings of the data set's simulation.
        imaging: those of its images.
        pool: pile-up collisions of muons, made before.
    """
    with scratch_folder() as folder:
        path = folder / "events.h5"
        if dataset == JETS:
            recipe = JetSimulation(**simulation)
            jets.simulate(recipe, label, images, seed, path, batch=BATCH, progress=False)
            for _ in event_blocks([path], JetImaging(**imaging)):
                pass
            needed = read_header(path).generated
        elif dataset == LARTPC:
            return _simulate_argon(
                ArgonSimulation(**simulation), ArgonImaging(**imaging), images, seed, path
            )
        else:
            settings = MuonSimulation(**simulation), MuonImaging(**imaging)
            muons.simulate(
                *settings, label, images, seed, path, pool=pool, batch=BATCH, progress=False
            )
            with ImageFile(path) as file:
                needed = int(file.column("event").max()) + 1
    return Collisions(-(-needed // BATCH) * BATCH, needed)


def _simulate_argon(
    simulation: ArgonSimulation, imaging: ArgonImaging, images: int, seed: int, path: Path
) -> Collisions:
    """Single particles until so many pass the crop, one by one, and their images."""
    argon.simulate(
        simulation, imaging, kind="single", images=images, seed=seed, path=path, progress=False
    )
    raw = argon_events.event_blocks([path], imaging)
    for _ in scale_events(crop_events(raw, imaging, SpeciesCounts(), str(path)), imaging):
        pass
    drawn = argon_events.read_header(path).drawn
    return Collisions(drawn, drawn)


def conditions(
    simulation: Mapping[str, Any], label: str, *, start_up: float, from_pool: bool
) -> str:
    """What else a reader of the simulation's speed must know.

    Args:
        simulation: the settings of the data set's simulation.
        label: of the images.
        start_up: seconds that were left out of the measurement.
        from_pool: whether pile-up was made before.
    """
    if "multi_parton_interactions" in simulation:
        parts = "on" if simulation["multi_parton_interactions"] else "off"
        remarks = [f"multi-parton interactions {parts}"]
    else:
        remarks = ["compact simulator, not Geant4; all three projections"]
    remarks.append(f"start of {start_up:.1f} s left out")
    if simulation.get("forced_b_to_muon") and label == "background":
        remarks.append("b hadrons decay to muons")
    if from_pool:
        remarks.append("pile-up from a pool, made before; pT not yet matched")
    return ", ".join(remarks)
