"""Find models and data sets by file name, and read their settings without importing torch.

A model is one file in `darkpixel/models/`, or a folder there with a file `settings.py`; a data set
of one's own is one file in `darkpixel/data/`: the class `Settings` declares the keys, and functions
do the work. Snakemake plans with the first and jobs use the second, so only the class `Settings` is
executed here; importing a model would import torch (3 s).
"""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

import darkpixel.data
import darkpixel.models
from darkpixel.config.base import Settings
from darkpixel.config.data import OwnData
from darkpixel.errors import DarkpixelError

Kind = TypeVar("Kind", bound=Settings)

_ALLOWED_IMPORTS = ("collections", "typing", "pydantic", "darkpixel.config")


def model_names() -> tuple[str, ...]:
    """Names of the models, i.e. of the modules and packages that declare a class `Settings`."""
    return tuple(sorted(_files(darkpixel.models.__path__)))


def model_settings(name: str) -> type[Settings]:
    """The class `Settings` of `darkpixel/models/{name}.py`, or of the package of that name.

    Raises:
        KeyError: there is no such model.
        DarkpixelError: the class cannot be executed.
    """
    return _settings(_files(darkpixel.models.__path__)[name], Settings)


def data_names() -> tuple[str, ...]:
    """Names of the data sets of one file in `darkpixel/data`; none is shipped."""
    return tuple(sorted(_files(darkpixel.data.__path__)))


def data_settings(name: str) -> type[OwnData]:
    """The class `Settings` of `darkpixel/data/{name}.py`.

    Raises:
        KeyError: there is no such data set.
        DarkpixelError: the class cannot be executed, or is no `darkpixel.config.data.OwnData`.
    """
    return _settings(_files(darkpixel.data.__path__)[name], OwnData)


def _settings(path: Path, kind: type[Kind]) -> type[Kind]:
    """The class `Settings` of a file, executed with the file's plain imports alone."""
    body = [node for node in ast.parse(path.read_text()).body if _is_plain_import(node)]
    settings = _settings_node(path)
    assert settings is not None
    namespace: dict[str, object] = {"__name__": f"darkpixel.{path.parent.name}.{path.stem}"}
    try:
        exec(compile(ast.Module([*body, settings], []), str(path), "exec"), namespace)
    except Exception as error:
        problem = " ".join(str(error).split())
        raise DarkpixelError(
            f"{path}: class Settings cannot be read alone ({problem}); it may use what comes from "
            f"{', '.join(_ALLOWED_IMPORTS)} only."
        ) from error
    found = namespace["Settings"]
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise DarkpixelError(
            f"{path}: class Settings must be a subclass of {kind.__module__}.{kind.__name__}."
        )
    return found


def _files(folders: Iterable[str]) -> dict[str, Path]:
    files = {
        file.parent.name if file.stem == "settings" else file.stem: file
        for folder in folders
        for pattern in ("*.py", "*/settings.py")
        for file in Path(folder).glob(pattern)
    }
    return {name: file for name, file in files.items() if _settings_node(file) is not None}


@cache
def _settings_node(path: Path) -> ast.ClassDef | None:
    try:
        body = ast.parse(path.read_text()).body
    except SyntaxError as error:
        raise DarkpixelError(f"{path}: line {error.lineno}: {error.msg}.") from error
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name == "Settings":
            return node
    return None


def _is_plain_import(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith(_ALLOWED_IMPORTS)
    return isinstance(node, ast.Import) and all(
        alias.name.startswith(_ALLOWED_IMPORTS) for alias in node.names
    )
