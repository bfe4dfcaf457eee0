"""KL divergence of SSNet's output by checkpoint, as a table (LArTPC table 4)."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.metrics.divergence import DIRECTIONS, QUANTITIES
from darkpixel.tables.layout import document, measured, one_or_range, write_table
from darkpixel.tables.names import OBSERVABLES, display_name

DATASET = "lartpc"
DIRECTION_NAMES = {
    "test_generated": "KL(test ‖ generated)",
    "generated_test": "KL(generated ‖ test)",
}


def divergence_table(rows: pd.DataFrame, stem: str | Path, *, direction: str) -> None:
    """LArTPC table 4: KL divergence of SSNet's output by checkpoint, in both directions.

    Args:
        rows: `darkpixel.metrics.divergence.divergence_rows`.
        direction: the one that stands first, with the paper's numbers.
    """
    header = ["checkpoint", *(OBSERVABLES[name] for name in QUANTITIES), "n", "seeds"]
    body = []
    for chosen in sorted(DIRECTIONS, key=lambda name: name != direction):
        directed = rows[rows["direction"] == chosen]
        body.append([f"**{DIRECTION_NAMES[chosen]}**", *[""] * (len(header) - 1)])
        for model in dict.fromkeys(directed["model"]):
            by_name = directed[directed["model"] == model].set_index("observable")
            cells = [_with_published(by_name.loc[name]) for name in QUANTITIES]
            body.append([display_name(model, DATASET), *cells, one_or_range(by_name["n"]),
                         one_or_range(by_name["seeds"])])  # fmt: skip
        for n in sorted(set(directed["n"]), reverse=True):
            same = (
                directed[directed["n"] == n].drop_duplicates("observable").set_index("observable")
            )
            cells = [measured(*same.loc[name, ["floor", "floor_error"]]) for name in QUANTITIES]
            body.append(["*noise floor*", *cells, str(n), ""])
    note = (
        "Nats. Value ± bootstrap standard deviation over images (published value). The paper does "
        "not define direction, bins or smoothing; its numbers stand beside "
        f"{DIRECTION_NAMES[direction]}, its checkpoints #1 to #4 in order beside ours. Pixel "
        "counts: labelled pixels per image. Scores: SSNet's score of each pixel above threshold; "
        "its background score is next to nothing there, so the two columns are nearly one. "
        "Noise floor: the same between disjoint halves of the test images, mean ± standard "
        "deviation over random splits. Reconstructed: other test images through encoder and "
        "decoder: what a perfect PixelCNN would score. n: images a side."
    )
    write_table(
        rows, stem, document("KL divergence of SSNet's output by checkpoint", header, body, note)
    )


def _with_published(row: "pd.Series[Any]") -> str:
    text = measured(row["value"], row["error"])
    return text + (f" ({row['published']:.2f})" if np.isfinite(row["published"]) else "")
