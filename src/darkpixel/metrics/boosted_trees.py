"""Two-sample test on physics features: boosted trees between generated and real images."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from darkpixel.metrics.auc import Auc, area_under_curve

Array = npt.NDArray[np.float64]


class Trees(Protocol):
    """What the trees need of the settings."""

    @property
    def folds(self) -> int: ...
    @property
    def trees(self) -> int: ...
    @property
    def leaves(self) -> int: ...
    @property
    def bins(self) -> int: ...
    @property
    def seed(self) -> int: ...


def high_level_auc(generated: Array, real: Array, settings: Trees, seed: int = 0) -> Auc:
    """AUC of boosted trees on features, cross-validated, so that every image is scored once.

    The error is sqrt(2) times that of independent folds. Under the null hypothesis the score
    of fold i is driven by the chance differences between it and every other fold j, and j's by
    the same ones: in the limit of a linear classifier each counts twice, which doubles the
    variance of the mean; trees stay below. The spread between folds would see nothing of it.

    Args:
        generated, real: (m, F), (n, F) features.
        settings: `folds`, `trees`, `leaves`, `bins`, `seed`.
        seed: of the sample, added to the settings' own.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold

    features = np.concatenate([generated, real])
    is_generated = np.arange(len(features)) < len(generated)
    random = settings.seed + seed
    folds = StratifiedKFold(settings.folds, shuffle=True, random_state=random)
    areas = []
    for learned, scored in folds.split(features, is_generated):
        trees = HistGradientBoostingClassifier(
            max_iter=settings.trees,
            max_leaf_nodes=settings.leaves,
            max_bins=settings.bins,
            early_stopping=False,
            random_state=random,
        )
        trees.fit(features[learned], is_generated[learned])
        scores = trees.decision_function(features[scored])
        areas.append(area_under_curve(scores[is_generated[scored]], scores[~is_generated[scored]]))
    values, errors = np.array(areas).T
    return float(values.mean()), float(np.sqrt(2 * np.square(errors).sum()) / len(errors))
