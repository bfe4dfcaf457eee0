"""Images per second of every model and of the simulation (SARM tables 2 and 4; liquid argon)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.config.names import JETS, LARTPC, MONTE_CARLO, MUONS
from darkpixel.tables.layout import document, late_note, measured, row_name, write_table
from darkpixel.tables.names import DATASETS, display_name, is_own

TITLES = {
    JETS: "Table 2: speed of jet image generation",
    MUONS: "Table 4: speed of muon image generation",
    LARTPC: "Speed of liquid-argon image generation",
}
PUBLISHED_HARDWARE = {
    JETS: "4 NVIDIA TITAN X (12 GB each); Pythia: one Intel Xeon E5-2686 v4, 2.30 GHz (SARM 6.1.5)",
    MUONS: "4 NVIDIA TITAN X (12 GB each); Monte Carlo: one Intel Xeon E5-2680, 2.70 GHz "
    "(SARM 6.2.4)",
}


def speed_table(rows: pd.DataFrame, stem: str | Path, title: str | None = None) -> None:
    """SARM tables 2 and 4: images per second of the simulation and of every model.

    Args:
        rows: `speed_rows` of one data set, with the column `published`
            (`darkpixel.metrics.published.with_published_speed`); marked, or not, as for
            `wasserstein_table`.
        title: of the table; None: the paper's, but for a user's own files.
    """
    dataset = str(rows["dataset"].iloc[0])
    own = is_own(dataset)
    if title is None:
        title = TITLES[dataset] if dataset in TITLES and not own else "Speed of image generation"
    has_published = bool(np.isfinite(rows["published"]).any())
    header = ["model", "label", "images/s", *(["published"] if has_published else []),
              *([] if own else ["ratio to Monte Carlo"]),
              "batch", "cores", "device", "load", "conditions"]  # fmt: skip
    body = []
    for place, row in enumerate(rows.to_dict("records")):
        name = row_name(rows.iloc[[place]])
        cells = [
            display_name(MONTE_CARLO) if row["model"] == MONTE_CARLO else name,
            row["label"],
            measured(row["value"], row["error"]),
        ]
        if has_published:
            cells.append(f"{row['published']:.0f}" if np.isfinite(row["published"]) else "–")
        if not own:  # of which no simulation is known
            cells.append(measured(row["ratio_to_monte_carlo"], row["ratio_error"]))
        cells += [
            str(row["n"]),
            str(row["threads"]),
            row["device"],
            f"{row['load']:.1f}",
            _conditions(row),
        ]
        body.append(cells)
    published, name = "", DATASETS.get(dataset, dataset)
    simulation = (
        "Monte Carlo: the simulation with the run's own settings, files and imaging included, its "
        "start left out. "
    )
    if has_published:
        published = (
            f"Published: {PUBLISHED_HARDWARE[dataset]}, another machine and networks of other "
            "sizes. "
        )
    note = (
        "Images per second: median ± standard deviation over repetitions, all measured one after "
        f"the other in one job on one machine: {'; '.join(dict.fromkeys(rows['hardware']))}. "
        "Generated images are counted when they are in the computer's memory. "
        f"{'' if own else simulation}{_cores_note(rows)}"
        "Load: processes that wanted a core in the minute before the end of the measurement, "
        "itself included; more than the cores means that other work slowed it down. "
        f"{published}{f'Data set: {dataset}' if own else f'{name[0].upper()}{name[1:]} images'}."
    )
    note += late_note(rows)
    write_table(rows, stem, document(title, header, body, note))


def _conditions(row: Mapping[str, Any]) -> str:
    """What else a reader must know, above all that a model is slower than what it stands for."""
    ratio, error = row["ratio_to_monte_carlo"], row["ratio_error"]
    slower = ""
    if ratio < 1:
        slower = "slower than the simulation" + (", within the error" if ratio + error >= 1 else "")
    return "; ".join(filter(None, [slower, row["condition"]]))


def _cores_note(rows: pd.DataFrame) -> str:
    """On how many cores models and simulation were measured."""
    simulated, on_cpu = rows["model"] == MONTE_CARLO, rows["device"] == "cpu"
    simulation, models = _cores(rows[simulated]), _cores(rows[~simulated & on_cpu])
    sentences = []
    if simulation and simulation == models:
        sentences.append(f"Every model and the simulation had {models}, with one process on each.")
    elif models:
        sentences.append(f"The models had {models}.")
        sentences.extend([f"The simulation had {simulation}."] if simulation else [])
    if simulation and not on_cpu.all():
        sentences.append(f"Models on a GPU are compared with the simulation on {simulation}.")
    return "".join(f"{sentence} " for sentence in sentences)


def _cores(rows: pd.DataFrame) -> str:
    counts = sorted({int(count) for count in rows["threads"]})
    if not counts:
        return ""
    return " or ".join(map(str, counts)) + f" core{'' if counts == [1] else 's'} of the CPU"
