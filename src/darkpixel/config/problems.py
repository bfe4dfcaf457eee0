"""Messages on a wrong configuration, one line each: file, key, what was found, what is allowed."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from darkpixel.config.base import Settings
from darkpixel.config.discovery import data_names
from darkpixel.config.run import Datasets
from darkpixel.config.yaml_files import load_yaml, read_text
from darkpixel.errors import DarkpixelError

ABSENT = object()
"""What `value_at` gives where nothing stands."""
_LONGEST = 100  # characters of a wrong value
_BRANCH = r"(constrained-)?(float|int|str)|list\[.*\]"

Key = tuple[str | int, ...]
"""Where in a configuration, from the outermost key on."""


def known_datasets() -> tuple[str, ...]:
    """Every data set that a configuration may name, in the run or left out."""
    return (*Datasets.model_fields, *data_names())


def first_problem(
    error: ValidationError, model: type[BaseModel], prefix: Key, files: Sequence[str | Path]
) -> str:
    """One line on the first problem, and the number of further ones.

    Args:
        error: what pydantic found.
        model: class that was checked.
        prefix: where in the configuration it stands.
        files: the YAML files, last one strongest.
    """
    # A wrong key of the run's `training` is wrong in every model that shares it: told once, and
    # the shortest location is where it was written. A missing key may be an unknown one, misspelt.
    found = sorted(
        filter(_of_its_branch, error.errors()),
        key=lambda problem: (len(problem["loc"]), problem["type"] == "missing"),
    )
    problems = list(
        {(p["type"], p["loc"][-1:], repr(p["input"])): p for p in reversed(found)}.values()
    )
    first = problems[-1]
    location = tuple(part for part in first["loc"] if not _names_a_branch(part))
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    where, quotes = located(prefix + location, files), "; put it in quotes"
    is_key = first["type"] == "invalid_key"
    if not is_key and _overridden(prefix + location, first["input"], files):
        where = f"--config: {'.'.join(map(str, prefix + location))}: "
        quotes += " twice: --config 'run=\"2024_1\"'"  # the shell takes the outer ones
    if first["type"] == "extra_forbidden":
        parent = _model_at(model, location[:-1])
        allowed = tuple(parent.model_fields) if parent else ()
        allowed = known_datasets() if parent is Datasets else allowed
        return where + unknown("key", str(location[-1]), allowed) + more
    if first["type"] == "missing":
        return where + "missing; add it" + more
    expected = first["msg"].removeprefix("Value error, ")
    expected = expected[0].lower() + expected[1:]
    if first["type"] in ("string_type", "invalid_key"):
        expected += quotes
    if isinstance(first["input"], dict):  # several keys that do not go together
        return f"{where}{expected}{more}"
    return f"{where}found {_shown(first['input'])}; {expected}{more}"


def _shown(value: Any) -> str:
    """A value that is told, however long it is."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _overridden(key: Key, found: Any, files: Sequence[str | Path]) -> bool:
    """Whether a plain value is none that a file gives the key, so that the command line gave it."""
    if isinstance(found, dict | list):
        return False
    given = [value for path in files if (value := value_at(parsed(path), key)) is not ABSENT]
    return bool(given) and repr(given[-1]) != repr(found)  # so that nan is nan


def _names_a_branch(part: str | int) -> bool:
    """Whether pydantic puts this into a location to say which type of `number or list` it means."""
    return isinstance(part, str) and re.fullmatch(_BRANCH, part) is not None


def _of_its_branch(problem: ErrorDetails) -> bool:
    """Whether a value of one of several types is told what is wrong, not what else it might be."""
    if not problem["loc"] or not _names_a_branch(problem["loc"][-1]):
        return True
    wants_list = str(problem["loc"][-1]).startswith("list[")
    return wants_list == isinstance(problem["input"], list)


def unknown(kind: str, found: str, allowed: Sequence[str]) -> str:
    """`unknown {kind} '{found}'`, the nearest allowed name and all of them."""
    close = get_close_matches(found, allowed, n=1, cutoff=0.5)
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"unknown {kind} '{found}'{hint} (allowed: {', '.join(allowed)})"


def located(key: Key, files: Sequence[str | Path]) -> str:
    """`file: key: `, the file being the last one that sets the key or the block around it.

    A key that a variant has from its base is named where the base sets it.
    """
    key = _written(key, files)
    for length in range(len(key), 0, -1):
        for path in reversed(files):
            if _has(parsed(path), key[:length]):
                return f"{path}: {'.'.join(map(str, key))}: "
    return f"configuration: {'.'.join(map(str, key))}: "


def _written(key: Key, files: Sequence[str | Path]) -> Key:
    """The key of a model where a file sets it: in its own entry, or in that of its base."""
    origin, passed = key, set()
    while origin[:1] == ("models",) and len(origin) > 2 and origin[1] not in passed:
        if any(_has(parsed(path), origin) for path in files):
            return origin
        passed.add(origin[1])
        bases = [
            parsed(path)["models"][origin[1]]["variant_of"]
            for path in files
            if _has(parsed(path), ("models", origin[1], "variant_of"))
        ]
        if not bases:
            break
        origin = ("models", bases[-1], *origin[2:])
    return key


def _has(content: Any, key: Key) -> bool:
    return value_at(content, key) is not ABSENT


def value_at(content: Any, key: Key) -> Any:
    """What stands at a key, or `ABSENT`."""
    for part in key:
        if isinstance(content, dict):  # pydantic tells the key 0.5 as '0.5'
            part = next((key for key in content if part in (key, str(key))), part)
        in_list = isinstance(content, list) and isinstance(part, int) and part < len(content)
        if not in_list and not (isinstance(content, dict) and part in content):
            return ABSENT
        content = content[part]
    return content


def _model_at(model: type[BaseModel], location: Key) -> type[BaseModel] | None:
    """The settings class that a location inside `model` points to, if it is one."""
    annotation: Any = model
    for part in location:
        if _is_settings(annotation):
            field = annotation.model_fields.get(part)
            annotation = field.annotation if field else None
        elif get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        else:
            return None
        if get_origin(annotation) is not dict:  # `Settings | None`
            choices = (annotation, *get_args(annotation))
            annotation = next((choice for choice in choices if _is_settings(choice)), None)
    return annotation if _is_settings(annotation) else None


def _is_settings(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Settings)


def parsed(path: str | Path) -> dict[str, Any]:
    """The content of a configuration file.

    Raises:
        DarkpixelError: it cannot be read, or is no mapping in YAML.
    """
    try:
        content = load_yaml(read_text(path))
    except OSError as error:
        raise DarkpixelError(f"{path}: cannot be read ({error.strerror})") from None
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise DarkpixelError(f"{path}: not valid YAML: {problem}") from None
    if not isinstance(content, dict):
        raise DarkpixelError(f"{path}: expected keys and values, found {type(content).__name__}")
    return content
