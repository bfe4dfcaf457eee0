"""Whether a comparison's controls hold: Monte Carlo against itself, and a fault it must see."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO

Measured = tuple[float, float]
"""Value and standard error."""

STANDARD_ERRORS = 3.0
"""A control holds or fails at so many standard errors."""
TOO_WEAK = "too weak to quote"
TELLS = "tells Monte Carlo from Monte Carlo"


def verdict(same: Measured, faulty: Measured, expected: Measured, sign: int = 1) -> str:
    """Empty if both controls hold, else why the numbers beside them cannot be quoted.

    Args:
        same: of other Monte Carlo images, which must not differ from what is expected.
        faulty: of Monte Carlo with a known fault, which must.
        expected: of a perfect generator.
        sign: 1 where the fault raises the number, -1 where it lowers it.
    """
    # Turned round, so that a control that is not a number fails.
    if not abs(same[0] - expected[0]) <= STANDARD_ERRORS * _error(same, expected):
        return TELLS
    if not sign * (faulty[0] - expected[0]) > STANDARD_ERRORS * _error(faulty, expected):
        return TOO_WEAK
    return ""


def with_verdicts(rows: pd.DataFrame, faults: Mapping[str, tuple[str, int]]) -> pd.DataFrame:
    """Rows with a column `verdict`: of each measure on each data set and label.

    Args:
        rows: columns `darkpixel.metrics.comparison.COLUMNS`, the controls among the models.
        faults: observable -> the control that has a known fault, and the sign of its effect.
    """
    found = pd.Series("", index=rows.index, dtype=object)
    for key, group in rows.groupby(["dataset", "label", "observable"], sort=False):
        fault, sign = faults[str(key[2])]
        by_model = group.set_index("model")
        same, faulty = (
            (float(by_model.at[model, "value"]), float(by_model.at[model, "error"]))
            for model in (MONTE_CARLO, fault)
        )
        expected = float(group["floor"].iloc[0]), float(group["floor_error"].iloc[0])
        found[group.index] = verdict(same, faulty, expected, sign)
    return rows.assign(verdict=found)


def _error(value: Measured, expected: Measured) -> float:
    """Of their difference; a floor of one pair of samples has no error of its own (NaN)."""
    return float(np.hypot(value[1], np.nan_to_num(expected[1])))
