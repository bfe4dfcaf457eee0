"""What images have at each momentum of the particle: generated for it, and simulated.

A model that is told species and momentum has to give longer tracks and more charge for faster
particles, by as much as the simulation does. The mean of each observable is compared in bins of
momentum, a species at a time: only there does a model that ignores its momentum differ from one
that does not, since over all momenta both may have the right distributions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.momentum_bins import (
    RESPONSES,
    Deviations,
    Means,
    deviations_of,
    means_in_bins,
    momentum_edges,
)

Array = npt.NDArray[np.float64]

ALL = "all"
"""The bins of all species together."""
FLOOR = "floor"
"""Rows of one half of the test images against the other."""
SHUFFLED = "momentum_shuffled"
"""Rows of one half of the test images with each other's momenta against the other half: the
control, a perfect generator of each species that does not know the momentum."""

CLEAR = 3.0
"""Standard deviations of the floor by which the control has to be above it."""
NOT_SEEN = "momentum not seen"
"""Verdict where it is not: agreement there says nothing of what a model knows of the momentum."""

BIN_COLUMNS = [
    "model", "species", "observable", "low", "high", "value", "error", "n", "test_value",
    "test_error", "test_n", "pull",
]  # fmt: skip
COLUMNS = [
    "model", "species", "observable", "chi2_ndf", "chi2_ndf_error", "ndf", "bins", "largest",
    "largest_error", "low", "high", "deviation", "deviation_error", "n", "test_n", "verdict",
]  # fmt: skip


def momentum_response(
    observables: pd.DataFrame, models: Sequence[str], *, splits: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means in bins of momentum, per species, and how far generated ones are from simulated ones.

    The bins of a species are of equal width over the momenta of its test images: at most
    `MOST_BINS`, of twice `FEWEST_TEST` test images on average; from the lowest on, those with fewer
    than `FEWEST_TEST` are joined with the next. All models have the same bins; generated images
    beyond them are left out. A bin with fewer than `FEWEST` images on a side is not compared. The
    images of a model's seeds are taken together; errors are those of the means over images and know
    nothing of another training.

    Args:
        observables: `darkpixel.metrics.lartpc_shapes.shape_observables`, with the test images.
        models: those that are told species and momentum, in the order of the rows.
        splits: random halves of the test images, for floor and control.
        seed: of these.

    Returns:
        Two tables. `BIN_COLUMNS`, a row a bin from `low` to `high` (MeV/c): `value` ± `error` of
        `n` generated images beside `test_value` ± `test_error`, and their difference in units of
        the combined error, `pull`.
        `COLUMNS`, a row for each model, species (and `ALL`) and observable: `chi2_ndf` over the
        `ndf` bins compared, of `bins`; `largest` pull with its sign, in the bin from `low` to
        `high`; mean over bins of generated over simulated less one, `deviation`. The rows of
        `FLOOR` and `SHUFFLED` are means and standard deviations over the splits (of `largest`
        without sign). `verdict` is `NOT_SEEN` where the control is not above the floor by `CLEAR`
        of its standard deviations, else empty.

    Raises:
        DarkpixelError: no image of a model, or of the test images, has species and momentum.
    """
    sources = {name: _known(observables, name) for name in (MONTE_CARLO, *models)}
    test = sources.pop(MONTE_CARLO)
    names = {code: name for code, name in SPECIES.items() if (test["species"] == code).any()}
    edges = {
        name: momentum_edges(_of(test, code)["momentum"].to_numpy(np.float64))
        for code, name in names.items()
    }
    simulated = {name: means_in_bins(_of(test, code), edges[name]) for code, name in names.items()}
    bins, rows = [], []
    for model, images in sources.items():
        found = {}
        for code, name in names.items():
            made = means_in_bins(_of(images, code), edges[name])
            found[name] = deviations_of(made, simulated[name])
            bins.append(_bin_rows(model, name, edges[name], made, simulated[name], found[name]))
        counts = {name: int((images["species"] == code).sum()) for code, name in names.items()}
        rows += _rows(model, found, _spans(edges), counts)
    rows += _references(test, names, edges, splits, seed)
    summary = pd.DataFrame(rows)
    tested = {name: int((test["species"] == code).sum()) for code, name in names.items()}
    summary["test_n"] = summary["species"].map(tested | {ALL: sum(tested.values())})
    summary["verdict"] = _verdicts(summary)
    return pd.concat(bins, ignore_index=True)[BIN_COLUMNS], summary[COLUMNS]


def _known(observables: pd.DataFrame, model: str) -> pd.DataFrame:
    """The images of a model with species and momentum."""
    images = observables[observables["model"] == model]
    known = images[images["species"].isin(SPECIES) & images["momentum"].notna()]
    if known.empty:
        raise DarkpixelError(
            f"{model}: none of its {len(images)} images has `species` and `momentum`, in bins of "
            "which they are compared; sample a model that is conditioned on both, with test images "
            "that have both."
        )
    return known


