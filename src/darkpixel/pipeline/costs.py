"""What the jobs of a run cost: from measured speeds, or from those of a finished run.

A job takes as long as one of the same kind in a finished run, longer in proportion where it has
more images. Trainings, samplers and simulations can be timed instead. Early stopping is left out of
account: every training has all its epochs.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from darkpixel.config.names import JETS, JOINT, LARTPC, LARTPC_VERTEX, MUONS
from darkpixel.config.run import Run
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.planner import Job
from darkpixel.pipeline.trainings import Trainings

SIMULATORS = {"simulate_jets": JETS, "simulate_muons": MUONS, "simulate_argon": LARTPC}
_SAMPLERS = ("sample_whole", "sample_model")
UNKNOWN = "unknown"


class Network(NamedTuple):
    """What is timed of a model."""

    name: str
    dataset: str
    settings: dict[str, Any]
    """As it is built, those of its autoencoder among them."""
    pixels: int
    """A side of its images."""
    batch: int
    """Images of a training step."""


class Simulation(NamedTuple):
    """What is timed of a simulator."""

    dataset: str
    label: str
    settings: dict[str, Any]
    imaging: dict[str, Any]


class Speeds(Protocol):
    """Measures speeds: seconds of one core for an image; None where it cannot."""

    def training(self, network: Network) -> float | None: ...
    def sampling(self, network: Network) -> float | None: ...
    def simulation(self, simulation: Simulation) -> float | None: ...


class Estimate(NamedTuple):
    """What a job costs; NaN where that is not known."""

    seconds: float
    """Of one core."""
    basis: str
    """Where `seconds` comes from; `UNKNOWN`."""


def dataset_of(job: Job) -> str:
    """The data set that a job is about; "" where it is about several, or none."""
    return job.wildcards.get("dataset", SIMULATORS.get(job.rule, ""))


class Sizes:
    """How many images a job has to do with."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.data: dict[str, Any] = run.datasets.present()
        self.trainings = Trainings(run, Paths(run.run))

    def images(self, job: Job) -> float:
        """Of the job, one way or another: what its time is in proportion to."""
        data = self.data.get(dataset_of(job))
        two_sample, classifier = self.run.evaluation.two_sample, self.run.judges.classifier
        if job.rule == "simulate_pileup":
            return float(self.data[MUONS].simulation.pileup_events)
        if job.rule == "train_ssnet":
            vertex = self.data[LARTPC_VERTEX]
            epochs = self.run.judges.ssnet.training.epochs or 1
            return float(vertex.images.train * epochs * vertex.imaging.pixels**2)
        if job.rule == "train_classifier":
            return float((classifier.images or 1) * (classifier.training.epochs or 1))
        if job.rule == "search_hyperparameters":
            study = self.run.search.studies[job.wildcards["study"]]
            return float(study.trials * study.epochs * study.images)
        if data is None:
            return 1.0
        if job.rule.startswith("simulate"):
            return float(data.simulation.images_per_chunk)
        if job.rule.startswith("prepare") or job.rule == "encode_codes":
            return float(data.images.train + data.images.validation + data.images.test)
        if job.rule == "measure_two_sample":
            network = self.run.evaluation.network(dataset_of(job)).training.epochs or 1
            return float(two_sample.n * network)
        if job.rule == "train_model":
            return self.seen(job)
        return float(data.samples or self.run.sampling.images)

    def seen(self, job: Job) -> float:
        """Images that a training sees."""
        words = job.wildcards
        entry = self.trainings.entry(words["dataset"], words["label"], words["model"])
        data, training = self.data[words["dataset"]], entry.training
        labels = len(data.labels) if words["label"] == JOINT else 1
        return float((training.epoch_images or data.images.train * labels) * training.epochs)

    def network(self, dataset: str, label: str, model: str) -> Network | None:
        """A model to be timed; None for a data set whose size of images is not in the settings."""
        data = self.data.get(dataset)
        imaging = getattr(data, "imaging", None)
        if data is None or imaging is None or dataset not in (JETS, MUONS, LARTPC):
            return None
        if data.source == "file" and dataset != LARTPC:
            return None
        settings = self.trainings.settings(dataset, label, model)
        entry = self.trainings.entry(dataset, label, model)
        if entry.autoencoder is not None:
            settings["autoencoder"] = self.trainings.settings(dataset, label, entry.autoencoder)
        return Network(model, dataset, settings, imaging.pixels, entry.training.batch_size)

    def simulation(self, job: Job) -> Simulation | None:
        """A simulation to be timed; None for a job that is none of single labels."""
        dataset = dataset_of(job)
        if SIMULATORS.get(job.rule) != dataset or dataset not in self.data:
            return None
        data = self.data[dataset]
        return Simulation(
            dataset, job.wildcards.get("label", "all"),
            data.simulation.model_dump(exclude={"images_per_chunk"}), data.imaging.model_dump(),
        )  # fmt: skip


class _Record(NamedTuple):
    seconds: float
    memory: float
    storage: float
    images: float


