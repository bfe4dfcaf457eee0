"""How many images a job has to do with, and what is timed of it."""

from typing import Any, Literal, NamedTuple

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


class Work(NamedTuple):
    """What a job does with a network."""

    network: Network
    does: Literal["training", "sampling"]
    images: float
    """That it sees, or draws."""


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

    def work(self, job: Job) -> Work | None:
        """What is timed in place of a job; None for one that trains and draws nothing."""
        words, judges = job.wildcards, self.run.judges
        match job.rule:
            case "train_model":
                network = self._network(words["dataset"], words["label"], words["model"])
                return network and Work(network, "training", self.seen(job))
            case "sample_model" | "sample_whole":
                network = self._network(words["dataset"], words["label"], words["model"])
                shards = self.run.sampling.shards if job.rule == "sample_model" else 1
                return network and Work(network, "sampling", self.images(job) / shards)
            case "search_hyperparameters":
                study = self.run.search.studies[words["study"]]
                network = self._network(study.dataset, study.label, study.model)
                return network and Work(network, "training", self.images(job))
            case "train_ssnet":
                data, ssnet = self.data[LARTPC_VERTEX], judges.ssnet
                settings = {"model": ssnet.model, **ssnet.settings}
                batch = ssnet.training.batch_size
                network = Network("ssnet", LARTPC, settings, data.imaging.pixels, batch)
                return Work(network, "training", float(data.images.train * ssnet.training.epochs))
            case "train_classifier":
                return self._classifiers(words["dataset"])
        return None

    def _classifiers(self, dataset: str) -> Work | None:
        """Of one source: as many trainings as repetitions, each on images of both labels."""
        data, judge = self.data[dataset], self.run.judges.classifier
        pixels = self._pixels(dataset)
        if pixels is None:
            return None
        settings = {"model": judge.model, **judge.settings}
        each = judge.images or data.samples or self.run.sampling.images
        seen = judge.repetitions * len(data.labels) * each * judge.training.epochs
        network = Network("classifier", dataset, settings, pixels, judge.training.batch_size)
        return Work(network, "training", float(seen))

    def _pixels(self, dataset: str) -> int | None:
        """A side of the images; None where it is not in the settings."""
        data = self.data.get(dataset)
        imaging = getattr(data, "imaging", None)
        if data is None or imaging is None or dataset not in (JETS, MUONS, LARTPC):
            return None
        if data.source == "file" and dataset != LARTPC:
            return None
        return int(imaging.pixels)

    def _network(self, dataset: str, label: str, model: str) -> Network | None:
        """A model to be timed; None for a data set whose size of images is not in the settings."""
        if (pixels := self._pixels(dataset)) is None:
            return None
        settings = self.trainings.settings(dataset, label, model)
        entry = self.trainings.entry(dataset, label, model)
        if entry.autoencoder is not None:
            settings["autoencoder"] = self.trainings.settings(dataset, label, entry.autoencoder)
        return Network(model, dataset, settings, pixels, entry.training.batch_size)

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
