"""What images of a training are simulated: key `data` of its YAML file, checked.

data:
  dataset: jets               # or muons, lartpc (default)
  images: {train: 200000, validation: 4096, test: 20000}  # of each label
  simulation: {...}           # keys of the data set's `simulation` in a configuration
  imaging: {...}              # and of its `imaging`
  seed: 1
  seconds: 120                # jets, muons: `train` ends then, with what there is ...
  least: 10000                # ... but not with fewer images of each label
  signal_oversampling: 2.0    # muons: as in a configuration
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pydantic

from darkpixel.config.base import Settings
from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.config.names import JETS, LARTPC, MUONS
from darkpixel.errors import DarkpixelError
from darkpixel.formats.digests import settings_digest

SPLITS = ("validation", "test", "train")
"""In the order in which they are made: a training can be calibrated on the first two."""
LABELS = {LARTPC: (), JETS: ("signal", "background"), MUONS: ("signal", "background")}
"""Labels of a data set, in the order of the classes of a joint file; none where there is one."""

_KINDS: dict[str, tuple[type[Settings], type[Settings]]] = {
    LARTPC: (ArgonSimulation, ArgonImaging),
    JETS: (JetSimulation, JetImaging),
    MUONS: (MuonSimulation, MuonImaging),
}
_OTHER = {"seed": 1, "signal_oversampling": 2.0}
_BOUNDS = {"seconds": None, "least": 10_000}
_LARGEST_SEED = 800  # a million seeds for each; Pythia's largest is 900 million


class Recipe(NamedTuple):
    """Images to simulate. Equal recipes give equal images, but for where `train` is cut off."""

    dataset: str
    images: dict[str, int]
    """Of each split and label."""
    simulation: dict[str, Any]
    imaging: dict[str, Any]
    seed: int
    signal_oversampling: float

    @property
    def labels(self) -> tuple[str, ...]:
        return LABELS[self.dataset]

    def folder(self, work: Path) -> Path:
        """Where its files lie."""
        return work / f"{self.dataset}-{settings_digest(self._asdict())}"


class Bounds(NamedTuple):
    """When the simulation of `train` ends before all of it is there."""

    seconds: float | None
    """From the beginning of the call that needs it; None: never."""
    least: int
    """Images of each label that are waited for all the same."""


def read_recipe(entry: Mapping[str, Any]) -> tuple[Recipe, Bounds]:
    """The recipe in key `data` of a training's YAML file.

    Raises:
        DarkpixelError: a key or a value is not allowed.
    """
    dataset = entry.get("dataset", LARTPC)
    if dataset not in _KINDS:
        raise DarkpixelError(
            f"data: dataset: found {dataset!r}; there are {', '.join(_KINDS)}, or name the "
            "`folder` of ready files."
        )
    known = {"dataset", "images", "simulation", "imaging", *_OTHER, *_BOUNDS}
    if unknown := sorted(set(entry) - known):
        raise DarkpixelError(
            f"data: found the key {unknown[0]!r}; there are {', '.join(sorted(known))}."
        )
    images = entry.get("images", {})
    if set(images) != set(SPLITS) or not all(
        isinstance(count, int) and count > 0 for count in images.values()
    ):
        raise DarkpixelError(
            f"data: images: found {images}; give a whole number above 0 for each of "
            f"{', '.join(SPLITS)}."
        )
    checked: dict[str, Any] = {}
    for key, kind in zip(("simulation", "imaging"), _KINDS[dataset], strict=True):
        try:
            checked[key] = kind.model_validate(entry.get(key, {})).model_dump(mode="json")
        except pydantic.ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in (key, *first["loc"]))
            raise DarkpixelError(
                f"data: {where}: {first['msg']}, found {first['input']!r}."
            ) from error
    other = {key: entry.get(key, default) for key, default in _OTHER.items()}
    if not 1 <= other["seed"] <= _LARGEST_SEED:
        raise DarkpixelError(
            f"data: seed: found {other['seed']}; 1 to {_LARGEST_SEED} are allowed."
        )
    bounds = Bounds(**{key: entry.get(key, default) for key, default in _BOUNDS.items()})
    recipe = Recipe(dataset=dataset, images=dict(images), **checked, **other)
    return recipe, bounds
