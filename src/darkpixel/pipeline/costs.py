"""What the jobs of a run cost: from measured speeds, or from those of a finished run.

A job takes as long as one of the same kind in a finished run, longer in proportion where it has
more images. Trainings, samplers and simulations can be timed instead. What neither knows is taken
from the records that are shipped. Early stopping is left out of account: every training has all its
epochs.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from darkpixel.config.run import Run
from darkpixel.pipeline.job_sizes import Network, Simulation, Sizes
from darkpixel.pipeline.planner import Job
from darkpixel.pipeline.records import TRAININGS, Records

UNKNOWN = "unknown"


class Speeds(Protocol):
    """Measures speeds: seconds of one core for an image; None where it cannot."""

    def training(self, network: Network) -> float | None: ...
    def sampling(self, network: Network) -> float | None: ...
    def weights(self, network: Network) -> float | None:
        """Bytes of its parameters."""
        ...

    def simulation(self, simulation: Simulation) -> float | None: ...


class Estimate(NamedTuple):
    """What a job costs; NaN where that is not known."""

    seconds: float
    """Of one core."""
    basis: str
    """Where `seconds` comes from; `UNKNOWN`."""


class Costs:
    """Estimates for the jobs of one run.

    Args:
        run, jobs: to be estimated.
        speeds: what measures; None: nothing is.
        records: of a finished run, if there is one.
        records_first: whether what both know is taken from the records.
        shipped: records for what is not known otherwise.
    """

    def __init__(
        self,
        run: Run,
        jobs: Sequence[Job],
        *,
        speeds: Speeds | None,
        records: Records | None,
        records_first: bool = True,
        shipped: Records | None = None,
    ) -> None:
        self.run, self.jobs, self.sizes = run, jobs, Sizes(run)
        self._speeds = speeds
        self._records, self._shipped = records, shipped
        self._records_first = records_first

    def estimate(self, job: Job) -> Estimate:
        """Seconds of one core that a job takes."""
        ways: list[Callable[[Job], Estimate | None]]
        ways = [partial(self._from_records, self._records), self._from_measurement]
        if not self._records_first:
            ways.reverse()
        ways.append(partial(self._from_records, self._shipped))
        for way in ways:
            found = way(job)
            if found is not None and not math.isnan(found.seconds):
                return found
        return Estimate(math.nan, UNKNOWN)

    def storage(self, job: Job) -> float:
        """Bytes that it leaves; NaN where they are not known."""
        images = self.sizes.images(job)
        known = [records.storage(job, images) for records in self._all_records()]
        weights = self._weights(job)
        return _first((*known, weights) if self._records_first else (weights, *known))

    def _weights(self, job: Job) -> float:
        """Of the models that a training leaves, snapshots too; NaN where they are not known."""
        work = self.sizes.work(job) if job.rule in TRAININGS else None
        each = work and self._speeds and self._speeds.weights(work.network)
        files = sum(path.endswith(".safetensors") for path in job.outputs)
        return each * files if each else math.nan

    def memory(self, job: Job) -> float:
        """MB that such a job held in the finished run; NaN where that is not known."""
        return _first(records.memory(job) for records in self._all_records())

    def _all_records(self) -> list[Records]:
        return [records for records in (self._records, self._shipped) if records is not None]

    def _from_records(self, records: Records | None, job: Job) -> Estimate | None:
        if records is None:
            return None
        return Estimate(records.seconds(job, self.sizes.images(job)), records.name)

    def _from_measurement(self, job: Job) -> Estimate | None:
        if self._speeds is None:
            return None
        if (work := self.sizes.work(job)) is not None:
            if work.does == "training":
                each, kind = self._speeds.training(work.network), "training step"
            else:
                each, kind = self._speeds.sampling(work.network), "sampler"
            return None if each is None else Estimate(work.images * each, f"measured {kind}")
        if (simulation := self.sizes.simulation(job)) is not None:
            each = self._speeds.simulation(simulation)
            images = self.sizes.images(job)
            return None if each is None else Estimate(images * each, "measured simulation")
        return None


def _first(values: Iterable[float]) -> float:
    """That is known; NaN where none is."""
    return next((value for value in values if not math.isnan(value)), math.nan)
