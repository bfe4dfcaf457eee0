"""How fast this computer trains, samples and simulates (`darkpixel plan`, `bench.cluster`)."""

import json
import sys
from pathlib import Path
from typing import get_args

from darkpixel.formats.digests import settings_digest
from darkpixel.formats.files import scratch_folder, whole_file
from darkpixel.pipeline.job_sizes import Network, Simulation
from darkpixel.simulation.muons.pileup import read_pileup, simulate_pileup
from darkpixel.studies.simulation_speed import simulation_speed
from darkpixel.studies.step_speed import step_times
from darkpixel.studies.subjects import Kind, Subject

_MOST_BATCH = 64  # images of a timed step: on one core more at once are no faster
_POOL = 300  # pile-up collisions, where a run has no file of them


class MeasuredSpeeds:
    """Seconds of one core for an image, each measured once (`darkpixel.pipeline.costs.Speeds`).

    Args:
        seconds: of each measurement, about.
        path: where they are kept, by name and settings, so that a measurement that was cut off
            goes on; None: nowhere.
        pool: file of a run's pile-up, for muons; None, or absent: some is simulated.
    """

    def __init__(self, seconds: float, path: Path | None = None, pool: Path | None = None) -> None:
        self._seconds, self._path, self._pool = seconds, path, pool
        self.rates: dict[str, dict[str, float]] = {}
        if path is not None and path.exists():
            self.rates = json.loads(path.read_text(encoding="utf-8"))

    def training(self, network: Network) -> float | None:
        return self._of(network).get("training")

    def sampling(self, network: Network) -> float | None:
        return self._of(network).get("sampling")

    def weights(self, network: Network) -> float | None:
        return self._of(network).get("weights")

    def simulation(self, simulation: Simulation) -> float | None:
        name = f"simulation of {simulation.dataset} {simulation.label}"
        key = f"{name} {settings_digest([simulation.settings, simulation.imaging])}"
        if key not in self.rates:
            self._keep(key, name, {"simulation": self._simulated(simulation)})
        return self.rates[key]["simulation"]

    def _of(self, network: Network) -> dict[str, float]:
        name = f"{network.name} {network.dataset}"
        key = f"{name} {settings_digest([network.settings, network.pixels, network.batch])}"
        if key not in self.rates:
            kind = next(kind for kind in get_args(Kind) if kind == network.dataset)
            subject = Subject(name, network.settings, kind, network.pixels)
            times = step_times(subject, min(network.batch, _MOST_BATCH), self._seconds)
            found = {"training": times.training, "weights": float(times.weights)}
            if times.sampling is not None:
                found["sampling"] = times.sampling
            self._keep(key, name, found)
        return self.rates[key]

    def _simulated(self, simulation: Simulation) -> float:
        with scratch_folder() as folder:
            pool = self._pool
            if simulation.dataset == "muons" and (pool is None or not pool.is_file()):
                from darkpixel.config.muons import MuonSimulation

                pool = folder / "pileup.h5"
                few = MuonSimulation(**{**simulation.settings, "pileup_events": _POOL})
                simulate_pileup(few, 1, pool)
            rate = simulation_speed(
                simulation.dataset,
                simulation.label,
                1,
                simulation.settings,
                simulation.imaging,
                read_pileup(pool) if simulation.dataset == "muons" and pool else None,
                seconds=self._seconds,
                cores=1,
            )
        return 1 / rate.value

    def _keep(self, key: str, name: str, found: dict[str, float]) -> None:
        self.rates[key] = found
        times = {what: seconds for what, seconds in found.items() if what != "weights"}
        words = ", ".join(f"{what} {1e3 * seconds:.3g} ms" for what, seconds in times.items())
        print(f"{name}: {words} an image", file=sys.stderr, flush=True)
        if self._path is not None:
            with whole_file(self._path) as temporary:
                temporary.write_text(json.dumps(self.rates, indent=1), encoding="utf-8")
