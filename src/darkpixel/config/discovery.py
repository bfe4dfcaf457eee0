"""Discovery of models and custom data sets by name, and of their settings without torch.

A model is a folder `darkpixel/models/{name}/` whose `settings.py` holds the class `Settings` and
whose `model.py` holds `build`; a custom model may be one file `darkpixel/models/{name}.py` with
both. A custom data set is one file `darkpixel/datasets/{name}.py`. Nothing is registered: a
folder or file that declares a class `Settings` is a model, or a data set.

Snakemake plans with the settings alone. `settings.py` imports no torch, which would cost 3 s; a
model of a single file is imported whole, and pays that when a run is planned.
"""

import ast
import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from darkpixel.config.base import Settings
from darkpixel.config.data import CustomData
from darkpixel.config.labels import is_name
from darkpixel.errors import DarkpixelError

Kind = TypeVar("Kind", bound=Settings)

# By name: the configuration stands below the models and the data sets, and imports neither.
_MODELS, _DATASETS = "darkpixel.models", "darkpixel.datasets"


def model_names() -> tuple[str, ...]:
    """Names of the models, in alphabetical order."""
    return tuple(sorted(_declared(_MODELS)))


def model_settings(name: str) -> type[Settings]:
    """The class `Settings` of a model.

    Raises:
        KeyError: there is no such model.
        DarkpixelError: its file cannot be imported, or the class is no `Settings`.
    """
    return _settings(_declared(_MODELS)[name], Settings)


def model_module(name: str) -> str:
    """Dotted name of the module that holds the function `build` of a model.

    Raises:
        KeyError: there is no such model.
    """
    module = f"{_MODELS}.{name}"
    return f"{module}.model" if _declared(_MODELS)[name].stem == "settings" else module


def data_names() -> tuple[str, ...]:
    """Names of the custom data sets in `darkpixel/datasets`; none is shipped."""
    return tuple(sorted(_declared(_DATASETS)))


def data_settings(name: str) -> type[CustomData]:
    """The class `Settings` of a custom data set.

    Raises:
        KeyError: there is no such data set.
        DarkpixelError: its file cannot be imported, or the class is no `CustomData`.
    """
    return _settings(_declared(_DATASETS)[name], CustomData)


def _declared(package: str) -> dict[str, Path]:
    """Name -> file of the class `Settings`, of everything in a package that has one."""
    files: dict[str, Path] = {}
    for folder in importlib.import_module(package).__path__:
        for path in Path(folder).glob("*/settings.py"):
            files[path.parent.name] = path
        for path in Path(folder).glob("*.py"):
            if _declares_settings(path, path.stat().st_mtime_ns):
                files[path.stem] = path
    for name, path in files.items():
        if not is_name(name):
            found = path.parent if path.stem == "settings" else path
            raise DarkpixelError(
                f"{found}: paths and keys are called so; give it a name of letters, digits and "
                "underscores."
            )
    return files


@cache
def _declares_settings(path: Path, modified: int) -> bool:
    """Whether a file has a class `Settings`; read, not executed."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except SyntaxError as error:
        raise DarkpixelError(f"{path}: line {error.lineno}: {error.msg}.") from error
    except ValueError as error:  # bytes that are no text
        raise DarkpixelError(f"{path}: cannot be read as Python ({error}).") from error
    return any(isinstance(node, ast.ClassDef) and node.name == "Settings" for node in body)


def _settings(path: Path, kind: type[Kind]) -> type[Kind]:
    settings = getattr(_module(path, path.stat().st_mtime_ns), "Settings", None)
    if not (isinstance(settings, type) and issubclass(settings, kind)):
        raise DarkpixelError(
            f"{path}: class Settings must be a subclass of {kind.__module__}.{kind.__name__}."
        )
    return settings


@cache
def _module(path: Path, modified: int) -> ModuleType:
    """The module of a file: of a folder's `settings.py` the one that its model imports, too.

    A single file is imported under a name of its own, and afresh when it has changed.
    """
    try:
        if path.stem == "settings":
            folder = path.parent
            name = f"darkpixel.{folder.parent.name}.{folder.name}.settings"
            return importlib.import_module(name)
        name = f"darkpixel_{path.parent.name}_{path.stem}_{modified}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # where pydantic looks up what an annotation names
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    except Exception as error:
        problem = " ".join(str(error).split())
        raise DarkpixelError(
            f"{path}: cannot be imported ({type(error).__name__}: {problem}); correct the file."
        ) from error
    return module
