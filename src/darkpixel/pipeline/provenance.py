"""Digests that tell what a result depends on: the code of its script and all that it imports.

Snakemake reruns a job when its params change, but not when an imported library module does.
Every rule therefore carries the digest of its own script's import closure
(`darkpixel.pipeline.code`).
"""

import hashlib
from functools import cache
from pathlib import Path

from darkpixel.pipeline.source_files import SourceFiles

PACKAGE = "darkpixel"
SOURCE = Path(__file__).resolve().parents[1]

# Modules that cannot change a result: how files are written whole, who holds a folder, how errors
# read; and the declarations of the settings, whose values reach a job as params of their own.
NEUTRAL = (
    "config", "errors", "formats.files", "formats.hdf5", "formats.hdf5_limits",
    "formats.hdf5_probe", "formats.writers", "pipeline.job", "progress", "training.explosion",
    "training.holder",
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
    _files.cache_clear()
    _counts.cache_clear()
    _closure.cache_clear()


def _source(module: str) -> Path:
    path = SOURCE.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    raise ModuleNotFoundError(f"no module {PACKAGE}.{module} in {SOURCE}")


def _file_digest(path: Path) -> str:
    return _files().read(path).digest


def _imports(path: Path) -> frozenset[str]:
    """Library modules that a file imports."""
    names = _files().read(path).imports
    ours = (name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}."))
    return frozenset(name for name in ours if _counts(name))


@cache
def _files() -> SourceFiles:
    return SourceFiles(SOURCE)


@cache
def _counts(module: str) -> bool:
    """Whether the name is a module, and one that can change a result."""
    if any(module == neutral or module.startswith(f"{neutral}.") for neutral in NEUTRAL):
        return False
    try:
        _source(module)
    except ModuleNotFoundError:
        return False
    return True
