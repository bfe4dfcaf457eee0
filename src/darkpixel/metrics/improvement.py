"""The SARM paper's improvement percentages, from its own tables and from ours.

An improvement is 1 - W1(SARM) / W1(other model). Which cells of tables 1 and 3 the paper takes
together it does not say; these reproduce its numbers:

- section 6.1.2, jets, ~53% in pT and 27% in mass: SARM-2 (D+D) against the better of LAGAN and
  PixelCNN++ for the label, mean over signal and background. The abstract's 27-53% are these two.
- section 6.2.2, muons, 69.35% (signal) and 71.25% (background): against PixelCNN++, mean over pT
  and mass. The background's mass is that of SARM-2 (D+C), the better one; SARM-2 (D+D) alone
  gives 65.2%.
- abstract, muons, 68-74%: the smallest and the largest of those four cells.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from darkpixel.config.names import JETS, MUONS
from darkpixel.metrics.convergence import mark
from darkpixel.metrics.order import base_model, ordered
from darkpixel.metrics.published import Table, published_value

PT, MASS, SIGNAL, BACKGROUND = "pt", "mass", "signal", "background"


OURS, CONTINUOUS = "sarm2_dd", "sarm2_dc"


COLUMNS = [
    "claim", "model", "dataset", "label", "observable", "value", "error", "floor", "n", "seeds",
    "published", "recomputed_from_published", "missing", "not_converged",
]  # fmt: skip


class Cell(NamedTuple):
    """One number of a table."""

    observable: str
    label: str
    model: str = OURS


class Claim(NamedTuple):
    """A percentage of the paper."""

    name: str
    dataset: str
    cells: tuple[Cell, ...]
    others: tuple[str, ...]
    """Models compared with; the best of them in each cell."""
    published: float
    """Percent; NaN: not in the paper."""
    combine: str = "mean"
    """Of the cells' improvements: mean, smallest or largest."""


JET_RIVALS, MUON_RIVALS = ("lagan", "pixelcnnpp"), ("pixelcnnpp",)


_MUON_SIGNAL = (Cell(PT, SIGNAL), Cell(MASS, SIGNAL))


_MUON_BACKGROUND = (Cell(PT, BACKGROUND), Cell(MASS, BACKGROUND, CONTINUOUS))


CLAIMS = (
    Claim("6.1.2, pT", JETS, (Cell(PT, SIGNAL), Cell(PT, BACKGROUND)), JET_RIVALS, 53.0),
    Claim("6.1.2, mass", JETS, (Cell(MASS, SIGNAL), Cell(MASS, BACKGROUND)), JET_RIVALS, 27.0),
    Claim("6.2.2, signal", MUONS, _MUON_SIGNAL, MUON_RIVALS, 69.35),
    Claim("6.2.2, background, mass of D+C", MUONS, _MUON_BACKGROUND, MUON_RIVALS, 71.25),
    Claim(
        "6.2.2, background, D+D alone",
        MUONS,
        (Cell(PT, BACKGROUND), Cell(MASS, BACKGROUND)),
        MUON_RIVALS,
        float("nan"),
    ),
    Claim("abstract, smallest", MUONS, _MUON_SIGNAL + _MUON_BACKGROUND, MUON_RIVALS, 68.0,
          "smallest"),
    Claim("abstract, largest", MUONS, _MUON_SIGNAL + _MUON_BACKGROUND, MUON_RIVALS, 74.0,
          "largest"),
)  # fmt: skip


Score = Callable[[str, str, str], tuple[float, float]]
"""(model, observable, label) -> W1 and its error; NaN where there is none."""


