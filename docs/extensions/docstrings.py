"""The project's docstrings, which are plain text, as reStructuredText for Sphinx.

In them a single backtick means code and an indented block stands as it is; stars, bars and
underscores are what they are. Sections as `Args:` are left to `sphinx.ext.napoleon`.
"""

import re
from typing import Any

from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.util.typing import stringify_annotation

_SECTION = re.compile(r"(Args|Attributes|Returns|Yields|Raises|Examples?):$")
_BEFORE_NAPOLEON = 100  # which has Sphinx's own priority, 500
_ARRAY_LIKE = re.compile(
    "|".join(re.escape(stringify_annotation(ArrayLike, mode)) for mode in (
        "smart", "fully-qualified", "fully-qualified-except-typing",
    ))
)  # fmt: skip
_ARRAY = re.compile(r"~?(?:numpy\.)?ndarray\[.*?, ~?(?:numpy\.)?dtype\[([^\[\]]*)\]\]")


def as_rst(lines: list[str]) -> list[str]:
    """A docstring's lines without their common indentation."""
    found: list[str] = []
    text: list[str] = []  # that awaits its marks
    section = literal = False
    for line in lines:
        indented = line.startswith("  ")
        if line and not indented:
            section, literal = bool(_SECTION.match(line)), False
        elif line and not section and not literal and not _goes_on(text):
            found += [*_marked(text), "", *([] if _is_doctest(line) else ["::", ""])]
            text, literal = [], True
        if literal:
            found.append(line)
        else:
            text.append(line)
    return [*found, *_marked(text)]


def _is_doctest(line: str) -> bool:
    return line.lstrip().startswith(">>>")


def _goes_on(text: list[str]) -> bool:
    """Whether the lines end within an item of a list, or within an indented part of one."""
    for line in reversed(text):
        if re.match(r"\s*([-*]|\d+\.) ", line):
            return True
        if not line.startswith("  "):
            return False
    return False


def _marked(lines: list[str]) -> list[str]:
    """Inline code between two backticks; everything else loses its meaning for Sphinx."""
    parts = re.split(r"`([^`]+)`", "\n".join(lines))
    parts[0::2] = [_plain(part) for part in parts[0::2]]
    parts[1::2] = [f"``{part.strip()}``" for part in parts[1::2]]
    joined = ""
    for place, part in enumerate(parts):
        # Marks are marks only beside a space or punctuation.
        glued = place % 2 and place + 1 < len(parts) and re.match(r"\w", parts[place + 1])
        joined += part + ("\\ " if glued else "")
    return joined.split("\n") if lines else []


def _plain(text: str) -> str:
    lines = [
        line if _is_doctest(line) else re.sub(r"([*|])|(?<=\w)(_)(?!\w)", r"\\\1\2", line)
        for line in text.split("\n")
    ]
    return "\n".join(lines)


def _named(annotations: str | None) -> str | None:
    """A signature, with NumPy's types by the names under which they are imported."""
    if annotations is None:
        return None
    return _ARRAY.sub(r"NDArray[\1]", _ARRAY_LIKE.sub("ArrayLike", annotations))


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""

    def process(
        _app: Sphinx, what: str, _name: str, _object: Any, _options: Any, lines: list[str]
    ) -> None:
        # Napoleon takes what stands before a colon in the first line for the type of an attribute,
        # so an empty comment is put before it.
        before = ["..", ""] if what in ("attribute", "data", "property") else []
        lines[:] = before + as_rst(lines)

    def process_signature(*given: Any) -> tuple[str | None, str | None]:
        signature, returned = given[-2:]
        return _named(signature), _named(returned)

    app.connect("autodoc-process-signature", process_signature)
    app.connect("autodoc-process-docstring", process, priority=_BEFORE_NAPOLEON)
    return {"parallel_read_safe": True}
