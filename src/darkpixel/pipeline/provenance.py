"""Digests that tell what a result depends on: the code of its script and all that it imports.

Snakemake reruns a job when its params change, but not when an imported library module does.
Every rule therefore carries the digest of its own script's import closure
(`darkpixel.pipeline.code`).
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PACKAGE = "darkpixel"
SOURCE = Path(__file__).resolve().parents[1]

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

# Modules that cannot change a result: how files are written whole, who holds a folder, how errors
# read; and the declarations of the settings, whose values reach a job as params of their own.
NEUTRAL = (
    "config", "errors", "formats.files", "formats.hdf5", "formats.hdf5_probe", "formats.writers",
    "pipeline.job", "training.holder",
)  # fmt: skip


def script_digest(script: Path, *modules: str) -> str:
    """Digest of a script and of every library module that it imports, directly or not.

    Comments, docstrings, descriptions of settings and formatting do not count: the digest is taken
    over the syntax tree.
    Nor do the modules of `NEUTRAL`, nor where the checkout lies.

    Args:
        script: of `workflow/scripts/`.
        modules: dotted names below `darkpixel` of what it imports by name while it runs, e.g.
            `models.sarm.model`; what they import counts too.
    """
    digest = hashlib.sha256(f"{script.name}={_file_digest(script)}\n".encode())
    for module in sorted(script_closure(script, *modules)):
        digest.update(f"{module}={_file_digest(_source(module))}\n".encode())
    return digest.hexdigest()[:16]


def script_closure(script: Path, *modules: str) -> set[str]:
    """Dotted names (below `darkpixel`) of the modules behind a script's digest."""
    return import_closure(*_imports(script), *modules)


def folder_digest(folder: Path) -> str:
    """Digest of the files of a folder that are no Python: templates, styles, scripts of pages."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        if path.suffix in (".html", ".css", ".js"):
            digest.update(f"{path.relative_to(folder).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def import_closure(*modules: str) -> set[str]:
    """Dotted names (below `darkpixel`) of the modules and all library modules they import.

    Raises:
        ModuleNotFoundError: a named module is not part of the library.
    """
    return set(_closure(frozenset(modules)))


@cache
def _closure(modules: frozenset[str]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(_imports(_source(module)))
            # Python runs the `__init__.py` of the folders first; that of the library says nothing
            # but its version.
            parts = module.split(".")
            waiting.extend(".".join(parts[:depth]) for depth in range(1, len(parts)))
    return frozenset(found)


def forget() -> None:
    """Read every file again; only tests change files while a plan is made."""
    _file_digest.cache_clear()
    _imports.cache_clear()
    _closure.cache_clear()


def _source(module: str) -> Path:
    path = SOURCE.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    raise ModuleNotFoundError(f"no module {PACKAGE}.{module} in {SOURCE}")


@cache
def _file_digest(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.Call):  # what a key of the settings means to people
            node.keywords = [word for word in node.keywords if word.arg != "description"]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@cache
def _imports(path: Path) -> frozenset[str]:
    """Library modules that a file imports, anywhere in it (functions import lazily)."""
    names: set[str] = set()
    for node in _executed([ast.parse(path.read_text(encoding="utf-8"))]):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)  # `from package import module` names a module as an attribute
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    ours = (name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}."))
    return frozenset(name for name in ours if _counts(name))


def _executed(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes and all below, but for what only type checkers read."""
    for node in nodes:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from _executed(ast.iter_child_nodes(node))


def _counts(module: str) -> bool:
    """Whether the name is a module, and one that can change a result."""
    if any(module == neutral or module.startswith(f"{neutral}.") for neutral in NEUTRAL):
        return False
    try:
        _source(module)
    except ModuleNotFoundError:
        return False
    return True
