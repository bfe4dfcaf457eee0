"""Base of every configuration model: unknown keys are errors, values do not change."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A block of configuration keys.

    Types, bounds, defaults and descriptions live on the fields and nowhere else: the JSON
    schema and the key table of `config/README.md` are generated from them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


def without_nulls(entries: Any) -> Any:
    """A mapping less the entries that are null: so an overlay leaves out what a base names."""
    if not isinstance(entries, dict):
        return entries
    return {key: value for key, value in entries.items() if value is not None}


def ascending(window: tuple[float, float]) -> tuple[float, float]:
    """A validator of windows in GeV."""
    low, high = window
    if not 0 <= low < high:
        raise ValueError("must be [low, high] with 0 <= low < high, GeV")
    return window
