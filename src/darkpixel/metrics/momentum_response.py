"""What images have at each momentum of the particle: generated for it, and simulated.

A model that is told species and momentum has to give longer tracks and more charge for faster
particles, by as much as the simulation does. The mean of each observable is compared in bins of
momentum, a species at a time: only there does a model that ignores its momentum differ from one
that does not, since over all momenta both may have the right distributions.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.errors import DarkpixelError
from darkpixel.formats.species import SPECIES

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

RESPONSES = ("length", "charge", "pixels")
"""Whose means are compared; columns of `darkpixel.metrics.lartpc_shapes.shape_observables`."""
ALL = "all"
"""The bins of all species together."""
FLOOR = "floor"
"""Rows of one half of the test images against the other."""
SHUFFLED = "momentum_shuffled"
"""Rows of one half of the test images with each other's momenta against the other half: the
control, a perfect generator of each species that does not know the momentum."""

MOST_BINS = 8
FEWEST_TEST = 30
"""Test images from which a bin is one; bins with fewer are joined with the next ones."""
FEWEST = 10
"""Images on either side from which a mean is compared; its error needs some."""
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


class _Means(NamedTuple):
    """Of images in B bins of momentum, each (B, observables) but for `count`."""

    mean: Array
    error: Array
    count: Indices
    """(B,)"""


class _Deviations(NamedTuple):
    """Of one side from the other in B bins, each (B, observables); NaN where not compared."""

    pull: Array
    relative: Array
    relative_error: Array

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The bins of several species."""
        return cls(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def summary(self) -> dict[str, Array]:
        """(observables,) each: chi2 over bins, the largest pull, the mean relative deviation."""
        known = np.isfinite(self.pull)
        pulls = np.where(known, self.pull, 0)
        ndf = known.sum(0)
        some = np.where(ndf, ndf, np.nan)
        where = np.abs(pulls).argmax(0)
        largest = np.take_along_axis(pulls, where[None], 0)[0]
        relative = np.where(known, self.relative, 0).sum(0) / some
        squares = np.where(known, self.relative_error**2, 0).sum(0)
        return {
            "chi2_ndf": (pulls**2).sum(0) / some,
            "ndf": ndf,
            "largest": np.where(ndf, largest, np.nan),
            "where": where,
            "deviation": relative,
            "deviation_error": np.sqrt(squares) / some,
        }


def momentum_response(
    observables: pd.DataFrame, models: Sequence[str], *, splits: int, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means in bins of momentum, per species, and how far generated ones are from simulated ones.

    The bins of a species are of equal width over the momenta of its test images: at most
    `MOST_BINS`, of twice `FEWEST_TEST` test images on average; from the lowest on, those with fewer
    than `FEWEST_TEST` are joined with the next. All models have the same bins; generated images beyond them are left out. A bin with
    fewer than `FEWEST` images on a side is not compared. The images of a model's seeds are taken
    together; errors are those of the means over images and know nothing of another training.

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
        without sign). `verdict` is `NOT_SEEN` where the control is not above the floor by `CLEAR` of
        its standard deviations, else empty.

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
    simulated = {name: _means(_of(test, code), edges[name]) for code, name in names.items()}
    bins, rows = [], []
    for model, images in sources.items():
        found = {}
        for code, name in names.items():
            made = _means(_of(images, code), edges[name])
            found[name] = _deviations(made, simulated[name])
            bins.append(_bin_rows(model, name, edges[name], made, simulated[name], found[name]))
        counts = {name: int((images["species"] == code).sum()) for code, name in names.items()}
        rows += _rows(model, found, _spans(edges), counts)
    rows += _references(test, names, edges, splits, seed)
    summary = pd.DataFrame(rows)
    tested = {name: int((test["species"] == code).sum()) for code, name in names.items()}
    summary["test_n"] = summary["species"].map(tested | {ALL: sum(tested.values())})
    summary["verdict"] = _verdicts(summary)
    return pd.concat(bins, ignore_index=True)[BIN_COLUMNS], summary[COLUMNS]


def momentum_edges(momenta: Array) -> Array:
    """Edges (bins + 1,) of momenta (n,), n >= 1, of equal width before bins are joined.

    Example:
        >>> momentum_edges(np.linspace(100, 500, 130)).tolist()
        [100.0, 300.0, 500.0]
        >>> momentum_edges(np.linspace(100, 500, 30)).tolist()
        [100.0, 500.0]
    """
    low, high = float(momenta.min()), float(momenta.max())
    if low == high:
        return np.array([low, np.nextafter(high, np.inf)])
    edges = np.linspace(low, high, max(1, min(MOST_BINS, len(momenta) // (2 * FEWEST_TEST))) + 1)
    counts = np.bincount(_bin(momenta, edges), minlength=len(edges))[:-1]
    kept, held = [0], 0
    for number, count in enumerate(counts):
        held += int(count)
        if held >= FEWEST_TEST:
            kept.append(number + 1)
            held = 0
    if kept[-1] != len(counts):  # too few are left for a bin of their own
        kept = [*kept[:-1], len(counts)] if len(kept) > 1 else [0, len(counts)]
    found: Array = edges[kept]
    return found


def _known(observables: pd.DataFrame, model: str) -> pd.DataFrame:
    """The images of a model with species and momentum."""
    images = observables[observables["model"] == model]
    known = images[(images["species"] != 0) & images["momentum"].notna()]
    if known.empty:
        raise DarkpixelError(
            f"{model}: none of its {len(images)} images has `species` and `momentum`, in bins of "
            "which they are compared; sample a model that is conditioned on both, with test images "
            "that have both."
        )
    return known


def _of(images: pd.DataFrame, code: int) -> pd.DataFrame:
    return images[images["species"] == code]


def _bin(momenta: Array, edges: Array) -> Indices:
    """(n,) number of the bin; that of no bin, `len(edges) - 1`, beyond the edges."""
    last = len(edges) - 1
    number = np.searchsorted(edges, momenta, side="right") - 1
    number = np.where(momenta == edges[-1], last - 1, number)
    return np.where((momenta < edges[0]) | (momenta > edges[-1]), last, number)


def _means(images: pd.DataFrame, edges: Array, momenta: Array | None = None) -> _Means:
    """Means in bins of momentum, of the images' own momenta or of those given."""
    own = images["momentum"].to_numpy(np.float64) if momenta is None else momenta
    number = _bin(own, edges)
    values = images[list(RESPONSES)].to_numpy(np.float64)
    last = len(edges) - 1
    count = np.bincount(number, minlength=last + 1)

    def sums(some: Array) -> Array:
        columns = [np.bincount(number, column, minlength=last + 1) for column in some.T]
        return np.stack(columns, 1)

    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums(values) / count[:, None]
        variance = sums((values - mean[number]) ** 2) / (count[:, None] - 1)
        error = np.sqrt(variance / count[:, None])
    return _Means(mean[:last], error[:last], count[:last])


def _deviations(made: _Means, simulated: _Means) -> _Deviations:
    """Of one side from the other; NaN where a side has too few images."""
    enough = (np.minimum(made.count, simulated.count) >= FEWEST)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = (made.mean - simulated.mean) / np.hypot(made.error, simulated.error)
        ratio = made.mean / simulated.mean
        error = np.hypot(made.error, ratio * simulated.error) / np.abs(simulated.mean)
    known = enough & np.isfinite(pull) & np.isfinite(error)
    return _Deviations(*(np.where(known, values, np.nan) for values in (pull, ratio - 1, error)))


def _with_all(found: Mapping[str, _Deviations]) -> dict[str, _Deviations]:
    """All species together first."""
    return {ALL: _Deviations.joined(list(found.values())), **found}


def _bin_rows(
    model: str, species: str, edges: Array, made: _Means, simulated: _Means, found: _Deviations
) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame({
                "model": model, "species": species, "observable": observable,
                "low": edges[:-1], "high": edges[1:],
                "value": made.mean[:, number], "error": made.error[:, number], "n": made.count,
                "test_value": simulated.mean[:, number],
                "test_error": simulated.error[:, number], "test_n": simulated.count,
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
    found: Mapping[str, _Deviations],
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
    drawn: dict[str, list[dict[str, _Deviations]]] = {FLOOR: [], SHUFFLED: []}
    for _ in range(splits):
        halves: dict[str, dict[str, _Deviations]] = {FLOOR: {}, SHUFFLED: {}}
        for code, name in names.items():
            images = _of(test, code)
            order = random.permutation(len(images))
            first, second = (images.iloc[half] for half in np.array_split(order, 2))
            simulated = _means(second, edges[name])
            momenta = random.permutation(first["momentum"].to_numpy(np.float64))
            made = {
                FLOOR: _means(first, edges[name]),
                SHUFFLED: _means(first, edges[name], momenta),
            }
            for kind, means in made.items():
                halves[kind][name] = _deviations(means, simulated)
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
