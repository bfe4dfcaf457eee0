"""Classifier two-sample test: whether a classifier distinguishes generated from real images.

Lopez-Paz and Oquab, arXiv:1610.06545; the AUC as in the CaloChallenge, arXiv:2410.21611. An AUC
of 0.5 means that this classifier, with so many images, cannot. Whether the test could have
seen a difference is a measurement too: see `CONTROLS`.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics import controls
from darkpixel.metrics.auc import Auc
from darkpixel.metrics.comparison import COLUMNS
from darkpixel.metrics.features import SCALED, Sample
from darkpixel.metrics.uncertainty import over_seeds

Array = npt.NDArray[np.float64]

CONTROLS = (MONTE_CARLO, SCALED)
"""Other Monte Carlo images, which must not be told from the test images, and the same with
pixels 5% too large, which must."""
ROW_COLUMNS = [*COLUMNS, "kind", "verdict"]


def two_sample_rows(
    areas: Mapping[Sample, Auc],
    kind: str,
    *,
    dataset: str,
    label: str,
    n: int,
    limits: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """One row a model, controls first.

    Args:
        areas: AUC and error of each sample, the controls among them; empty: no rows.
        kind: `high_level` or `low_level`.
        n: images a side.
        limits: model -> the sample that is the best it can do: other test images on its grid, or
            through its autoencoder.

    Returns:
        Columns `ROW_COLUMNS`: `value` the mean AUC over seeds, `error` that of one seed,
        `seed_spread` the standard deviation over seeds; `floor` what a perfect generator scores:
        0.5, or what the sample in `limits` scores; `verdict` of the whole test: empty, or why no
        AUC of this `kind` can be quoted.
    """
    reason = verdict(areas) if areas else ""
    by_model = {sample.model: area for sample, area in areas.items()}
    rows = []
    for model in dict.fromkeys(sample.model for sample in areas):
        values, errors = np.array([areas[s] for s in areas if s.model == model]).T
        floor, floor_error = by_model.get((limits or {}).get(model, ""), (0.5, 0.0))
        rows.append(
            {
                "model": model,
                "dataset": dataset,
                "label": label,
                "observable": "auc",
                **over_seeds(values, errors),
                "floor": floor,
                "floor_error": floor_error,
                "n": n,
                "published": np.nan,
                "hardware": "",
                "kind": kind,
                "verdict": reason,
            }
        )
    return pd.DataFrame(rows, columns=ROW_COLUMNS)


def verdict(areas: Mapping[Sample, Auc]) -> str:
    """Empty if both controls hold, else why the AUCs beside them cannot be quoted."""
    by_model = {sample.model: area for sample, area in areas.items()}
    # An error is zero where all scores are equal or the two sides are told apart without a mistake.
    same, scaled = (by_model[model] for model in CONTROLS)
    return controls.verdict(same, scaled, (0.5, 0.0))
