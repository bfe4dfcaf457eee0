"""A table as two files: tidy .csv for programs, Markdown in the papers' layout for people."""

from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.formats.files import whole_file
from darkpixel.tables.names import display_name

LABELS = ("signal", "background")
"""In the order of the papers' tables."""


def write_table(frame: pd.DataFrame, stem: str | Path, markdown: str) -> None:
    """Write `stem`.csv (all columns, all digits) and `stem`.md, each whole or not at all.

    Raises:
        DarkpixelError: the disk is full or the folder cannot be written.
    """
    stem = Path(stem)
    with whole_file(stem.with_name(stem.name + ".csv")) as path:
        frame.to_csv(path, index=False, lineterminator="\n")
    with whole_file(stem.with_name(stem.name + ".md")) as path:
        path.write_text(markdown, encoding="utf-8")


def row_name(rows: pd.DataFrame) -> str:
    """The name of a table's row: the model's, marked where a training run had not converged.

    Args:
        rows: of one model and data set; with a column `converged`
            (`darkpixel.metrics.convergence.mark`) or without.
    """
    first = rows.iloc[0]
    name = display_name(str(first["model"]), str(first["dataset"]))
    return f"{name} (not converged)" if _late(rows) else name


def late_note(rows: pd.DataFrame) -> str:
    """What to add below a table of `row_name`s; empty where all have converged."""
    if not _late(rows):
        return ""
    return (
        " Not converged: at least one training run of the model had not, see the table "
        "`convergence`; its score says little about the model."
    )


def markdown_table(header: list[str], body: list[list[str]]) -> str:
    """A Markdown table, first column left, the others right, padded to read well as text."""
    table: str = pd.DataFrame(body, columns=header).to_markdown(
        index=False,
        disable_numparse=True,  # the cells are texts already: 10.0 must not become 10
        colalign=["left"] + ["right"] * (len(header) - 1),
    )
    return table + "\n"


def document(title: str, header: list[str], body: list[list[str]], note: str) -> str:
    """A Markdown file of one table: title, table, note."""
    return f"# {title}\n\n{markdown_table(header, body)}\n{note}\n"


def _late(rows: pd.DataFrame) -> bool:
    return "converged" in rows and bool(rows["converged"].eq(False).fillna(False).any())


def measured(value: float, error: float) -> str:
    """Value and error with as many decimals as give the error two significant digits (0 to 4).

    A dash where there is no value.

    Example:
        >>> measured(91.2345, 0.0123), measured(0.5, 0.3), measured(float("nan"), 1.0)
        ('91.234 ± 0.012', '0.50 ± 0.30', '–')
    """
    if not np.isfinite(value):
        return "–"
    if not np.isfinite(error):
        return f"{value:.3g}"
    if error <= 0:
        return f"{value:.2f}"  # the same in all images, such as no blank image at all
    decimals = int(np.clip(1 - np.floor(np.log10(error)), 0, 4))
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def millions(count: float) -> str:
    """A number of parameters, 1.94M; a dash where there is none."""
    return f"{count / 1e6:.2f}M" if np.isfinite(count) else "–"


def ordered_labels(rows: pd.DataFrame) -> list[str]:
    """Signal, background, then what other labels a user's files have."""
    labels = list(dict.fromkeys(rows["label"]))
    return sorted(labels, key=lambda label: LABELS.index(label) if label in LABELS else len(LABELS))


def one_or_range(values: "pd.Series[int]") -> str:
    """`5` where all are equal, `5–9` where they are not."""
    low, high = values.min(), values.max()
    return str(low) if low == high else f"{low}–{high}"
