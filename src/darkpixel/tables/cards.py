"""Cards: what a trained model or a data set is, in Markdown, for people who get its file alone."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from darkpixel.config.names import LICENCE
from darkpixel.tables.layout import markdown_table, measured
from darkpixel.tables.names import display_name

_NEEDED = {"model", "dataset", "label", "observable", "value", "error", "floor"}
_JOINT = "joint"
_WHICH = ("kind", "direction", "quantity", "epoch")
"""Columns that tell rows of one observable apart."""


def quality_rows(
    tables: Iterable[str | Path], dataset: str, label: str, model: str
) -> pd.DataFrame:
    """What a run's tables say of one model.

    Args:
        tables: .csv files; those without a value, an error and a floor by model are left out.
        label: that the model was trained on; `joint`: the rows of all labels.

    Returns:
        Rows with `table`, `label`, `observable`, `value`, `error`, `floor`, `verdict`, `converged`.
    """
    columns = ["table", "label", "observable", "value", "error", "floor", "verdict", "converged"]
    found = []
    for path in map(Path, tables):
        table = pd.read_csv(path)
        if not set(table.columns) >= _NEEDED:
            continue
        mine = (table["model"] == model) & (table["dataset"] == dataset)
        if label != _JOINT:
            mine &= table["label"] == label
        mine &= table["value"].notna() & (table["observable"] != "speed")
        if "species" in table:  # those of single species are in the run's tables
            mine &= table["species"].isin(["all"])
        rows = table[mine].copy()
        for name in _WHICH:
            if name in rows:
                known = rows[name].notna()
                rows.loc[known, "observable"] += " (" + rows[name][known].astype(str) + ")"
        if len(rows):
            found.append(rows.assign(table=path.stem).reindex(columns=columns))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def model_card(
    config: Mapping[str, Any],
    *,
    run: str,
    commits: Sequence[str],
    packed_at: str,
    images: int,
    source: str,
    quality: pd.DataFrame,
) -> str:
    """The card of a trained model.

    Args:
        config: content of its `config.yaml`.
        run: that it was trained in.
        commits: of darkpixel at which the jobs behind the model ran; none: not recorded.
        packed_at: commit at which the card was written.
        images: training images.
        source: where these come from.
        quality: of `quality_rows`; empty: the card says that nothing was measured.
    """
    about, settings = config.get("images", {}), config["model"]
    height, width = config["image_size"]
    name = display_name(settings["model"])
    counts = config.get("parameters", {})
    software = config.get("software", {})
    rows = [
        ["what", f"images of {height} × {width} pixels, pixel values in {about.get('unit', '?')}, "
                 f"pixels of {about.get('pixel_size', '?')}"],
        ["model", f"`darkpixel.models.{settings['model']}`, {counts.get('free', 0):,} parameters"],
        ["trained on", f"{images:,} images of {about.get('dataset')}, label "
                       f"{about.get('label')} ({source})"],
        ["training", f"{config.get('epochs', '?')} epochs, seed {config.get('seed', '?')}"],
        ["run", run],
        ["commit", f"{', '.join(commits) or 'not recorded'}; packed at {packed_at}"],
        ["software", ", ".join(f"{key} {value}" for key, value in software.items()) or "–"],
        ["licence", LICENCE],
    ]  # fmt: skip
    text = f"# {name} on {about.get('dataset')}, {about.get('label')}\n\n"
    text += markdown_table(["", ""], rows)
    text += "\n## Measured quality\n\n"
    if quality.empty:
        return f"{text}Nothing was measured of this model in its run.\n"
    text += "The floor is what a perfect generator scores with as many images.\n\n"
    body = [
        [
            str(row["table"]), str(row["label"]), str(row["observable"]),
            measured(row["value"], row["error"]), measured(row["floor"], float("nan")),
            _note(row),
        ]
        for row in quality.to_dict("records")
    ]  # fmt: skip
    return text + markdown_table(
        ["table", "label", "measure", "value ± error", "floor", "note"], body
    )


def _note(row: Mapping[str, Any]) -> str:
    notes = [str(row["verdict"])] if isinstance(row["verdict"], str) and row["verdict"] else []
    if str(row["converged"]) == "False":
        notes.append("training had not converged")
    return "; ".join(notes)


def data_card(
    name: str, data: Mapping[str, Any], labels: Iterable[str], *, run: str, packed_at: str
) -> str:
    """The card of a data set, from its part of a run's configuration.

    Args:
        data: keys of the data set, defaults filled in.
        labels: of its images.
    """
    images = data["images"]
    licence = "that of the files" if data["source"] != "simulate" else LICENCE
    origin = {
        "simulate": "simulated by darkpixel, with the settings below",
        "file": f"files: {', '.join(map(str, data.get('file', {}).values()))}",
        "download": f"public files: {data.get('download')}",
    }[data["source"]]
    rows = [
        ["labels", ", ".join(labels)],
        ["images of each label", f"train {images['train']:,}, validation {images['validation']:,}, "
                                 f"test {images['test']:,}"],
        ["from", origin],
        ["run", f"{run}, packed at commit {packed_at}"],
        ["licence", licence],
    ]  # fmt: skip
    text = f"# Data set {name}\n\n{markdown_table(['', ''], rows)}\n"
    for part in ("simulation", "imaging"):
        if isinstance(data.get(part), Mapping) and data["source"] == "simulate":
            keys = [[key, str(value)] for key, value in data[part].items()]
            text += f"## {part.capitalize()}\n\n{markdown_table(['key', 'value'], keys)}\n"
    return text