def _of(images: pd.DataFrame, code: int) -> pd.DataFrame:
    return images[images["species"] == code]


def _with_all(found: Mapping[str, Deviations]) -> dict[str, Deviations]:
    """All species together first."""
    return {ALL: Deviations.joined(list(found.values())), **found}


def _bin_rows(
    model: str, species: str, edges: Array, made: Means, simulated: Means, found: Deviations
) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({
                "model": model, "species": species, "observable": observable,
                "low": edges[:-1], "high": edges[1:],
                "value": made.mean[:, number], "error": made.error[:, number], "n": made.images,
                "test_value": simulated.mean[:, number],
                "test_error": simulated.error[:, number], "test_n": simulated.images,
                "pull": found.pull[:, number],
            })
            for number, observable in enumerate(RESPONSES)
        ],
        ignore_index=True,
    )  # fmt: skip


def _spans(edges: Mapping[str, Array]) -> dict[str, Array]:
    """Species, `ALL` first, to the ends of its bins, (B, 2)."""
    spans = {name: np.stack([ends[:-1], ends[1:]], 1) for name, ends in edges.items()}
    return {ALL: np.concatenate(list(spans.values())), **spans}


def _rows(
    model: str,
    found: Mapping[str, Deviations],
    spans: Mapping[str, Array],
    counts: Mapping[str, int],
) -> list[dict[str, object]]:
    """The rows of one model."""
    rows = []
    for species, deviations in _with_all(found).items():
        summary = deviations.summary()
        for number, observable in enumerate(RESPONSES):
            some = {name: values[number] for name, values in summary.items()}
            low, high = spans[species][int(some.pop("where"))]
            rows.append({
                "model": model, "species": species, "observable": observable, **some,
                "chi2_ndf_error": np.nan, "largest_error": np.nan, "bins": len(spans[species]),
                "low": low if some["ndf"] else np.nan, "high": high if some["ndf"] else np.nan,
                "n": counts.get(species, sum(counts.values())),
            })  # fmt: skip
    return rows


def _references(
    test: pd.DataFrame,
    names: Mapping[int, str],
    edges: Mapping[str, Array],
    splits: int,
    seed: int,
) -> list[dict[str, object]]:
    """The rows of floor and control."""
    random = np.random.default_rng(seed)
    drawn: dict[str, list[dict[str, Deviations]]] = {FLOOR: [], SHUFFLED: []}
    for _ in range(splits):
        halves: dict[str, dict[str, Deviations]] = {FLOOR: {}, SHUFFLED: {}}
        for code, name in names.items():
            images = _of(test, code)
            order = random.permutation(len(images))
            first, second = (images.iloc[half] for half in np.array_split(order, 2))
            simulated = means_in_bins(second, edges[name])
            momenta = random.permutation(first["momentum"].to_numpy(np.float64))
            made = {
                FLOOR: means_in_bins(first, edges[name]),
                SHUFFLED: means_in_bins(first, edges[name], momenta),
            }
            for kind, means in made.items():
                halves[kind][name] = deviations_of(means, simulated)
        for kind, found in halves.items():
            drawn[kind].append(_with_all(found))
    rows = []
    for kind, every in drawn.items():
        for species in every[0]:
            summaries = [found[species].summary() for found in every]
            of_all = [code for code in names if species in (ALL, names[code])]
            half = sum(len(_of(test, code)) // 2 for code in of_all)
            for number, observable in enumerate(RESPONSES):
                values = {
                    name: np.array([summary[name][number] for summary in summaries])
                    for name in ("chi2_ndf", "largest", "deviation")
                }
                values["largest"] = np.abs(values["largest"])
                row: dict[str, object] = {
                    "model": kind, "species": species, "observable": observable,
                    "ndf": int(max(summary["ndf"][number] for summary in summaries)),
                    "bins": len(every[0][species].pull), "low": np.nan, "high": np.nan, "n": half,
                }  # fmt: skip
                for name, some in values.items():
                    some = some[np.isfinite(some)]
                    row[name] = some.mean() if len(some) else np.nan
                    row[f"{name}_error"] = some.std(ddof=1) if len(some) > 1 else np.nan
                rows.append(row)
    return rows


def _verdicts(summary: pd.DataFrame) -> list[str]:
    """Of each row: empty, or what is wrong with the comparison."""
    by = summary.set_index(["model", "species", "observable"])
    verdicts = []
    for species, observable in zip(summary["species"], summary["observable"], strict=True):
        floor, control = (by.loc[(kind, species, observable)] for kind in (FLOOR, SHUFFLED))
        limit = floor["chi2_ndf"] + CLEAR * floor["chi2_ndf_error"]
        verdicts.append("" if control["chi2_ndf"] > limit else NOT_SEEN)
    return verdicts
