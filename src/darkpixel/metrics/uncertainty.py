"""Standard errors of means, and the mean, error and spread over seeds."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]


def standard_error(values: "Array | pd.Series[float]") -> float:
    """Of the mean of values (n,): NaN for fewer than two."""
    count = len(values)
    return float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else math.nan


def seed_spread(values: Sequence[float] | Array) -> float:
    """Standard deviation of the values of several seeds; NaN for one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def over_seeds(
    values: Sequence[float] | Array, errors: Sequence[float] | Array
) -> dict[str, float]:
    """The part of a row that one value and one error of each seed give.

    Returns:
        `value`, the mean; `error`, that of one seed (root mean square over seeds); `seed_spread`,
        the standard deviation over seeds, NaN for one; `seeds`, their number.
    """
    return {
        "value": float(np.mean(values)),
        "error": float(np.sqrt(np.mean(np.square(errors)))),
        "seed_spread": seed_spread(values),
        "seeds": len(values),
    }