class Records:
    """What the jobs of a finished run took.

    Args:
        name: of the run, for the column that says where a number comes from.
        run, jobs: its configuration and all of its jobs.
        folders: that it was made in (its files are `results/...` below); of several parts of it
            (one data set each), the first that has a job's files counts.
    """

    def __init__(self, name: str, run: Run, jobs: Sequence[Job], folders: Sequence[Path]) -> None:
        self.name = name
        self._rows: dict[tuple[str, ...], list[_Record]] = defaultdict(list)
        sizes = Sizes(run)
        for job in jobs:
            folder = next((f for f in folders if (f / job.benchmark).is_file()), folders[0])
            taken, memory = _benchmark(folder / job.benchmark, job.threads)
            size = _size([folder / path for path in job.outputs])
            record = _Record(taken, memory, size, sizes.images(job))
            for key in _keys(job):
                self._rows[key].append(record)

    def __len__(self) -> int:
        """Jobs whose time is known."""
        return sum(
            not math.isnan(row.seconds)
            for key, rows in self._rows.items() if len(key) == 1 for row in rows
        )  # fmt: skip

    def seconds(self, job: Job, images: float) -> float:
        """Of one core; NaN where no such job was in the run."""
        return self._scaled(job, images, 0)

    def storage(self, job: Job, images: float) -> float:
        """Bytes that it leaves; NaN where no such job was in the run."""
        return self._scaled(job, images, 2)

    def memory(self, job: Job) -> float:
        """The largest of such jobs, MB; NaN where none was recorded."""
        for key in _keys(job):
            found = [row.memory for row in self._rows.get(key, []) if not math.isnan(row.memory)]
            if found:
                return max(found)
        return math.nan

    def _scaled(self, job: Job, images: float, field: int) -> float:
        for key in _keys(job):
            rows = [row for row in self._rows.get(key, []) if not math.isnan(row[field])]
            if rows:
                mean = sum(row[field] for row in rows) / len(rows)
                of_record = sum(row.images for row in rows) / len(rows)
                return mean * max(1.0, images / of_record)
        return math.nan


class Costs:
    """Estimates for the jobs of one run.

    Args:
        run, jobs: to be estimated.
        speeds: what measures; None: nothing is.
        records: of a finished run, if there is one.
        records_first: whether what both know is taken from the records.
    """

    def __init__(
        self,
        run: Run,
        jobs: Sequence[Job],
        *,
        speeds: Speeds | None,
        records: Records | None,
        records_first: bool = True,
    ) -> None:
        self.run, self.jobs, self.sizes = run, jobs, Sizes(run)
        self._speeds, self._records = speeds, records
        self._records_first = records_first

    def estimate(self, job: Job) -> Estimate:
        """Seconds of one core that a job takes."""
        ways = [self._from_records, self._from_measurement]
        for way in ways if self._records_first else ways[::-1]:
            found = way(job)
            if found is not None and not math.isnan(found.seconds):
                return found
        return Estimate(math.nan, UNKNOWN)

    def storage(self, job: Job) -> float:
        """Bytes that it leaves; NaN where they are not known."""
        if self._records is None:
            return math.nan
        return self._records.storage(job, self.sizes.images(job))

    def memory(self, job: Job) -> float:
        """MB that such a job held in the finished run; NaN where that is not known."""
        return math.nan if self._records is None else self._records.memory(job)

    def _from_records(self, job: Job) -> Estimate | None:
        if self._records is None:
            return None
        seconds = self._records.seconds(job, self.sizes.images(job))
        return Estimate(seconds, f"run {self._records.name}")

    def _from_measurement(self, job: Job) -> Estimate | None:
        each: float | None = None
        images, kind = self.sizes.images(job), ""
        words = job.wildcards
        if self._speeds is None:
            return None
        if job.rule == "train_model":
            network = self.sizes.network(words["dataset"], words["label"], words["model"])
            each, kind = network and self._speeds.training(network), "training step"
        elif job.rule in _SAMPLERS:
            network = self.sizes.network(words["dataset"], words["label"], words["model"])
            each, kind = network and self._speeds.sampling(network), "sampler"
            images /= self.run.sampling.shards if job.rule == "sample_model" else 1
        elif job.rule == "search_hyperparameters":
            study = self.run.search.studies[words["study"]]
            network = self.sizes.network(study.dataset, study.label, study.model)
            each, kind = network and self._speeds.training(network), "training step"
        elif (simulation := self.sizes.simulation(job)) is not None:
            each, kind = self._speeds.simulation(simulation), "simulation"
        return None if each is None else Estimate(images * each, f"measured {kind}")


def _keys(job: Job) -> list[tuple[str, ...]]:
    """Kinds of jobs, the narrowest first."""
    dataset, model = dataset_of(job), job.wildcards.get("model", "")
    return [(job.rule, dataset, model), (job.rule, dataset), (job.rule,)]


def _benchmark(path: Path, threads: int) -> tuple[float, float]:
    """Seconds of one core, for which a job held its cores, and MB; NaN where not recorded."""
    if not path.is_file():
        return math.nan, math.nan
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Mapping[str, str]] = list(csv.DictReader(file, delimiter="\t"))
    if not rows:
        return math.nan, math.nan
    return _number(rows[-1].get("s")) * threads, _number(rows[-1].get("max_rss"))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:  # Snakemake writes "-" or "NA" for what it did not see
        return math.nan


def _size(paths: Sequence[Path]) -> float:
    """Bytes of those that are there; NaN where none is."""
    found = [float(path.stat().st_size) for path in paths if path.is_file()]
    return sum(found) if found else math.nan
