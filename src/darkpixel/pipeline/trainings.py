"""Which models a run trains, on what, and with which settings."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from darkpixel.config.data import JetData, MuonData, Symmetries
from darkpixel.config.discovery import model_settings
from darkpixel.config.names import JOINT
from darkpixel.config.run import Model, Run
from darkpixel.config.selection import Selection
from darkpixel.metrics.names import selected, trained
from darkpixel.pipeline import paths as files
from darkpixel.pipeline.datasets import LARTPC
from darkpixel.pipeline.paths import Paths

Histories = dict[str, dict[str, list[str]]]
"""Label, or `joint`, to model to the files of its training runs, one a seed."""


def with_name(entry: Model) -> dict[str, Any]:
    """The settings of a model with its own name among them, as a job takes them."""
    return {"model": entry.model, **entry.settings}


class Trainings:
    """The training runs of a run."""

    def __init__(self, run: Run, paths: Paths) -> None:
        self._run = run
        self._paths = paths
        self._datasets = run.datasets.present()

    def models(self, dataset: str) -> list[str]:
        """The models of a data set that are trained and shown, in the configuration's order."""
        return self._datasets[dataset].models

    def selection(self, dataset: str) -> Selection | None:
        """How generated images of a data set are selected on pT and mass; None where none are."""
        data = self._datasets[dataset]
        return data.selection if isinstance(data, JetData | MuonData) else None

    def selected(self, dataset: str) -> list[str]:
        """The models of a data set whose images are shown selected on pT and mass, too."""
        selection = self.selection(dataset)
        there = self.models(dataset)
        return [] if selection is None else [name for name in selection.models if name in there]

    def sources(self, dataset: str) -> list[str]:
        """`models`, then the selected images, by the name that they have in tables."""
        return [*self.models(dataset), *map(selected, self.selected(dataset))]

    def order_models(self) -> list[str]:
        """Models of the study of generation orders (SARM 6.1.4), which differ in nothing else."""
        jets = self._run.datasets.jets
        return [] if jets is None else list(jets.orders.values())

    def entry(self, dataset: str, label: str, model: str) -> Model:
        """The configuration of a model as it is on a data set and label.

        Images that are selected (`{model}_selected`) are those of a trained model: here and below
        their name stands for it.
        """
        return self._run.model(trained(model), dataset, label)

    def settings(self, dataset: str, label: str, model: str) -> dict[str, Any]:
        """Params: the settings with which a model is built."""
        return with_name(self.entry(dataset, label, model))

    def symmetries(self, dataset: str, label: str, model: str) -> Symmetries:
        """Params: the symmetries by which training images are turned; codes never are."""
        entry = self.entry(dataset, label, model)
        wanted = entry.training.symmetries and entry.autoencoder is None
        return self._datasets[dataset].image_symmetries if wanted else "none"

    def monitor(self, dataset: str, label: str, model: str) -> str | None:
        """What is measured after an epoch beside the loss: a module of `training.monitors`."""
        entry = self.entry(dataset, label, model)
        if entry.model == "vqvae":
            return "codebook"
        shown = entry.training.monitor_images > 0 and dataset not in LARTPC
        return "observables" if shown else None

    def is_joint(self, dataset: str, model: str) -> bool:
        """Whether a model is trained once, on the images of all labels of a data set."""
        entry = self._run.model(trained(model), dataset)
        return model_settings(entry.model).is_joint(entry.settings)

    def label(self, dataset: str, model: str, label: str) -> str:
        """The label under which the model of a label's samples is trained."""
        return JOINT if self.is_joint(dataset, model) else label

    def folder(self, dataset: str, label: str, model: str, seed: int | str) -> str:
        """The folder of the model that makes the images of a label."""
        return self._paths.model(dataset, self.label(dataset, model, label), trained(model), seed)

    def inputs(self, dataset: str, label: str, model: str) -> dict[str, str]:
        """Input: images, or the codes of the model's autoencoder and that autoencoder itself."""
        autoencoder = self.entry(dataset, label, model).autoencoder
        if autoencoder is None:
            return {
                split: self._paths.images(split, dataset, label)
                for split in ("train", "validation")
            }
        codes = {
            split: self._paths.codes(split, dataset, label, autoencoder)
            for split in ("train", "validation")
        }
        folder = self.autoencoder_folder(dataset, label, autoencoder)
        return codes | {"autoencoder": files.model_files(folder)["weights"]}

    def autoencoders(self, dataset: str, label: str) -> list[str]:
        """Names of the autoencoders behind the models of a data set and label, each once."""
        named = (self.entry(dataset, label, model).autoencoder for model in self.models(dataset))
        return list(dict.fromkeys(name for name in named if name is not None))

    def autoencoder_folder(self, dataset: str, label: str, model: str) -> str:
        """Autoencoders are trained once, with the first seed: all priors share their codes."""
        return self._paths.model(dataset, label, model, self._run.seeds[0])

    def seeds(self, model: str) -> list[int]:
        """The seeds with which a model is trained."""
        shared = any(
            model in (entry.autoencoder, *(differs.autoencoder for differs in entry.where.values()))
            for entry in self._run.models.values()
        )
        return self._run.seeds[:1] if shared else self._run.seeds

    def histories(self, dataset: str, models: Iterable[str] | None = None) -> Histories:
        """The histories of the given models, or of all and their autoencoders.

        The models of all labels come under `joint`.
        """
        found: Histories = {}
        for label in [*self._datasets[dataset].labels, JOINT]:
            every = [*self.autoencoders(dataset, label), *self.models(dataset)]
            chosen = {
                model: [
                    files.trained_files(self._paths.model(dataset, label, model, seed))["history"]
                    for seed in self.seeds(model)
                ]
                for model in (every if models is None else models)
                if self.is_joint(dataset, model) == (label == JOINT)
            }
            if chosen:
                found[label] = chosen
        return found

    def history_files(self, dataset: str, models: Iterable[str] | None = None) -> list[str]:
        """Input: the files of `histories`."""
        found = self.histories(dataset, models).values()
        return [path for of in found for paths in of.values() for path in paths]

    def followed(self, dataset: str, models: Iterable[str] | None = None) -> dict[str, Any]:
        """Params: what the convergence of training runs is judged by.

        Label to model to its histories, to the epoch whose weights are kept, and to the
        autoencoder on whose codes it is trained.
        """
        histories = self.histories(dataset, models)
        return {
            "histories": histories,
            "kept": self._of_each(dataset, histories, lambda entry: entry.training.keep),
            "autoencoders": self._of_each(dataset, histories, lambda entry: entry.autoencoder),
        }

    def _of_each(
        self, dataset: str, histories: Mapping[str, Iterable[str]], fact: Callable[[Model], Any]
    ) -> dict[str, dict[str, Any]]:
        return {
            label: {model: fact(self.entry(dataset, label, model)) for model in models}
            for label, models in histories.items()
        }
