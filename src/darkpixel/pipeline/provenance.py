"""Digests that tell what a result depends on: code, configuration, files.

Snakemake reruns a job when its params change, but not when an imported library module does.
Every rule therefore carries `code_digest(...)` of the modules that its script calls.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = "darkpixel"
SOURCE = Path(__file__).resolve().parents[1]

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

# Modules that cannot change a result: how files are written whole and how errors read; and the
# declarations of the settings, whose values reach a job as params of their own.
NEUTRAL = ("config", "errors", "formats.files", "formats.hdf5", "pipeline.job")


def code_digest(*modules: str) -> str:
    """Digest of the named library modules and of every library module that they import.

    Comments, docstrings and formatting do not count: the digest is taken over the syntax tree.
    Nor do the modules of `NEUTRAL`.

    Args:
        modules: dotted names below `darkpixel`, e.g. `data.jets`.
    """
    digest = hashlib.sha256()
    for module in sorted(import_closure(*modules)):
        digest.update(f"{module}={_module_digest(_source(module))}\n".encode())
    return digest.hexdigest()[:16]


def import_closure(*modules: str) -> set[str]:
    """Dotted names (below `darkpixel`) of the modules and all library modules they import.

    Raises:
        ModuleNotFoundError: a named module is not part of the library.
    """
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(_imports(_source(module)))
    return found


def _source(module: str) -> Path:
    path = SOURCE.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    raise ModuleNotFoundError(f"no module {PACKAGE}.{module} in {SOURCE}")


@cache
def _module_digest(path: Path) -> str:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@cache
def _imports(path: Path) -> frozenset[str]:
    """Library modules that a file imports, anywhere in it (functions import lazily)."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)  # `from package import module` names a module as an attribute
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    ours = (name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}."))
    return frozenset(name for name in ours if _counts(name))


def _counts(module: str) -> bool:
    """Whether the name is a module, and one that can change a result."""
    if any(module == neutral or module.startswith(f"{neutral}.") for neutral in NEUTRAL):
        return False
    try:
        _source(module)
    except ModuleNotFoundError:
        return False
    return True
