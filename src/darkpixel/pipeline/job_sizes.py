"""How many images a job has to do with, and what is timed of it."""

from typing import Any, NamedTuple

from darkpixel.config.names import JETS, JOINT, LARTPC, LARTPC_VERTEX, MUONS
from darkpixel.config.run import Run
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.planner import Job
from darkpixel.pipeline.trainings import Trainings

SIMULATORS = {"simulate_jets": JETS, "simulate_muons": MUONS, "simulate_argon": LARTPC}


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