def improvement(claim: Claim, score: Score, ours: str = OURS) -> tuple[float, float]:
    """Percent, and its error from those of the distances, taken as independent.

    Args:
        score: of a published table or of our rows.
        ours: model in the place of SARM-2 (D+D); the other cells keep theirs.

    Returns:
        NaN where one of the distances is missing.
    """
    cells = []
    for cell in claim.cells:
        value, error = score(_named(cell, ours), cell.observable, cell.label)
        rivals = [score(model, cell.observable, cell.label) for model in claim.others]
        if not np.all(np.isfinite([value, *(rival for rival, _ in rivals)])):
            return float("nan"), float("nan")
        best, best_error = min(rivals)
        ratio = value / best
        cells.append((100 * (1 - ratio), 100 * ratio * np.hypot(error / value, best_error / best)))
    values, errors = np.array(cells).T
    if claim.combine == "mean":
        return float(values.mean()), float(np.sqrt(np.square(errors).sum()) / len(errors))
    chosen = int(values.argmin() if claim.combine == "smallest" else values.argmax())
    return float(values[chosen]), float(errors[chosen])


def published_score(tables: Mapping[str, Table], dataset: str) -> Score:
    """The published distances of one data set, without errors."""
    return lambda model, observable, label: (
        published_value(tables[dataset], model, observable, label),
        0.0,
    )


def measured_score(rows: pd.DataFrame) -> Score:
    """Our distances of one data set, with their errors over images and over seeds."""
    indexed = rows.set_index(["model", "observable", "label"])

    def score(model: str, observable: str, label: str) -> tuple[float, float]:
        key = (model, observable, label)
        if key not in indexed.index:
            return float("nan"), float("nan")
        row = indexed.loc[key]
        spread = row["seed_spread"] / row["seeds"] ** 0.5
        return float(row["value"]), float(np.hypot(row["error"], np.nan_to_num(spread)))

    return score


def improvement_rows(
    rows: pd.DataFrame, published: Mapping[str, Table], statuses: pd.DataFrame
) -> pd.DataFrame:
    """Every claim about the run's data sets, for SARM-2 (D+D) and each of its variants.

    Args:
        rows: `darkpixel.metrics.rows.wasserstein_rows` of all data sets and labels.
        published: data set -> `darkpixel.metrics.published.wasserstein_published`; claims about
            other data sets are left out.
        statuses: `darkpixel.metrics.convergence.convergence_rows`.

    Returns:
        Columns `COLUMNS`, percent. `recomputed_from_published`: by the same formula from the
        paper's own tables; `missing`, `not_converged`: models, by commas.
    """
    marked = mark(rows, statuses)
    claimed = []
    for claim in CLAIMS:
        of_dataset = marked[marked["dataset"] == claim.dataset]
        if of_dataset.empty or claim.dataset not in published:
            continue
        variants = [name for name in ordered(of_dataset["model"]) if base_model(name) == OURS]
        for model in dict.fromkeys([OURS, *variants]):
            used = [_named(cell, model) for cell in claim.cells] + list(claim.others)
            cells = of_dataset[of_dataset["model"].isin(used)]
            value, error = improvement(claim, measured_score(of_dataset), model)
            paper = improvement(claim, published_score(published, claim.dataset))[0]
            late = cells.loc[cells["converged"].eq(False).fillna(False).astype(bool), "model"]
            claimed.append(
                {
                    "claim": claim.name,
                    "model": model,
                    "dataset": claim.dataset,
                    "label": _joined(cell.label for cell in claim.cells),
                    "observable": _joined(cell.observable for cell in claim.cells),
                    "value": value,
                    "error": error,
                    "floor": float("nan"),
                    "n": cells["n"].min() if len(cells) else 0,
                    "seeds": cells["seeds"].min() if len(cells) else 0,
                    "published": claim.published if model == OURS else float("nan"),
                    "recomputed_from_published": paper if model == OURS else float("nan"),
                    "missing": ",".join(ordered(set(used) - set(cells["model"]))),
                    "not_converged": ",".join(ordered(late)),
                }
            )
    return pd.DataFrame(claimed, columns=COLUMNS)


def _named(cell: Cell, ours: str) -> str:
    return ours if cell.model == OURS else cell.model


def _joined(names: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(names))
