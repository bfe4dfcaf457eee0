"""Two-sample test, physics distances, coverage and memorisation, as tables."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.metrics import coverage, frechet
from darkpixel.metrics.controls import with_verdicts
from darkpixel.metrics.features import SCALE, SCALED
from darkpixel.tables.layout import (
    document,
    late_note,
    measured,
    one_or_range,
    row_name,
    write_table,
)
from darkpixel.tables.names import DATASETS, compared_with, display_name

KINDS = {"high_level": "features", "low_level": "pixels"}
FAULTY = {
    SCALED: f" × {SCALE:g}",
    coverage.REPEATED: ", half repeated",
    coverage.SHUFFLED: ", a fifth shuffled",
}
"""What is wrong with the controls that have a known fault."""
FLOOR = "floor"
Cell = Callable[["pd.Series[float]"], str]


def two_sample_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """AUC of a classifier between real and generated images, controls first.

    An AUC whose controls fail is shown in brackets, with the reason in the row's last cell.

    Args:
        rows: `darkpixel.metrics.two_sample.two_sample_rows` of all data sets, labels and kinds.
    """

    kinds = [kind for kind in KINDS if kind in set(rows["kind"])]
    rows = rows.assign(column=rows["kind"].map(KINDS) + " " + rows["label"])
    header, body = _judged(rows, [KINDS[kind] for kind in kinds])
    kind, real = compared_with(rows["dataset"])
    note = (
        f"AUC of a classifier trained to tell generated from {kind} test images, on images "
        "that it has not seen: 0.5 where it cannot. ± standard error (DeLong; cross-validated "
        "ones × √2, since folds share their images). Features: boosted trees on 16 physics "
        "features of an image; pixels: the network of SARM section 8.6, of liquid argon one that "
        f"looks at non-zero pixels alone. Controls: {real} of the training set against {real} "
        "of the test set must be 0.5 within three errors, "
        f"and with its pixels × {SCALE:g} must be above by more than three errors; else the test "
        "is too weak to quote at this n, and its AUCs stand in brackets. Images are compared as "
        "they are: a classifier on pixels sees the grid of a D+D model; the trees, by the binning "
        "of their features, see only what is coarser. Quantised rows: other test images on that "
        "grid, the AUC of a perfect generator on it. n: images a side; means over seeds."
    )
    note += late_note(rows)
    title = f"Two-sample test: can generated images be told from {real}?"
    write_table(rows.drop(columns="column"), stem, document(title, header, body, note))


def physics_distances_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """FPD and KPD by model; the noise floor closes each data set.

    Args:
        rows: `darkpixel.metrics.frechet.distance_rows` of all data sets and labels, controls
            among them.
    """
    rows = with_verdicts(rows, frechet.FAULTS)
    names = {"fpd": "FPD", "kpd": "1000 KPD"}
    header, body = _judged(_with_floors(rows, names), list(names.values()), {"kpd": 1000})
    kind, real = compared_with(rows["dataset"])
    note = (
        f"Fréchet and kernel physics distance (arXiv:2211.10295) between generated and {kind} "
        "test images, on 16 physics features. FPD: squared 2-Wasserstein distance of Gaussian fits "
        "in units of the test images' standard deviation, extrapolated to infinite n, ± bootstrap "
        "standard deviation. KPD: unbiased squared MMD with a polynomial kernel of degree 4, in "
        "units of the test images' range, median of disjoint batches ± its standard error. Both "
        "are 0 for a perfect generator and can be negative within their errors. Noise floor: "
        f"between {kind} sets of the same size, mean ± standard deviation. Controls: {real} "
        "of the training set must be at the floor within three errors (its own and the "
        f"floor's), and with its pixels × {SCALE:g} above it by more than three; else the "
        "distance is too weak to quote at this n, and stands in brackets. Our features differ from "
        "JetNet's, so the numbers do not compare with other papers'. n: images a side; means over "
        "seeds."
    )
    note += late_note(rows)
    write_table(rows, stem, document("Physics distances", header, body, note))


def coverage_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Coverage and density by model; the noise floor closes each data set.

    Args:
        rows: `darkpixel.metrics.coverage.coverage_rows` of all data sets and labels.
    """
    rows = with_verdicts(rows, coverage.FAULTS)
    names = {"coverage": "coverage", "density": "density"}
    header, body = _judged(_with_floors(rows, names), list(names))
    kind, real = compared_with(rows["dataset"])
    note = (
        f"Arxiv:2002.09797 with k = {coverage.NEIGHBOURS}, on 16 physics features in units of the "
        "test images' standard deviation. Around each test image is a ball that reaches to its "
        "k-th nearest other test image. Coverage: share of the balls that hold a generated image; "
        "below the floor where kinds of images are missing. Density: in how many balls a generated "
        "image lies, over k; below the floor where images are unlike any real one, above it where "
        f"they crowd among the commonest. ± standard error of images. Noise floor: between {kind} "
        f"sets of the same size, mean ± standard deviation. Controls: {real} must be at "
        "the floor within three errors; with half of its images twice and the others missing its "
        "coverage, and with the pixels of every fifth image in random places its density, must be "
        "below by more than three; else the measure is too weak to quote at this n, and stands in "
        f"brackets. Pixels × {SCALE:g} are no control here: a shift so much smaller than the balls "
        "need not be seen. n: images a side; means over seeds."
    )
    note += late_note(rows)
    write_table(rows, stem, document("Coverage and density", header, body, note))


