"""Find models by file name, and read their settings without importing torch.

A model is one file in `darkpixel/models/`: its class `Settings` declares the keys and its
function `build` makes the network. Snakemake plans with the first and jobs use the second, so
only the class `Settings` is executed here; importing the file would import torch (3 s).
"""

import ast
from functools import cache
from pathlib import Path

import darkpixel.models
from darkpixel.config.base import Settings

_ALLOWED_IMPORTS = ("collections", "typing", "pydantic", "darkpixel.config")


def model_names() -> tuple[str, ...]:
    """Names of the model files, i.e. of the modules that declare a class `Settings`."""
    return tuple(sorted(_model_files()))


def model_settings(name: str) -> type[Settings]:
    """The class `Settings` of `darkpixel/models/{name}.py`.

    Raises:
        KeyError: there is no such model.
    """
    path = _model_files()[name]
    body = [node for node in ast.parse(path.read_text()).body if _is_plain_import(node)]
    settings = _settings_node(path)
    assert settings is not None
    namespace: dict[str, object] = {"__name__": f"darkpixel.models.{name}"}
    exec(compile(ast.Module([*body, settings], []), str(path), "exec"), namespace)
    found = namespace["Settings"]
    assert isinstance(found, type)
    assert issubclass(found, Settings)
    return found


def _model_files() -> dict[str, Path]:
    files = (file for folder in darkpixel.models.__path__ for file in Path(folder).glob("*.py"))
    return {file.stem: file for file in files if _settings_node(file) is not None}


@cache
def _settings_node(path: Path) -> ast.ClassDef | None:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name == "Settings":
            return node
    return None


def _is_plain_import(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").startswith(_ALLOWED_IMPORTS)
    return isinstance(node, ast.Import) and all(
        alias.name.startswith(_ALLOWED_IMPORTS) for alias in node.names
    )
