"""Which models share a panel: no more than can be told apart, the papers' first."""

from collections.abc import Iterable
from itertools import pairwise

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics.order import MODEL_ORDER, ordered

MOST_MODELS = 4
"""In one panel, beside Monte Carlo: more curves are not told apart."""
_OURS = ("sparse_transformer",)


def in_groups(models: Iterable[str]) -> list[list[str]]:
    """Models in groups of at most `MOST_MODELS`: the papers' first, then variants and others.

    Groups are as even as can be; there is one, empty, where there is no model. Monte Carlo, which
    is in every panel, belongs to none.

    Example:
        >>> in_groups(["sarm2_dd_totals", "lagan", "sarm1_dc", "sparse_transformer", "sarm2_dd"])
        [['lagan', 'sarm1_dc', 'sarm2_dd'], ['sarm2_dd_totals', 'sparse_transformer']]
    """
    given = [model for model in ordered(models) if model != MONTE_CARLO]
    papers = [model for model in given if model in MODEL_ORDER and model not in _OURS]
    every = [*papers, *(model for model in given if model not in papers)]
    groups = max(1, -(-len(every) // MOST_MODELS))
    size, larger = divmod(len(every), groups)
    ends = [number * size + min(number, larger) for number in range(groups + 1)]
    return [every[start:end] for start, end in pairwise(ends)]
