"""What a source file says to Python, as a digest, and what it imports.

Parsing all of the library takes seconds, and every call of Snakemake needs it, one in each job of
a cluster too. So what was found is kept in the user's cache folder, by the digest of the file's
bytes: a file that has changed is another one.
"""

import ast
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import user_cache, whole_file

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_MOST = 4000  # files remembered, the latest ones; the library has a tenth of it


class SourceFile(NamedTuple):
    """What counts of a Python file.

    Attributes:
        digest: of its syntax tree, without docstrings and descriptions of settings.
        imports: dotted names that it imports, anywhere in it (functions import lazily), but for
            what only type checkers read; attributes of modules among them.
    """

    digest: str
    imports: tuple[str, ...]


class SourceFiles:
    """Files read in this process, and what earlier ones remembered of files with these bytes.

    Args:
        folder: whose files are all read as soon as one is not known, and kept together.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._of_path: dict[Path, SourceFile] = {}

    def read(self, path: Path) -> SourceFile:
        """Of one file, which must not change from now on.

        Raises:
            OSError: it cannot be read.
            SyntaxError: it is no Python.
        """
        if path not in self._of_path:
            content = path.read_bytes()
            known = _remembered()
            if _key(content) not in known:
                beside = {*path.parent.glob("*.py"), *self.folder.rglob("*.py")}
                for other in (path, *sorted(beside - {path})):
                    with suppress(OSError, *(() if other == path else (SyntaxError, ValueError))):
                        _take(other.read_bytes(), known)
                _keep(known)
            self._of_path[path] = known[_key(content)]
        return self._of_path[path]


def _key(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _take(content: bytes, known: dict[str, SourceFile]) -> None:
    if _key(content) not in known:
        known[_key(content)] = SourceFile(_digest(content), _imports(content))


def _digest(content: bytes) -> str:
    tree = ast.parse(content)
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.Call):  # what a key of the settings means to people
            node.keywords = [word for word in node.keywords if word.arg != "description"]
    return hashlib.sha256("".join(_written(tree)).encode()).hexdigest()


def _written(node: object) -> Iterator[str]:
    """A syntax tree as text, the same in every Python: what is empty is left out.

    Later versions have more fields (`type_params`), empty in all that the earlier ones can read.
    """
    if isinstance(node, ast.AST):
        yield f"{type(node).__name__}("
        for name, value in ast.iter_fields(node):
            if value is not None and value != []:
                yield f"{name}="
                yield from _written(value)
        yield ")"
    elif isinstance(node, list):
        yield "["
        for part in node:
            yield from _written(part)
            yield ","
        yield "]"
    else:
        yield repr(node)


def _imports(content: bytes) -> tuple[str, ...]:
    names: set[str] = set()
    for node in _executed([ast.parse(content)]):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)  # `from package import module` names a module as an attribute
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(sorted(names))


def _executed(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes and all below, but for what only type checkers read."""
    for node in nodes:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from _executed(ast.iter_child_nodes(node))


def _cache_file() -> Path | None:
    """Where found things are kept: other Pythons write other trees, and so may this module."""
    home = user_cache()
    if home is None:
        return None
    this = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    return home / "darkpixel" / f"sources-{sys.implementation.cache_tag}-{this}.json"


@cache
def _remembered() -> dict[str, SourceFile]:
    """By the digest of a file's bytes; empty where nothing, or nothing sound, was kept."""
    file = _cache_file()
    try:
        kept = json.loads(file.read_text(encoding="utf-8")) if file else {}
        return {
            str(key): SourceFile(str(digest), tuple(map(str, imports)))
            for key, (digest, imports) in kept.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _keep(known: dict[str, SourceFile]) -> None:
    """For the next process; where that cannot be, it reads the files itself."""
    file = _cache_file()
    if file is not None:
        latest = dict(list(known.items())[-_MOST:])
        with suppress(DarkpixelError, OSError), whole_file(file) as temporary:
            temporary.write_text(json.dumps(latest), encoding="utf-8")
