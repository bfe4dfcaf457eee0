"""The studies of architectures: the hyper-parameter search, the width of a layer (SARM 8.6)."""

from typing import Any

from darkpixel.config.run import Model, Run
from darkpixel.config.search import Space, search_space
from darkpixel.pipeline.datasets import JETS
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.trainings import with_name


class Searches:
    """What the studies of a run need."""

    def __init__(self, run: Run, paths: Paths) -> None:
        self._run = run
        self._paths = paths

    @property
    def studies(self) -> list[str]:
        """The names of the hyper-parameter searches."""
        return list(self._run.studies)

    def entry(self, study: str) -> Model:
        """The model that a search varies, as it is on the search's data set and label."""
        chosen = self._run.studies[study]
        return self._run.model(chosen.model, chosen.dataset, chosen.label)

    def settings(self, study: str) -> dict[str, Any]:
        """Params: the settings of that model that stay as they are."""
        return with_name(self.entry(study))

    def space(self, study: str) -> Space:
        """Params: the keys that are varied, and the choices of each."""
        return search_space(self._run.studies[study], self.entry(study))

    def images(self, study: str, split: str) -> str:
        """Input: the images of a search."""
        chosen = self._run.studies[study]
        return self._paths.images(split, chosen.dataset, chosen.label)

    def rows(self) -> list[str]:
        """Input: the trials of every search."""
        return [self._paths.metrics(f"search/{study}") for study in self.studies]

    def width_settings(self) -> dict[str, Any]:
        """Params: the settings of the model whose upsampling layer is varied."""
        jets, widths = self._run.datasets.jets, self._run.widths
        assert jets is not None
        assert widths is not None
        return with_name(self._run.model(widths.model, JETS, jets.labels[0]))

    def width_images(self) -> str:
        """Input: the images that it is fitted to."""
        jets = self._run.datasets.jets
        assert jets is not None
        return self._paths.images("train", JETS, jets.labels[0])
