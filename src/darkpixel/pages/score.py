"""The page of `darkpixel evaluate`: one HTML file that needs nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from darkpixel.figures.score import score_histograms
from darkpixel.formats.files import whole_file
from darkpixel.pages.look import data_url, render
from darkpixel.tables.score import meanings, ranked, score_cells, score_note

_SHOWN = 6  # files in the histograms, which have as many colours for them


def write_score_page(
    rows: pd.DataFrame,
    observables: pd.DataFrame,
    about: Mapping[str, Any],
    warnings: Sequence[str],
    path: str | Path,
) -> None:
    """Write the page; the arguments are the fields of `darkpixel.studies.scoring.Score`.

    Raises:
        DarkpixelError: it cannot be written.
    """
    header, body = score_cells(rows, about["unit"])
    files = ranked(rows)
    names = [name for name in dict.fromkeys(rows.observable) if name in observables]
    image = score_histograms(observables, files[:_SHOWN], names, about["unit"])
    text = render(
        "score.html", title=about["reference"], styles=("report.css",), inline=True, about=about,
        warnings=warnings, header=header, body=body, files=len(files), note=score_note(rows, about),
        meanings=meanings(rows), image=data_url(image), shown=_SHOWN, more=len(files) > _SHOWN,
    )  # fmt: skip
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
