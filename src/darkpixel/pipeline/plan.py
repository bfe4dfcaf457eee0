"""One object from which the rules take everything that depends on the configuration."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from darkpixel.config.data import Data
from darkpixel.config.loading import load_run
from darkpixel.formats.seeds import job_seed
from darkpixel.pipeline.checks import check_path, check_run
from darkpixel.pipeline.code import Code
from darkpixel.pipeline.comparisons import Comparisons
from darkpixel.pipeline.events import Events
from darkpixel.pipeline.lartpc import LArTPC
from darkpixel.pipeline.outputs import Kind, Page, Paper, run_pages
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.report_contents import ReportContents
from darkpixel.pipeline.resources import Resources
from darkpixel.pipeline.samples import Files, Samples, flat
from darkpixel.pipeline.searches import Searches
from darkpixel.pipeline.sharing import Sharing
from darkpixel.pipeline.targets import targets
from darkpixel.pipeline.trainings import Trainings


class Plan:
    """A run as the rules see it.

    Args:
        config: the configuration, base and overlays merged.
        files: the YAML files that it was merged from, the strongest last.
        project: the folder of the checkout.

    Raises:
        DarkpixelError: the configuration is wrong, or a file that it names is not there.
    """

    def __init__(
        self, config: Mapping[str, Any], files: Sequence[str | Path], project: str | Path
    ) -> None:
        project = Path(project)
        check_path("folder of the project", project.resolve(), on_search_path=True)
        check_path("folder of the results", Path.cwd())
        run = load_run(dict(config), files)
        self.run = run
        self.datasets: dict[str, Data] = run.datasets.present()
        self.paths = Paths(run.run)
        self.resources = Resources(run)
        self.events = Events(run, self.paths, project)
        self.trainings = Trainings(run, self.paths)
        self.samples = Samples(run, self.paths, self.trainings)
        self.lartpc = LArTPC(run, self.paths, self.trainings)
        self.comparisons = Comparisons(
            run, self.paths, self.events, self.trainings, self.samples, self.lartpc
        )
        self.searches = Searches(run, self.paths)
        self.code = Code(project / "workflow/scripts", run, self.trainings, self.lartpc)
        check_run(run, self.events)
        self._pages = run_pages(run, self.comparisons, self.lartpc)
        self.report = ReportContents(
            run, self._pages, self.paths, self.samples, self.lartpc, project / "workflow/report"
        )
        self.sharing = Sharing(run, self.paths, self.trainings, self._pages)

    @property
    def labels(self) -> list[str]:
        """The labels of all data sets."""
        return sorted({label for data in self.datasets.values() for label in data.labels})

    @property
    def own_images(self) -> list[str]:
        """Data sets of the user's own files."""
        return [name for name, data in self.datasets.items() if data.source == "file"]

    def seed(self, *names: object) -> int:
        """Params: the seed of one job (see `darkpixel.formats.seeds`)."""
        return job_seed(self.run.seed, *names)

    def targets(self, *, paper: Paper | None = None, kind: Kind | None = None) -> list[str]:
        """Input: the figures and tables of the run (see `darkpixel.pipeline.targets`)."""
        return targets(self._pages, self.paths, paper=paper, kind=kind)

    def shown(self, stem: str) -> dict[str, Files]:
        """Params: the images that a figure shows, label to who made them to files."""
        page = self.page(stem)
        return self.samples.compared(page.dataset, page.models)

    def shown_files(self, stem: str) -> list[str]:
        """Input: the files of `shown`."""
        return [path for models in self.shown(stem).values() for path in flat(models)]

    def pages(self, rule: str) -> dict[str, Page]:
        """The figures or tables that a rule makes, by stem."""
        return {page.stem: page for page in self._pages if page.rule == rule}

    def page(self, stem: str) -> Page:
        """The figure or table about one data set that is called so."""
        return next(page for page in self._pages if page.dataset and page.stem == stem)


COMPARISON = ("n", "bootstrap_repetitions", "floor_splits", "seed")
"""Keys of a comparison with the test images: its size, its error, its noise floor."""
HISTOGRAMS = ("count_bins", "count_range", "score_bins")
"""Keys of the histograms of SSNet's output."""


def one_of(names: Sequence[str] | Mapping[str, object]) -> str:
    """A wildcard's constraint: one of the names, or what no file is called."""
    return "|".join(map(re.escape, names)) or "none"


def keys(block: BaseModel, *names: str) -> dict[str, Any]:
    """Params: the named keys of a block of the configuration, and no others.

    They come as one param because Snakemake keeps the values of the params without their names:
    two numbers that change places would look the same.
    """
    return block.model_dump(include=set(names))
