"""The tables of docs/formats.md, a line for each case that a test holds.

`python tests/builders/format_tables.py` writes them anew.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

WORKS = "works"
PAGE = Path(__file__).parents[2] / "docs" / "formats.md"


class Row(Protocol):
    """What every case has."""

    @property
    def part(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def outcome(self) -> str: ...


def table(cases: Iterable[Row]) -> str:
    """The lines of one table."""
    rows = ["| part | what is there | what comes of it |", "| --- | --- | --- |"]
    for case in cases:
        works = case.outcome.startswith(WORKS)
        outcome = case.outcome if works else f"refused: “{case.outcome}”"
        cells = (cell.replace("|", r"\|") for cell in (case.part, case.what, outcome))
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def page() -> str:
    """The page with the tables as they are now."""
    # Only here, since these modules take WORKS from this one.
    from hdf5_cases import CASES as HDF5
    from larcv_cases import CASES as ROOT
    from odd_names import CASES as PATHS
    from yaml_cases import CASES as YAML

    text = PAGE.read_text(encoding="utf-8")
    tables: dict[str, Iterable[Row]] = {"hdf5": HDF5, "yaml": YAML, "root": ROOT, "path": PATHS}
    for name, cases in tables.items():
        start, end = f"<!-- {name} cases -->\n", f"<!-- end of {name} cases -->\n"
        before, rest = text.split(start)
        text = before + start + table(cases) + end + rest.split(end)[1]
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
