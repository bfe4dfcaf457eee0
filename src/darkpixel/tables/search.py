"""Every setting that the hyper-parameter search tried, as a table (SARM section 8.6)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from darkpixel.tables.layout import document, measured, millions, write_table
from darkpixel.tables.names import display_name

# SARM 8.5.2, 8.6.
PAPER = (
    "The paper's best, by its own search of unstated size: SARM on jets 5 hidden layers, centre 3, "
    "width 10, p = 1; on muons 3 hidden layers, centre 7, width 10, p = 1.2 (signal) and 1.3 "
    "(background); D+C 5 logistics; PixelCNN++ 20 filters and 3 blocks on jets, 10 and 5 on muons."
)


def search_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Every trial of every study, the best first; a note says what was tried and how small.

    Args:
        rows: `search_rows` of all studies, concatenated.
    """
    rows = rows.sort_values(["study", "value"], kind="stable", ignore_index=True)
    header = ["study", "trial", "settings", "bits/pixel", "to the best",
              "rounded to zero, %", "parameters", "best epoch", "training, s"]  # fmt: skip
    body = []
    for row in rows.to_dict("records"):
        difference = measured(row["difference"], row["difference_error"])
        body.append(
            [
                row["study"],
                str(row["trial"]),
                _listed(json.loads(row["settings"])),
                measured(row["value"], row["error"]),
                "**best**" if row["best"] else f"+{difference}",
                f"{100 * row['rounded_to_zero']:.2f}",
                millions(row["parameters"]),
                f"{row['best_epoch']} of {row['epochs']}",
                f"{row['seconds']:.0f}",
            ]
        )
    studies = " ".join(_account(trials) for _, trials in rows.groupby("study"))
    note = (
        f"{studies}\n\nBits per pixel: mean of −log2 of the density of validation images, point "
        "mass at zero and GeV⁻¹ elsewhere, so that grids of any power and continuous models share "
        "one measure; less is better, and it can be negative. Rounded to zero: share of the "
        "non-zero pixels that the grid takes to zero; they are scored as uniform below the end of "
        "the level, beside exact zeros, so that a coarse grid gains nothing by them. Errors are "
        "standard errors over images; the difference to the best is taken image by image. Every "
        "trial of a study has the same images and the same seed; how much another seed would "
        f"change it is not measured. Parameters: without masked ones. {PAPER} Training, s: on "
        f"{'; '.join(dict.fromkeys(rows['hardware']))}."
    )
    write_table(rows, stem, document("Hyper-parameter search", header, body, note))


def _account(rows: pd.DataFrame) -> str:
    """What a study tried and how small it was."""
    first = rows.iloc[0]
    space = _listed(json.loads(first["space"]), " of ")
    method = "the whole grid" if first["method"] == "grid" else "proposed by TPE, ten at random"
    if first["method"] != "grid" and len(rows) <= 10:
        method = "at random"
    return (
        f"{first['study']}: {display_name(first['model'], first['dataset'])} on "
        f"{first['dataset']}, {first['label']}; {len(rows)} of {first['choices']} settings, "
        f"{method} ({space}); {first['images']} training images, epochs at most "
        f"{rows['epochs'].max()} ({rows['steps'].max()} steps), {first['n']} validation images."
    )


def _listed(settings: Mapping[str, Any], between: str = " ") -> str:
    """Settings in a line: "centres [3], layers 5"."""
    return ", ".join(f"{key}{between}{json.dumps(value)}" for key, value in settings.items())
