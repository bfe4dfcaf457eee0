"""What of a run is packed for others: its models, and what is said of them."""

from typing import Any

from darkpixel.config.names import JOINT
from darkpixel.config.run import Run
from darkpixel.pipeline.outputs import Page
from darkpixel.pipeline.paths import Paths, model_files
from darkpixel.pipeline.targets import targets
from darkpixel.pipeline.trainings import Trainings

Packed = tuple[str, str, str, str, int, str]
"""Data set, label, model, its folder, training images, and where these come from."""


class Sharing:
    """The rules `pack_models` and `pack_run` of a run."""

    largest = 50_000_000
    """Bytes of weights; a model with more is named in the index, and not packed."""

    def __init__(self, run: Run, paths: Paths, trainings: Trainings, pages: list[Page]) -> None:
        self._run, self._paths, self._trainings, self._pages = run, paths, trainings, pages
        self._datasets = run.datasets.present()

    def models(self) -> list[Packed]:
        """Params: every model that is shown, once, with the first seed."""
        found = {}
        for dataset, data in self._datasets.items():
            for model in self._trainings.models(dataset):
                for label in data.labels:
                    on = self._trainings.label(dataset, model, label)
                    folder = self._paths.model(dataset, on, model, self._run.seeds[0])
                    images = data.images.train * (len(data.labels) if on == JOINT else 1)
                    found[folder] = (dataset, on, model, folder, images, data.source)
        return list(found.values())

    def weights(self) -> list[str]:
        """Input: the files of these models."""
        return [path for packed in self.models() for path in model_files(packed[3]).values()]

    def tables(self) -> list[str]:
        """Input: the tables in which their quality stands."""
        every = targets(self._pages, self._paths, kind="tables")
        return [path for path in every if path.endswith(".csv")]

    def datasets(self) -> dict[str, Any]:
        """Params: the keys and labels of each data set."""
        return {
            name: (data.model_dump(mode="json"), list(data.labels))
            for name, data in self._datasets.items()
        }
