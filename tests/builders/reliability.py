"""What `make torture` found, for the table of docs/reliability.md.

Each test of tests/torture records how many faults it tried and how many were survived. Run as a
program, this file writes the page: `python tests/builders/reliability.py FOLDER COMMIT`.
"""

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from repository import DOCS

FOLDER = "DARKPIXEL_TORTURE"
"""Environment variable: where to record; set, the tests try as much as `make torture` promises."""

PAGE = DOCS / "reliability.md"
_MARK = "<!-- made by make torture -->"
_HEAD = """\
| fault or bad input | tried | survived | what the user sees |
| --- | ---: | ---: | --- |
"""


class Row(NamedTuple):
    """One line of the table."""

    part: str
    what: str
    tried: int
    survived: int
    seen: str


def is_whole() -> bool:
    """Whether this is `make torture`, not the core of it in `make test`."""
    return FOLDER in os.environ


torture = pytest.mark.skipif(not is_whole(), reason="part of make torture")
"""Of a test that `make test` leaves out."""


def record(row: Row) -> None:
    """Keep a row for the page, under `make torture`."""
    if is_whole():
        folder = Path(os.environ[FOLDER])
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{row.part} {row.what}".replace("/", "_")
        (folder / f"{name}.json").write_text(json.dumps(row._asdict()))


def table(folder: Path, commit: str) -> str:
    """The rows of a folder as Markdown."""
    rows = [Row(**json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]
    tried, survived = sum(row.tried for row in rows), sum(row.survived for row in rows)
    lines = [
        f"| {row.part}: {row.what} | {row.tried:,} | {row.survived:,} | {row.seen} |\n"
        for row in rows
    ]
    total = f"| **together** | **{tried:,}** | **{survived:,}** | |\n"
    return f"Commit `{commit}`.\n\n{_HEAD}{''.join(lines)}{total}"


def main() -> None:
    """Put the table into the page, below its mark."""
    folder, commit = Path(sys.argv[1]), sys.argv[2]
    before, mark, _ = PAGE.read_text().partition(_MARK)
    PAGE.write_text(f"{before}{mark}\n\n{table(folder, commit)}")


if __name__ == "__main__":
    main()
