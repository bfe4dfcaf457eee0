"""What a run leaves: outputs, compared with another run's, and what should not be there."""

import csv
import hashlib
from pathlib import Path

import pandas as pd

from darkpixel.training.history import TIMING_COLUMNS

_UNLIKE = (
    "speed", "widths", "upsampling_width", "model_matrix", "benchmarks", "logs", "checkpoints",
)  # fmt: skip
"""Parts of paths whose content tells times, or the machine."""
FIGURES = (".png", ".pdf", ".md")
"""Endings of figures, and of tables to be read."""
_SEARCH = "search"
_TIMES_OF_SEARCH = ["seconds", "hardware"]


def left_behind(results: Path) -> list[str]:
    """Hidden and temporary files and folders, and checkpoints, in a folder of results.

    Finished trials of a search are kept, for one that is given more trials later.
    """
    searches = [folder / "checkpoints/search" for folder in results.glob("*")]
    return [
        str(path.relative_to(results))
        for path in sorted(results.rglob("*"))
        if (
            _is_hidden(path.relative_to(results))
            or ("checkpoints" in path.parts and path.is_file())
        )
        and not (path.name in ("state.pt", "lock") and path.parents[1] in searches)
    ]


def _is_hidden(path: Path) -> bool:
    """Whether the file, or a folder that it is in, is temporary."""
    parts = [part for part in path.parts if part != ".snakemake_timestamp"]
    return any(part.startswith(".") or ".tmp" in part for part in parts)


def _digest(path: Path) -> str:
    """Of what a run must give again: times are left out."""
    if path.name == "history.csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        kept = [{name: row[name] for name in row if name not in TIMING_COLUMNS} for row in rows]
        return hashlib.sha256(repr(kept).encode()).hexdigest()
    if _SEARCH in path.parent.name or _SEARCH in path.stem:
        found = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        text = found.drop(columns=_TIMES_OF_SEARCH).to_csv(index=False)
        return hashlib.sha256(text.encode()).hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest()


def outputs(folder: Path, more: tuple[str, ...] = ()) -> dict[str, str]:
    """Digest of every output of the test configuration that must be the same in each run.

    Args:
        more: endings of files to be looked at beside data, weights and tables.
    """
    results = folder / "results/test"
    return {
        str(path.relative_to(results)): _digest(path)
        for path in sorted(results.rglob("*"))
        if path.suffix in (".h5", ".safetensors", ".csv", ".parquet", *more)
        and not _is_of_times(path.relative_to(results))
    }


def _is_of_times(path: Path) -> bool:
    rows = path.suffix in (".csv", ".parquet")
    return any(part in str(path) for part in _UNLIKE) or (_SEARCH in str(path) and not rows)
