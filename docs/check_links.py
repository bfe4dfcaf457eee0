"""Follows every link of a site without a network: `python docs/check_links.py results/site`.

A link within the site has to lead to a file, and to an anchor in it; one that leads elsewhere has
to be a whole address. Nothing may be loaded from a network to show a page.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LINKS = {"a": "href", "img": "src", "script": "src", "link": "href", "source": "src"}
_SCHEMES = ("http", "https", "mailto")


class Page(HTMLParser):
    """The anchors and links of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.update(filter(None, (given.get("id"), given.get("name"))))
        target = given.get(_LINKS.get(tag, ""))
        if target and given.get("rel") not in ("search", "canonical"):
            self.links.append((tag, target))


def problems(site: Path) -> list[str]:
    """A line for each link that leads nowhere."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for tag, target in page.links:
            reason = _wrong(path, tag, target, pages)
            if reason:
                found.append(f"{path.relative_to(site)}: {target}: {reason}")
    return found


def _wrong(path: Path, tag: str, target: str, pages: dict[Path, Page]) -> str:
    parts = urlsplit(target)
    if parts.scheme == "data":
        return ""
    if parts.scheme or parts.netloc:
        if tag != "a":
            return "is loaded from a network"
        whole = parts.scheme in _SCHEMES and (parts.scheme == "mailto" or "." in parts.netloc)
        return "" if whole and " " not in target else "no whole address"
    file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not file.is_file():
        return "no such file"
    anchor = unquote(parts.fragment)
    if anchor and file in pages and anchor not in pages[file].anchors:
        return "no such anchor"
    return ""


def main(site: Path) -> int:
    """Print what is wrong; returns the exit status."""
    site = site.resolve()
    found = problems(site)
    print("\n".join(found), end="\n" if found else "")
    pages = len(list(site.rglob("*.html")))
    print(f"{site}: {pages} pages, {len(found)} links that lead nowhere")
    return 1 if found or not pages else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
