"""Where the images of a data set come from: simulated chunks, public files, a user's own files."""

import math
from pathlib import Path
from typing import Any

from darkpixel.config.data import JetData, LArTPCData, MuonData
from darkpixel.config.run import Run
from darkpixel.config.sources import Source, find_source
from darkpixel.pipeline import paths as files
from darkpixel.pipeline.datasets import MUONS
from darkpixel.pipeline.paths import Paths

Simulated = JetData | MuonData | LArTPCData


class Events:
    """The raw files of a run's data sets.

    Args:
        run: the checked configuration.
        paths: its paths.
        project: the folder that holds `config/sources.yaml`.
    """

    def __init__(self, run: Run, paths: Paths, project: Path) -> None:
        self._datasets = run.datasets.present()
        self._paths = paths
        self._project = project

    def count(self, dataset: str, label: str) -> int:
        """Accepted events to simulate.

        More muons of the signal than images are needed where the matching of their pT to the
        background's leaves some out.
        """
        data = self._datasets[dataset]
        matched = isinstance(data, MuonData) and data.match_pt and label == "signal"
        if matched:
            assert isinstance(data, MuonData)
            return math.ceil(data.signal_oversampling * data.images.total)
        return data.images.total

    def in_chunk(self, dataset: str, label: str, chunk: int | str) -> int:
        """Accepted events of one chunk: full, but for the last."""
        size = self._chunk_size(dataset)
        return min(size, self.count(dataset, label) - int(chunk) * size)

    def chunks(self, dataset: str, label: str) -> list[str]:
        """The files of all chunks of a label."""
        number = -(-self.count(dataset, label) // self._chunk_size(dataset))
        return [self._paths.events(dataset, label, chunk) for chunk in range(number)]

    def raw(self, dataset: str, label: str) -> list[str]:
        """The files that the images of a label are made from, whatever their source.

        A custom data set that makes its images itself has none.
        """
        data = self._datasets[dataset]
        if data.source == "file":
            return [data.file[label]]
        if data.source == "download":
            return [files.download(n, self.source(n).suffix) for n in self.downloads(dataset)]
        return self.chunks(dataset, label) if isinstance(data, Simulated) else []

    def downloads(self, dataset: str) -> list[str]:
        """The entries of `config/sources.yaml` that a data set is made from."""
        data = self._datasets[dataset]
        if data.source != "download" or not isinstance(data, JetData | LArTPCData):
            return []
        return [data.download] if isinstance(data.download, str) else data.download

    def download_entries(self, dataset: str) -> list[dict[str, Any]]:
        """Params: these entries, against which the files are checked."""
        return [self.source(name).model_dump() for name in self.downloads(dataset)]

    def source(self, name: str) -> Source:
        """An entry of `config/sources.yaml`.

        Raises:
            DarkpixelError: there is none of that name.
        """
        return find_source(self._project / files.SOURCES, name)

    def beside(self, dataset: str, label: str) -> list[str]:
        """The user's own files of the other labels."""
        data = self._datasets[dataset]
        given = data.file if data.source == "file" else {}
        return [path for other, path in given.items() if other != label]

    def pileup(self) -> list[str]:
        """The pool of pile-up of the simulated muons; none without pile-up."""
        data = self._datasets[MUONS]
        assert isinstance(data, MuonData)
        needed = data.source == "simulate" and data.simulation.pileup > 0
        return [self._paths.pileup()] if needed else []

    def muon_reference(self, label: str) -> list[str]:
        """The events whose muon pT a label's is matched to; none for one that is not matched."""
        data = self._datasets[MUONS]
        assert isinstance(data, MuonData)
        matched = data.source == "simulate" and data.match_pt and label == "signal"
        return self.chunks(MUONS, "background") if matched else []

    def _chunk_size(self, dataset: str) -> int:
        data = self._datasets[dataset]
        assert isinstance(data, Simulated)
        return data.simulation.images_per_chunk
