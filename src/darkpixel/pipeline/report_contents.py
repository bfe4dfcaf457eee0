"""What the report of a run shows: figures and tables with their captions, images of events."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypedDict

from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.run import Run
from darkpixel.pipeline.datasets import LARTPC
from darkpixel.pipeline.lartpc import DATASET, LABEL, LArTPC
from darkpixel.pipeline.outputs import Page
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.samples import Samples, flat

OWN = "own"
"""Folder of captions that name neither a paper's figures nor its simulation."""


class Shown(TypedDict):
    """A figure or table of the report."""

    kind: str
    rule: str
    stem: str
    caption: str
    own: bool
    """Whether it shows a user's own files, and those alone."""


class ReportContents:
    """What the rule of the report needs of a run.

    Args:
        pages: the figures and tables of the run.
        captions: the folder `workflow/report`.
    """

    def __init__(
        self,
        run: Run,
        pages: Sequence[Page],
        paths: Paths,
        samples: Samples,
        lartpc: LArTPC,
        captions: Path,
    ) -> None:
        self._run = run
        self._pages = pages
        self._paths = paths
        self._samples = samples
        self._lartpc = lartpc
        self._captions = captions

    def pages(self) -> list[Shown]:
        """Params: the figures and tables."""
        return [
            Shown(
                kind=page.kind,
                rule=page.rule,
                stem=page.stem,
                caption=self.caption(page),
                own=self._is_own(page),
            )
            for page in self._pages
        ]

    def caption(self, page: Page) -> str:
        """The caption of the page itself, else of its rule, as in Snakemake's report."""
        names = (Path(page.stem).name, page.rule)
        own = [f"{OWN}/{name}" for name in names] if self._is_own(page) else []
        path = self._captions / f"{next(filter(self._is_there, (*own, *names)))}.rst"
        return " ".join(path.read_text(encoding="utf-8").split())

    def caption_name(self, name: str) -> str:
        """Which file has the caption of that name in Snakemake's report: one for all data sets."""
        own = f"{OWN}/{name}"
        return own if self._all_own(self._run.datasets.present()) and self._is_there(own) else name

    def _is_there(self, name: str) -> bool:
        return (self._captions / f"{name}.rst").is_file()

    def _is_own(self, page: Page) -> bool:
        """A page without a data set shows all of its paper's."""
        argon = page.paper == "lartpc"
        present = self._run.datasets.present()
        shown = [page.dataset] if page.dataset else [n for n in present if (n in LARTPC) == argon]
        return self._all_own(shown)

    def _all_own(self, datasets: Iterable[str]) -> bool:
        present = self._run.datasets.present()
        return {present[name].source for name in datasets} == {"file"}

    def events(self) -> dict[str, dict[str, dict[str, list[str]]]]:
        """Params: data set, label, and who made the images, to their file and its labels by SSNet.

        The test images as `monte_carlo`, then those of each model, of the first seed.
        """
        found: dict[str, dict[str, dict[str, list[str]]]] = {}
        for dataset, data in self._run.datasets.present().items():
            found[dataset] = {}
            for label in data.labels:
                files = {MONTE_CARLO: [self._paths.images("test", dataset, label)]}
                for model, paths in self._samples.of(dataset, label).items():
                    files[model] = paths[:1]
                found[dataset][label] = files
        for source, labelled in found.get(DATASET, {}).get(LABEL, {}).items():
            labelled += self._labels(source)
        return found

    def event_files(self) -> list[str]:
        """Input: the files of `events`."""
        return [
            path
            for labels in self.events().values()
            for files in labels.values()
            for path in flat(files)
        ]

    def _labels(self, source: str) -> list[str]:
        """SSNet's labels of LArTPC images, where the run has them for its figures and tables."""
        if not self._lartpc.studied:
            return []
        if source == MONTE_CARLO:
            return [self._lartpc.labels("test")]
        return self._lartpc.sample_labels(source)[:1]

    def settings(self) -> dict[str, Any]:
        """Params: how many events are shown, and where their length begins to count."""
        return {
            "events": self._run.report.events,
            "threshold": self._run.evaluation.lartpc.threshold,
        }
