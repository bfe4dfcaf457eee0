"""What all models are compared by: speed, likelihood, classifiers, two-sample tests."""

from collections.abc import Iterable
from typing import Any

from darkpixel.config.data import JetData, LArTPCData, MuonData
from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.run import Run
from darkpixel.metrics.names import is_quantised, is_selected
from darkpixel.metrics.order import base_model, ordered
from darkpixel.pipeline import paths as files
from darkpixel.pipeline.datasets import MUONS, SARM
from darkpixel.pipeline.events import Events
from darkpixel.pipeline.lartpc import DATASET, LArTPC
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.samples import Samples
from darkpixel.pipeline.trainings import Trainings

OURS = "sarm2_dd"
"""As in `darkpixel.metrics.improvement`, which needs pandas; a plan does without."""


class Comparisons:
    """What the comparisons of a run's models need."""

    def __init__(
        self,
        run: Run,
        paths: Paths,
        events: Events,
        trainings: Trainings,
        samples: Samples,
        lartpc: LArTPC,
    ) -> None:
        self._run = run
        self._paths = paths
        self._events = events
        self._trainings = trainings
        self._samples = samples
        self._lartpc = lartpc
        self._datasets = run.datasets.present()

    @property
    def sarm(self) -> list[str]:
        """The data sets of the SARM paper that the run has."""
        return [name for name in SARM if name in self._datasets]

    @property
    def custom(self) -> list[str]:
        """The custom data sets of the run."""
        return list(self._run.datasets.own)

    @property
    def shown(self) -> list[str]:
        """All data sets of calorimeter images, with models or without."""
        return [*self.sarm, *self.custom]

    @property
    def compared(self) -> list[str]:
        """Data sets with models; liquid argon where its models are measured."""
        found = [name for name in self.shown if self._trainings.models(name)]
        return [*found, *([DATASET] if self._lartpc.studied else [])]

    @property
    def calorimetric(self) -> list[str]:
        """Those of calorimeter images."""
        return [name for name in self.compared if name != DATASET]

    def tested(self, paper: str) -> list[str]:
        """Data sets in a paper's tables of two-sample tests, distances, coverage and diversity."""
        if paper != "lartpc":
            return self.calorimetric
        return [DATASET] if DATASET in self._datasets and self._trainings.models(DATASET) else []

    def threshold(self, dataset: str) -> float | None:
        """Params: what counts as a pixel with charge; None for calorimeter images."""
        return self._run.evaluation.lartpc.threshold if dataset == DATASET else None

    @property
    def timed(self) -> list[str]:
        """Those that have a speed table, as in the SARM paper."""
        return [name for name in self.compared if name in SARM]

    @property
    def claimed(self) -> list[str]:
        """Data sets for which the SARM paper's improvements are worked out from our rows.

        Of a user's own files the paper claims nothing, unless its model is trained on them.
        """
        return [
            name
            for name in self.timed
            if self._datasets[name].source != "file"
            or OURS in map(base_model, self._trainings.models(name))
        ]

    def rounded(self, dataset: str) -> bool:
        """Whether the cost of rounding is tabulated: of own files where a model has a grid."""
        if self._datasets[dataset].source != "file":
            return True
        return any(map(is_quantised, self._samples.quantised(dataset, self._first(dataset))))

    @property
    def classified(self) -> list[str]:
        """Those of two labels, which a classifier can tell apart."""
        return [name for name in self.calorimetric if len(self._datasets[name].labels) == 2]

    def rows(self, kind: str, datasets: Iterable[str]) -> list[str]:
        """Input: one measure of the data sets."""
        return [self._paths.metrics(f"{name}_{kind}") for name in datasets]

    def rows_by_label(self, kind: str, *datasets: str) -> list[str]:
        """Input: one measure of every label of the data sets."""
        return [
            self._paths.metrics(f"{name}_{label}_{kind}")
            for name in datasets
            for label in self._datasets[name].labels
        ]

    def timed_models(self, dataset: str) -> list[tuple[str, str, str]]:
        """Params: model, label of its training and folder, for the first label and seed.

        Images selected on pT and mass are timed too: those thrown away cost time.
        """
        first = self._first(dataset)
        return [
            (
                model,
                self._trainings.label(dataset, model, first),
                self._trainings.folder(dataset, first, model, self._run.seeds[0]),
            )
            for model in ordered(self._trainings.sources(dataset))
        ]

    def timed_selection(self, dataset: str) -> dict[str, Any]:
        """Params: how images are selected, and the training images for it; empty: none are."""
        selection = self._trainings.selection(dataset)
        if selection is None or not self._trainings.selected(dataset):
            return {}
        first = self._first(dataset)
        train = self._samples.train(dataset)[first]
        return {"settings": selection.model_dump(exclude={"models"}), "train": train}

    def timed_training(self, dataset: str) -> list[str]:
        """Input: the training images of `timed_selection`."""
        selection = self.timed_selection(dataset)
        return [selection["train"]] if selection else []

    def scored_models(self, dataset: str) -> list[tuple[str, str, str, str, list[str]]]:
        """Params: model, label, training images, test images, folder of each seed."""
        return [
            (
                model,
                label,
                self._samples.train(dataset)[label],
                test,
                [self._trainings.folder(dataset, label, model, s) for s in self._run.seeds],
            )
            for model in self._trainings.models(dataset)
            for label, test in self._samples.test(dataset).items()
        ]

    def _first(self, dataset: str) -> str:
        return self._datasets[dataset].labels[0]

    def timed_weights(self, dataset: str) -> list[str]:
        """Input: the weights of `timed_models`, each once."""
        return _weights(folder for _, _, folder in self.timed_models(dataset))

    def scored_weights(self, dataset: str) -> list[str]:
        """Input: the weights of `scored_models`, each once."""
        return _weights(folder for *_, folders in self.scored_models(dataset) for folder in folders)

    def configs(self, dataset: str) -> dict[str, str]:
        """Model to the configuration of `timed_models`."""
        return {
            model: files.model_files(folder)["config"]
            for model, _, folder in self.timed_models(dataset)
        }

    def trained_configs(self, dataset: str) -> dict[str, str]:
        """`configs` of each trained model once: selected images are another's."""
        found = self.configs(dataset)
        return {model: config for model, config in found.items() if not is_selected(model)}

    def pileup(self, dataset: str) -> list[str]:
        """Input: what the timed simulation of muons draws its pile-up from."""
        return self._events.pileup() if dataset == MUONS else []

    def timed_simulation(self, dataset: str) -> dict[str, Any]:
        """Params: labels whose simulation is timed, and its settings; none of custom data sets."""
        data = self._datasets[dataset]
        if not isinstance(data, JetData | MuonData | LArTPCData) or data.source != "simulate":
            return {"labels": ()}
        return {
            "labels": data.labels,
            "simulation": data.simulation.model_dump(exclude={"images_per_chunk"}),
            "imaging": data.imaging.model_dump(),
        }

    def classifier_sources(self, dataset: str) -> list[str]:
        """Simulated training images, then the images of every model, selected ones too."""
        return [MONTE_CARLO, *self._trainings.sources(dataset)]

    def classifier_images(self, dataset: str, source: str) -> dict[str, list[str]]:
        """Label to the images that a classifier is trained on, of a model one file a seed."""
        if source == MONTE_CARLO:
            return {label: [path] for label, path in self._samples.train(dataset).items()}
        return {
            label: self._samples.of(dataset, label)[source]
            for label in self._datasets[dataset].labels
        }

    def classifier_numbers(self, dataset: str) -> dict[str, int | None]:
        """Params: how many classifiers a source has, and images per class.

        Every source gives the same number of images to train on: as many as the poorest has.
        """
        judge = self._run.judges.classifier
        there = min(self._datasets[dataset].images.train, self._samples.count(dataset))
        return {
            "repetitions": judge.repetitions,
            "images": min(there, judge.images or there),
            "test_images": judge.test_images,
        }

    def classifier_scores(self, dataset: str) -> list[str]:
        """Input: what the classifiers of each source say of the test images."""
        return [self._paths.scores(dataset, source) for source in self.classifier_sources(dataset)]


def _weights(folders: Iterable[str]) -> list[str]:
    return [files.model_files(folder)["weights"] for folder in dict.fromkeys(folders)]
