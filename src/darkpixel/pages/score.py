"""The page of `darkpixel evaluate`: one HTML file that needs nothing else."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment

from darkpixel.figures.score import score_histograms
from darkpixel.formats.files import whole_file
from darkpixel.tables.score import ranked, score_cells, score_note

_SHOWN = 6  # files in the histograms, which have as many colours for them
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{ about.reference }}</title>
<style>
body { font: 15px/1.5 sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .25rem .8rem; text-align: right; }
td:first-child, th:first-child { text-align: left; } tr:nth-child(even) { background: #f4f4f4; }
td.perfect { color: #666; } .warning { color: #a00; } img { max-width: 100%; }
</style>
<h1>Generated images against {{ about.reference }}</h1>
{% for warning in warnings %}<p class="warning">{{ warning }}</p>{% endfor %}
<table><thead><tr>{% for cell in header %}<th>{{ cell }}</th>{% endfor %}</tr></thead><tbody>
{% for line in body %}<tr>{% for cell in line %}<td{% if loop.index > files + 1 %} class="perfect"\
{% endif %}>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table>
<p>{{ note }}</p>
<img alt="histograms of the observables" src="data:image/png;base64,{{ image }}">
{% if more %}<p>Histograms show the first {{ shown }} files.</p>{% endif %}
</html>
"""


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
    text = (
        Environment(autoescape=True)
        .from_string(_PAGE)
        .render(
            about=about, warnings=warnings, header=header, body=body, files=len(files),
            note=score_note(about), image=b64encode(image).decode(), shown=_SHOWN,
            more=len(files) > _SHOWN,
        )
    )  # fmt: skip
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
