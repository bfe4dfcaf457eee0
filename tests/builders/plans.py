"""Plans of the test configuration with other values for some keys."""

from pathlib import Path
from typing import Any

from darkpixel.config.loading import read_yaml
from darkpixel.pipeline.plan import Plan

PROJECT = Path(__file__).resolve().parents[2]
FILES = (PROJECT / "config/config.yaml", PROJECT / "config/test.yaml")


def merged(base: Any, changes: Any) -> dict[str, Any]:
    """`base` with the keys of `changes`, mappings within mappings too."""
    result: dict[str, Any] = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(old, value) if both else value
    return result


def make_plan(**changes: Any) -> Plan:
    """The plan of the test configuration, changed."""
    return Plan(merged(dict(read_yaml(*FILES)), changes), FILES, PROJECT)
