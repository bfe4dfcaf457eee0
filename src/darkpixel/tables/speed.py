"""Images per second of every model and of the simulation, as a table (SARM tables 2 and 4)."""

from pathlib import Path

import numpy as np
import pandas as pd

from darkpixel.config.names import JETS, MUONS
from darkpixel.metrics.published import Table, published_value
from darkpixel.tables.layout import document, late_note, measured, row_name, write_table
from darkpixel.tables.names import DATASETS

PUBLISHED_TABLES = {JETS: "table2_jet_speed", MUONS: "table4_muon_speed"}
"""Data set -> the paper's table."""
PUBLISHED_HARDWARE = {
    JETS: "4 NVIDIA TITAN X (12 GB each); Pythia: one Intel Xeon E5-2686 v4, 2.30 GHz (SARM 6.1.5)",
    MUONS: "4 NVIDIA TITAN X (12 GB each); Monte Carlo: one Intel Xeon E5-2680, 2.70 GHz "
    "(SARM 6.2.4)",
}


def speed_table(
    rows: pd.DataFrame, stem: str | Path, title: str, published: Table | None = None
) -> None:
    """SARM tables 2 and 4: images per second of the simulation and of every model.

    Args:
        rows: `speed_rows` of one data set; marked, or not, as for `wasserstein_table`. Rows that
            this function wrote keep their published numbers.
        published: images per second by the paper, a table of `PUBLISHED_TABLES`; None: none.
    """
    rows = rows.copy()
    if "published" not in rows:
        numbers = [published_value(published or {}, model, "speed") for model in rows["model"]]
        rows.insert(rows.columns.get_loc("ratio_to_monte_carlo"), "published", numbers)
    dataset = str(rows["dataset"].iloc[0])
    header = ["model", "label", "images/s", "published", "ratio to Monte Carlo", "batch",
              "threads", "device", "load", "conditions"]  # fmt: skip
    body = []
    for place, row in enumerate(rows.to_dict("records")):
        paper = f"{row['published']:.0f}" if np.isfinite(row["published"]) else "–"
        body.append(
            [
                row_name(rows.iloc[[place]]),
                row["label"],
                measured(row["value"], row["error"]),
                paper,
                measured(row["ratio_to_monte_carlo"], row["ratio_error"]),
                str(row["n"]),
                str(row["threads"]),
                row["device"],
                f"{row['load']:.1f}",
                row["condition"],
            ]
        )
    note = (
        "Images per second: median ± standard deviation over repetitions, all measured one after "
        f"the other in one job on one machine: {'; '.join(dict.fromkeys(rows['hardware']))}. "
        "Generated images are counted when they are in the computer's memory. Monte Carlo: the "
        "simulation with the run's own settings on one CPU core, files and imaging included, its "
        "start left out. Load: processes that wanted a core in the minute before the end of the "
        "measurement, itself included; more than the threads means that other work slowed it down. "
        f"Published: {PUBLISHED_HARDWARE.get(dataset, 'none')}, another machine and networks of "
        f"other sizes. {DATASETS.get(dataset, dataset).capitalize()} images."
    )
    note += late_note(rows)
    write_table(rows, stem, document(title, header, body, note))
