"""The area under a ROC curve (AUC) and its error from the finite number of images.

DeLong et al., Biometrics 44 (1988) 837.
"""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from darkpixel.errors import DarkpixelError

Array = npt.NDArray[np.float64]
Auc = tuple[float, float]
"""AUC and its standard error."""


def placements(signal: npt.ArrayLike, background: npt.ArrayLike) -> tuple[Array, Array]:
    """Share of the other class that each image is on the right side of; ties count half.

    The mean of either array is the AUC; their variances give its error (DeLong et al. 1988).

    Args:
        signal, background: scores, (m,) and (n,); larger ones mean signal.

    Returns:
        Of each signal image the share of background with a smaller score, (m,); of each
        background image the share of signal with a larger score, (n,).

    Raises:
        DarkpixelError: a class has no images, or one alone, whose scatter is not known.
    """
    signal, background = np.asarray(signal, np.float64), np.asarray(background, np.float64)
    if min(len(signal), len(background)) < 2:
        raise DarkpixelError(
            f"AUC: found scores of {len(signal)} images of signal and of {len(background)} of "
            "background; it compares the two, and its error their scatter: give images of both."
        )
    m, n = len(signal), len(background)
    ranks = rankdata(np.concatenate([signal, background]))
    above = (ranks[:m] - rankdata(signal)) / n
    below = 1 - (ranks[m:] - rankdata(background)) / m
    return above, below


def sampling_error(above: Array, below: Array) -> float:
    """Standard error of the AUC from the finite test sample.

    Args:
        above, below: `placements`; also their means over classifiers, or their differences
            between two, for the error of the mean AUC or of the difference on the same images.
    """
    return float(np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)))


def area_under_curve(signal: npt.ArrayLike, background: npt.ArrayLike) -> Auc:
    """AUC and its standard error, of a classifier that has seen none of these images.

    Args:
        signal, background: scores, (m,) and (n,); larger ones mean signal. Ties count half.
    """
    above, below = placements(signal, background)
    return float(above.mean()), sampling_error(above, below)
