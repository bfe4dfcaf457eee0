"""A run on a user's own files does what it was asked for, and nothing of the papers beside it.

The base configuration asks for the papers' studies: the orders of the pixels, the searches, the
toy of figure 15, the widths of a layer. On a data set of files each is left out, unless an overlay
names it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from darkpixel.config.names import JETS, MUONS
from darkpixel.config.problems import parsed
from darkpixel.errors import DarkpixelError


def without_paper_studies(config: dict[str, Any], files: Sequence[str | Path]) -> dict[str, Any]:
    """The configuration without what nobody has asked for.

    Args:
        config: base and overlays, merged.
        files: that it was merged from, the base first; without overlays nothing is left out.
    """
    overlays = [parsed(path) for path in files[1:]]
    datasets = _mapping(config.get("datasets"))
    of_files = _of_files(datasets)
    if not overlays or not of_files:
        return config
    found = {**config, "datasets": dict(datasets)}
    if JETS in of_files:
        orders = _mapping(datasets[JETS].get("orders"))
        asked = {
            name: model
            for name, model in orders.items()
            if _named(overlays, "datasets", JETS, "orders", name)
        }
        found["datasets"][JETS] = {**datasets[JETS], "orders": asked}
        if not _named(overlays, "widths"):
            found["widths"] = None
    sarm = {name for name in (JETS, MUONS) if datasets.get(name) is not None}
    if sarm <= of_files and not _named(overlays, "toy"):
        found["toy"] = None
    search = _mapping(config.get("search"))
    studies = _mapping(search.get("studies"))
    kept = {
        name: study
        for name, study in studies.items()
        if _mapping(study).get("dataset", JETS) not in of_files
        or _named(overlays, "search", "studies", name)
    }
    if kept != studies:
        found["search"] = {**search, "studies": kept}
    return found


def check_name(config: Mapping[str, Any], files: Sequence[str | Path]) -> None:
    """Refuse a run on own files whose results would lie among the base configuration's.

    Raises:
        DarkpixelError: no overlay says how the run is called.
    """
    overlays = [parsed(path) for path in files[1:]]
    if _of_files(_mapping(config.get("datasets"))) and overlays and not _named(overlays, "run"):
        raise DarkpixelError(
            f"{files[-1]}: run: not given; a run on files of your own needs a name, that of its "
            "folder in results: `run: mine`."
        )


def _of_files(datasets: Mapping[Any, Any]) -> set[Any]:
    """Names of the data sets of a user's own files."""
    return {name for name, data in datasets.items() if _mapping(data).get("source") == "file"}


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}


def _named(overlays: Sequence[Any], *keys: str) -> bool:
    """Whether an overlay has this key, with any value but null."""
    for overlay in overlays:
        value: Any = overlay
        for key in keys:
            value = _mapping(value).get(key)
        if value is not None:
            return True
    return False
