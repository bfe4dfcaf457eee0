"""A run on a user's own files: jets alone, one model that is not the papers'."""

from pathlib import Path
from typing import Any

from plans import make_plan

from darkpixel.pipeline.plan import Plan

NOTHING_OF_THE_PAPERS: dict[str, Any] = {
    "search": None,
    "toy": None,
    "widths": None,
    "datasets": {"muons": None, "lartpc": None, "lartpc_vertex": None, "jets": {"orders": None}},
}


def own_plan(folder: Path, *models: str, **changes: Any) -> Plan:
    """The plan of a run on two files of photon showers, which are empty."""
    files = {label: folder / f"{label}.h5" for label in ("photons", "pions")}
    for path in files.values():
        path.touch()
    jets = {
        "source": "file",
        "file": {label: str(path) for label, path in files.items()},
        "models": list(models),
        "orders": None,
    }
    datasets = {**NOTHING_OF_THE_PAPERS["datasets"], "jets": jets, **changes.pop("datasets", {})}
    return make_plan(**{**NOTHING_OF_THE_PAPERS, "datasets": datasets, **changes})
