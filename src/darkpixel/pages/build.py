"""The result pages: templates with the prose, filled with recorded tables and numbers."""

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined, TemplateError

from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.pages.numbers import FILTERS, Numbers
from darkpixel.pages.record import FileRecord, Record, read_record
from darkpixel.pages.tables import compact, measured_table, table_by_hand
from darkpixel.tables.layout import markdown_table

# Pages in docs/ rather than in docs/results/.
ABOVE = ("results",)
SPLITS = ("train", "validation", "test")


def build_pages(docs: Path) -> dict[Path, str]:
    """The text of every page, by the path that it has below `docs`.

    Args:
        docs: the folder `docs`, with `results/templates/*.md`, `results/csv/*.csv`,
            `results/csv/by_hand/*.csv` and `results/record.yaml`.

    Raises:
        DarkpixelError: a template asks for a table or a number that is not there.
    """
    results = docs / "results"
    pages = {}
    for template in sorted((results / "templates").glob("*.md")):
        path = Path(template.name) if template.stem in ABOVE else Path("results", template.name)
        pages[path] = page(template, results)
    return pages


def write_pages(docs: Path) -> list[Path]:
    """Write the pages that changed; returns them."""
    changed = []
    for relative, text in build_pages(docs).items():
        path = docs / relative
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            with whole_file(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def page(template: Path, results: Path) -> str:
    """One page.

    Args:
        template: Markdown with Jinja's placeholders. They may call `table` (a run's .csv and its
            note), `by_hand` (a .csv of `by_hand/`), `facts` (how runs were made), `provenance`,
            the look-ups of `darkpixel.pages.numbers`, and read `runs`, the record of each run.
        results: the folder with `csv/` and `record.yaml`.

    Raises:
        DarkpixelError: the template cannot be filled.
    """
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, from our own files
    )
    environment.filters.update(FILTERS)
    record = read_record(results / "record.yaml")
    tables = results / "csv"
    environment.globals.update(
        Numbers(tables).functions(),
        table=lambda name: measured_table(tables / f"{name}.csv"),
        by_hand=lambda name, align="right": table_by_hand(
            tables / "by_hand" / f"{name}.csv", align
        ),
        runs=record.runs,
        facts=lambda *names: facts(record, names),
        provenance=lambda: provenance(record),
    )
    try:
        body = environment.from_string(template.read_text(encoding="utf-8")).render()
    except TemplateError as error:
        raise DarkpixelError(f"{template}: {error}") from error
    head = f"<!-- Made by `make pages` from {template.name} in results/templates; change that. -->"
    return re.sub(r"\n{3,}", "\n\n", f"{head}\n\n{body.strip()}\n")


def facts(record: Record, names: Sequence[str]) -> str:
    """How each of the named runs was made, a column a run."""
    runs = [record.runs[name] for name in names]
    rows = {
        "command": [f"`{run.command}`" for run in runs],
        "commits of the code": [_commits(run.commits, run.uncommitted) for run in runs],
        "recorded": [run.recorded for run in runs],
        "hardware": [run.hardware for run in runs],
        "software": [run.software for run in runs],
        "CPU time, core-minutes": [str(run.core_minutes) for run in runs],
        "seeds of the training runs": [", ".join(map(str, run.seeds)) for run in runs],
        "images a label": [
            ", ".join(f"{run.images[split]:,} {split}" for split in SPLITS if split in run.images)
            for run in runs
        ],
    }
    body = [[name, *cells] for name, cells in rows.items()]
    return _left(["", *names], body)


def provenance(record: Record) -> str:
    """Which table and figure came from which commit, as a table."""
    body = []
    for kind, entries in (("tables", record.tables), ("figures", record.figures)):
        for name, entry in entries.items():
            body.append([_link(kind, name), ", ".join(entry.runs), _commits(entry.commits),
                         entry.recorded, _source(entry), entry.digest])  # fmt: skip
    return _left(["file", "runs", "commits", "recorded", "how", "SHA-256"], body)


def _left(header: list[str], body: list[list[str]]) -> str:
    """A table whose columns are all text."""
    return compact(re.sub(r"-+:", "---", markdown_table(header, body)))


def _link(kind: str, name: str) -> str:
    if kind == "figures":
        return f"[{name}.png](../figures/{name}.png)"
    return f"[{name}.csv](csv/{name}.csv)"


def _commits(commits: Sequence[str], uncommitted: bool = False) -> str:
    text = ", ".join(f"`{commit[:7]}`" for commit in commits) or "not known"
    return f"{text}, with changes that had no commit" if uncommitted else text


def _source(entry: FileRecord) -> str:
    known = "commit by hand" if entry.commits else ""
    return "; ".join(filter(None, [known if entry.by_hand else "from the run", entry.remarks]))
