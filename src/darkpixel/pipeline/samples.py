"""Which images a run generates, and what they are compared with."""

from collections.abc import Iterable, Mapping
from typing import Any

from darkpixel.config.discovery import model_settings
from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.run import Run
from darkpixel.metrics.names import is_selected, quantised, reconstructed, trained
from darkpixel.metrics.order import ordered
from darkpixel.pipeline import paths as files
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.trainings import Trainings

Files = dict[str, list[str]]
"""Model, or who else made the images, to files, one a seed."""


def flat(files: Mapping[str, Iterable[str]]) -> list[str]:
    """Input: the files of all models."""
    return [path for paths in files.values() for path in paths]


def snapshot_weights(snapshot: str) -> str:
    """File of the weights of "-epoch5", or, for "", of the trained model."""
    return f"{snapshot.removeprefix('-')}.safetensors" if snapshot else "model.safetensors"


class Samples:
    """The generated images of a run."""

    def __init__(self, run: Run, paths: Paths, trainings: Trainings) -> None:
        self._run = run
        self._paths = paths
        self._trainings = trainings
        self._datasets = run.datasets.present()

    def count(self, dataset: str) -> int:
        """Images generated per model and label."""
        return self._datasets[dataset].samples or self._run.sampling.images

    def shards(self, dataset: str) -> int:
        """Jobs that sample one model: no more than there are blocks of images."""
        blocks = -(-self.count(dataset) // self._run.sampling.block_size)
        return min(self._run.sampling.shards, blocks)

    def sharded(self, several: bool) -> list[str]:
        """The data sets whose images are sampled by several jobs, or by one."""
        return [name for name in self._datasets if (self.shards(name) > 1) == several]

    def recipe(self, dataset: str) -> dict[str, Any]:
        """Params: how the images of a model are generated."""
        sampling = self._run.sampling
        return {
            "images": self.count(dataset),
            "block_size": sampling.block_size,
            "shards": self.shards(dataset),
            "device": sampling.device,
        }

    def inputs(self, dataset: str, label: str, model: str, seed: str) -> dict[str, str]:
        """Input: the trained model; to select its images on pT and mass, those of the training."""
        found = files.model_files(self._trainings.folder(dataset, label, model, seed))
        if is_selected(model):
            found["train"] = self._paths.images("train", dataset, label)
        return found

    def selection(self, dataset: str, model: str) -> dict[str, Any]:
        """Params: how the images of a model are selected on pT and mass; empty: not at all."""
        selection = self._trainings.selection(dataset)
        if selection is None or not is_selected(model):
            return {}
        return selection.model_dump(exclude={"models"})

    def shard_files(
        self, dataset: str, label: str, model: str, seed: str, snapshot: str
    ) -> list[str]:
        """Input: the parts of a model's images, in order."""
        return [
            self._paths.shard(dataset, label, model, seed, snapshot, shard)
            for shard in range(self.shards(dataset))
        ]

    def of(self, dataset: str, label: str, models: Iterable[str] | None = None) -> Files:
        """The images of the given models, or of all of the data set, selected ones too."""
        return {
            model: [
                self._paths.samples(dataset, label, model, seed, "") for seed in self._run.seeds
            ]
            for model in (self._trainings.sources(dataset) if models is None else models)
        }

    def limits(self, dataset: str, label: str) -> dict[str, str]:
        """Model to the sample that is the best it can do, of `quantised`."""
        found = {}
        for model in self._trainings.sources(dataset):
            if self._is_discrete(model, dataset, label):
                found[model] = quantised(trained(model))
            autoencoder = self._trainings.entry(dataset, label, model).autoencoder
            if autoencoder is not None:
                found[model] = reconstructed(autoencoder)
        return found

    def quantised(self, dataset: str, label: str) -> Files:
        """Test images on the grid of each discrete model, and as each autoencoder gives them back.

        They are what a perfect generator on that grid, or a perfect prior of the codes, would make.
        """
        first = self._run.seeds[0]
        names = dict.fromkeys(self.limits(dataset, label).values())
        return {name: [self._paths.samples(dataset, label, name, first, "")] for name in names}

    def with_quantised(self, dataset: str, label: str) -> Files:
        """The images of all models and those of `quantised`, in the papers' order."""
        files = self.of(dataset, label) | self.quantised(dataset, label)
        return {name: files[name] for name in ordered(files)}

    def test(self, dataset: str) -> dict[str, str]:
        """Label to the test images."""
        return self._split("test", dataset)

    def train(self, dataset: str) -> dict[str, str]:
        """Label to the training images."""
        return self._split("train", dataset)

    def compared(self, dataset: str, models: Iterable[str] | None = None) -> dict[str, Files]:
        """Label to model to files: the test images as `monte_carlo`, then the models' images."""
        return {
            label: {MONTE_CARLO: [test], **self.of(dataset, label, models)}
            for label, test in self.test(dataset).items()
        }

    def _split(self, split: str, dataset: str) -> dict[str, str]:
        labels = self._datasets[dataset].labels
        return {label: self._paths.images(split, dataset, label) for label in labels}

    def _is_discrete(self, model: str, dataset: str, label: str) -> bool:
        """Whether a model has a grid of pixel values, whose rounding alone costs something."""
        entry = self._trainings.entry(dataset, label, model)
        settings = model_settings(entry.model).model_validate(entry.settings)
        always = bool(getattr(settings, "discrete", False))
        return always or getattr(settings, "likelihood", None) == "discrete"
