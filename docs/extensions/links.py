"""Links of pages that lead to source files, as references to what the site has of them.

On the page of a repository a link may lead to any file. Here `src/darkpixel/a/b.py`, or a folder
with an `__init__.py`, becomes a reference to that module; other files are copied into the site; of
other folders the name stays.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

_LINK = re.compile(r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s#:]+)\)")


def mended(text: str, page: Path, root: Path) -> str:
    """The text of a page, whose links are relative to its folder."""

    def link(match: re.Match[str]) -> str:
        target = (page.parent / match["target"]).resolve()
        if not target.is_relative_to(root) or not target.exists():
            return match[0]  # which MyST then finds, and refuses
        place = target.relative_to(root)
        if target.is_dir() and not (target / "__init__.py").is_file():
            return match["text"] if match["text"].startswith("`") else f"`{place}`"
        if place.parts[:2] != ("src", "darkpixel"):
            return match[0]
        module = ".".join(place.with_suffix("").parts[1:]).removesuffix(".__init__")
        return f"{{py:mod}}`{match['text'].strip('`')} <{module}>`"

    return _LINK.sub(link, text)


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls."""
    root = Path(app.srcdir)

    def read(app: Sphinx, page: str, content: list[str]) -> None:
        path = Path(app.env.doc2path(page))
        if path.suffix == ".md":
            content[0] = mended(content[0], path, root)

    app.connect("source-read", read)
    return {"parallel_read_safe": True}
