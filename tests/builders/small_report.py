"""A report of two data sets, of a few small images each."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from image_files import LARTPC, sparse_images, write_images
from numpy.typing import NDArray

from darkpixel.config.names import MONTE_CARLO
from darkpixel.pages.report import write_report_folder
from darkpixel.pages.run_facts import RunFacts
from darkpixel.pipeline.report_contents import Shown

COUNT = 12
SPECIES = np.array([11, 13] * (COUNT // 2), np.int32)
"""Of the liquid-argon images."""
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0\2\0"
    b"\1H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82"
)
ROWS = {
    "model": ["lagan", "sarm2_dd", "monte_carlo_repeated"],
    "dataset": "jets",
    "label": "signal",
    "observable": "pt",
    "value": [30.0, 1.5, 9.0],
    "error": 0.3,
    "floor": 1.0,
    "n": 1000,
    "converged": [False, True, None],
}
TABLE = """# Wasserstein distance of jets

| model | pT signal, GeV |
|:------|---------------:|
| LAGAN (not converged) | 30.0 ± 0.3 (3.17) |
| SARM-2 (D+D) <b> | 1.5 ± 0.3 |

W1 to Monte Carlo (published value).
"""


class SmallReport:
    """The folder, and the images that are in it.

    Attributes:
        folder: of the pages.
        results: of the run, beside it.
        images: (data set, label, source) to (n, H, W).
    """

    def __init__(self, root: Path, *, own: bool = False) -> None:
        self.results = root / "results/small"
        self.folder = self.results / "report"
        self.images: dict[tuple[str, str, str], NDArray[Any]] = {}
        self._root = root
        files: dict[str, dict[str, dict[str, list[str]]]] = {"jets": {}, "lartpc": {"all": {}}}
        for label in ("signal", "e+é."):
            files["jets"][label] = {
                source: [str(self._write("jets", label, source))]
                for source in (MONTE_CARLO, "lagan", "sarm2_dd")
            }
        for source in (MONTE_CARLO, "vqvae_pixelcnn"):
            path = self._write("lartpc", "all", source, {"species": SPECIES}, LARTPC)
            files["lartpc"]["all"][source] = [str(path), str(self._labels(path, source))]
        self.files = files
        pages: list[Shown] = [
            {"kind": "figures", "rule": "draw_observables", "stem": "sarm/fig08_jet_observables",
             "caption": "Mass & momentum.", "own": own},
            {"kind": "tables", "rule": "tabulate_wasserstein",
             "stem": "sarm/table1_jet_wasserstein", "caption": "Distances.",
             "own": own},
        ]  # fmt: skip
        self._exhibits(pages)
        write_report_folder(
            self.folder / "index.html",
            self.results,
            pages=pages,
            events=files,
            most=10,
            threshold=0.2,
            facts=RunFacts("small", {"commit": "abc123", "time": "3 core-minutes"}, "run: small\n"),
        )

    def _write(
        self, dataset: str, label: str, source: str, columns: Any = None, about: Any = None
    ) -> Path:
        images = sparse_images(COUNT, height=9, width=9, seed=len(self.images))
        self.images[dataset, label, source] = images
        path = self._root / f"{dataset}_{label}_{source}.h5"
        return write_images(path, images, columns, **{"label": label, **(about or {})})

    def _labels(self, source: Path, name: str) -> Path:
        """What SSNet would say: pixels above 5 are track, others shower, none below 1."""
        images = self.images["lartpc", "all", name]
        labels = np.where(images > 5, 2, np.where(images > 1, 1, 0)).astype(np.uint8)
        path = source.with_name(f"labels_{source.name}")
        return write_images(path, images, {"pixel_labels": labels}, **LARTPC)

    def _exhibits(self, pages: list[Shown]) -> None:
        for page in pages:
            path = self.results / page["kind"] / page["stem"]
            path.parent.mkdir(parents=True, exist_ok=True)
            if page["kind"] == "figures":
                path.with_suffix(".png").write_bytes(PNG)
                path.with_suffix(".pdf").write_bytes(b"%PDF-1.4")
            else:
                pd.DataFrame(ROWS).to_csv(path.with_suffix(".csv"), index=False)
                table = TABLE.replace("Monte Carlo", "reference images") if page["own"] else TABLE
                path.with_suffix(".md").write_text(table, encoding="utf-8")