def memorisation_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Distance to the nearest training image against that of test images.

    Args:
        rows: `darkpixel.metrics.memorisation.memorisation_rows` of all data sets and labels.
    """
    names = {"nearest_ratio": "ratio", "close_share": "close, %", "copies": "copies"}

    def cell(row: "pd.Series[float]") -> str:
        match row["observable"]:
            case "copies":
                return f"{row['value']:.3g}" if pd.notna(row["value"]) else "–"
            case "close_share":
                return measured(100 * row["value"], 100 * row["error"])
            case _:
                return measured(row["value"], row["error"])

    shown = rows.assign(column=rows["observable"].map(names) + " " + rows["label"])
    header, body = _wide(shown, cell, _columns(shown, list(names.values())))
    kind, real = compared_with(rows["dataset"])
    note = (
        "Euclidean distance, between asinh of all pixels in the unit of the images (GeV; in liquid "
        "argon 0.255 MeV), to the nearest training image, or mirror image of one in liquid argon. "
        f"Ratio: median over that of {kind} test images, ± bootstrap; well below 1 is "
        "memorisation. Close: share of images nearer than the 1% quantile of the test images, 1% "
        "for a perfect generator, ± binomial error at 1%. Copies: images equal to a training image "
        "bit for bit; a dash for models on a grid of pixel values, which cannot give one back as "
        "it is. Theirs would be rounded, and show in the other two columns: compare with the "
        "quantised row, other test images on that grid. Nor can a prior of codes: compare with the "
        "reconstructed row. Blank images are left out; n: the others, per sample; means over "
        f"seeds. The row of {real} is other test images."
    )
    note += late_note(rows)
    write_table(rows, stem, document("Memorisation of training images", header, body, note))


def _name(rows: pd.DataFrame) -> str:
    model, dataset = (str(rows[key].iloc[0]) for key in ("model", "dataset"))
    if model == FLOOR:
        return "*noise floor*"
    if model in FAULTY:
        return display_name(MONTE_CARLO, dataset) + FAULTY[model]
    return row_name(rows)


def _with_floors(rows: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """With a row for each noise floor, and the column that each row's `observable` stands in."""
    floors = rows.drop_duplicates(["dataset", "label", "observable"]).assign(model=FLOOR)
    floors = floors.assign(
        value=floors["floor"], error=floors["floor_error"], seeds=pd.NA, verdict=""
    )
    shown = pd.concat([rows, floors], ignore_index=True)
    return shown.assign(column=shown["observable"].map(names) + " " + shown["label"])


def _judged(
    rows: pd.DataFrame, groups: list[str], scales: Mapping[str, float] | None = None
) -> tuple[list[str], list[list[str]]]:
    """Header and body, with a last column that says whether the controls of a line hold.

    Args:
        rows: with `column` and `verdict`; where that is not empty the number is in brackets.
        groups: of columns, as for `_columns`.
        scales: of the numbers, by `observable`.
    """

    def cell(row: "pd.Series[float]") -> str:
        scale = (scales or {}).get(str(row["observable"]), 1)
        text = measured(scale * row["value"], scale * row["error"])
        return f"({text})" if row["verdict"] else text

    header, body = _wide(rows, cell, _columns(rows, groups))
    reasons = [_reason(rows, model, dataset) for dataset, model in _pairs(rows)]
    return [*header, "controls"], [
        [*cells, reason] for cells, reason in zip(body, reasons, strict=True)
    ]


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """(data set, model) of each line of a table: data sets together, models as they come."""
    pairs = dict.fromkeys(zip(rows["dataset"], rows["model"], strict=True))
    datasets = list(dict.fromkeys(rows["dataset"]))
    return sorted(pairs, key=lambda pair: datasets.index(pair[0]))


def _columns(rows: pd.DataFrame, groups: list[str]) -> list[str]:
    """Column names, group by group, labels in their order."""
    labels = dict.fromkeys(rows["label"])
    wanted = [f"{group} {label}" for group in groups for label in labels]
    return [column for column in wanted if column in set(rows["column"])]


def _wide(rows: pd.DataFrame, cell: Cell, columns: list[str]) -> tuple[list[str], list[list[str]]]:
    """Header and body: one line a data set and model, one column a value of `column`."""
    body = []
    for dataset, model in _pairs(rows):
        of_model = rows[(rows["dataset"] == dataset) & (rows["model"] == model)]
        by_column = of_model.set_index("column")
        cells = [cell(by_column.loc[name]) if name in by_column.index else "–" for name in columns]
        seeds = of_model["seeds"].dropna()
        body.append(
            [
                _name(of_model),
                DATASETS.get(dataset, dataset),
                *cells,
                one_or_range(of_model["n"]),
                one_or_range(seeds) if len(seeds) else "",
            ]
        )
    return ["model", "images", *columns, "n", "seeds"], body


def _reason(rows: pd.DataFrame, model: str, dataset: str) -> str:
    """Which columns of a line cannot be quoted, and why; "hold" if all can; "" for a floor."""
    if model == FLOOR:
        return ""
    of_model = rows[(rows["dataset"] == dataset) & (rows["model"] == model)]
    failed = of_model[of_model["verdict"] != ""]
    if failed.empty:
        return "hold"
    return "; ".join(f"{row.column}: {row.verdict}" for row in failed.itertuples())
