"""What a run is to make."""

from collections.abc import Iterable

from darkpixel.pipeline.outputs import Kind, Page, Paper
from darkpixel.pipeline.paths import Paths


def targets(
    pages: Iterable[Page], paths: Paths, *, paper: Paper | None = None, kind: Kind | None = None
) -> list[str]:
    """The files of all figures and tables, or of one paper's, or of one kind.

    Args:
        pages: of the run, from `darkpixel.pipeline.outputs`.
        paths: of the run.
        paper: leave out what is not made for it.
        kind: leave out the tables, or the figures.
    """
    files: list[str] = []
    for page in pages:
        if paper in (None, page.paper) and kind in (None, page.kind):
            make = paths.figure if page.kind == "figures" else paths.table
            files += make(page.stem).values()
    return files
