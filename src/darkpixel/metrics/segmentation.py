"""How well pixels are labelled: confusion counts, accuracies, and their table.

Everything starts from confusion counts (N, 3, 3): pixels of each image by true label (first axis)
and predicted label (second axis), 0 background, 1 shower, 2 track. A pixel is predicted
background if and only if it does not exceed the threshold, so "non-zero pixels", over which the
paper counts its accuracy, are the last two columns.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from darkpixel.data.image_file import ImageFile
from darkpixel.data.image_format import BACKGROUND, SHOWER, TRACK
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.names import SPECIES
from darkpixel.metrics.published import Table, published_value
from darkpixel.metrics.tables import markdown_table, write_table

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "n", "seeds", "published",
]  # fmt: skip
OBSERVABLES = ("accuracy_nonzero", "accuracy_all", "accuracy_shower", "accuracy_track")
LABEL_NAMES = {BACKGROUND: "background", SHOWER: "shower", TRACK: "track"}
ALL = "all"
PUBLISHED_FOR = ("accuracy_nonzero", "lartpc_vertex", ALL)
"""What the paper's accuracy is of: observable, data set and label (VQ-VAE paper A.5)."""

Counts = NDArray[np.int64]


class Labelled(NamedTuple):
    """A data set and SSNet's answer to it."""

    dataset: str
    seed: int
    """Of the training of SSNet."""
    truth: str
    """Image file with the true `pixel_labels`; with `species`, each has rows of its own."""
    labels: str
    """Label file, as `darkpixel.labelling.label_file` writes."""


def confusion_counts(true: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> Counts:
    """Pixels by true and predicted label, (n, 3, 3), of two label maps (n, H, W)."""
    n = len(true)
    cells = 3 * true.reshape(n, -1).astype(np.int64) + predicted.reshape(n, -1)
    cells += 9 * np.arange(n)[:, None]
    return np.bincount(cells.ravel(), minlength=9 * n).reshape(n, 3, 3)


def accuracy(counts: Counts, observable: str) -> tuple[float, float]:
    """A share of pixels and its standard error.

    Pixels of one image are not independent, so the error is that of a ratio of sums over images
    (linearised), with the images as the units that are drawn. It is NaN for one image.

    Args:
        counts: confusion counts (N, 3, 3).
        observable: `accuracy_nonzero`: of pixels above threshold, those labelled rightly (the
            paper's); `accuracy_all`: of all pixels, background where there is no charge;
            `accuracy_shower`, `accuracy_track`: of the pixels above threshold with that true
            label. NaN if there is no such pixel.
    """
    right, total = _right_and_total(counts, observable)
    n = len(counts)
    pixels = total.sum()
    if pixels == 0:
        return float("nan"), float("nan")
    share = right.sum() / pixels
    if n < 2:
        return float(share), float("nan")
    residuals = right - share * total
    error = np.sqrt(n / (n - 1) * np.sum(residuals**2)) / pixels
    return float(share), float(error)


def file_confusion(source: Labelled, batch_size: int = 1024) -> Counts:
    """Confusion counts (N, 3, 3) of a label file against the true labels of its source.

    Raises:
        DarkpixelError: the files do not hold the same number and size of images.
    """
    with ImageFile(source.truth) as truth, ImageFile(source.labels) as labels:
        if truth.shape != labels.shape:
            raise DarkpixelError(
                f"{source.labels}: images of shape {labels.shape}, but {truth.shape} in "
                f"{source.truth}; label that file again."
            )
        return np.concatenate(
            [
                confusion_counts(
                    truth.column("pixel_labels", start, start + batch_size),
                    labels.column("pixel_labels", start, start + batch_size),
                )
                for start in range(0, len(truth), batch_size)
            ]
        )


def accuracy_rows(
    sources: Sequence[Labelled], *, published: Table, model: str = "ssnet"
) -> pd.DataFrame:
    """Accuracies and confusion counts of each data set, and of each species where there are some.

    Args:
        published: table `ssnet_accuracy` of the paper, see `darkpixel.metrics.published`.

    Returns:
        Rows of `model`, `dataset`, `label` (`all` or a species), `observable`, `value`, `error`,
        `n` (images), `seeds`, `published`. Observables are those of `accuracy`, and
        `shower_as_track` and so on: pixels by true and predicted label, without error. `value` is
        the mean over seeds, `error` the root mean square of the seeds' errors.
    """
    counts = [(source, file_confusion(source)) for source in sources]
    rows = []
    for dataset in dict.fromkeys(source.dataset for source in sources):
        own = [(source, found) for source, found in counts if source.dataset == dataset]
        for label, chosen in _labels(own).items():
            shared = {"model": model, "dataset": dataset, "label": label}
            tail = {"n": len(chosen[0]), "seeds": len(chosen)}
            for name in OBSERVABLES:
                values, errors = np.transpose([accuracy(found, name) for found in chosen])
                known = published if (name, dataset, label) == PUBLISHED_FOR else {}
                rows.append(
                    shared
                    | {
                        "observable": name,
                        "value": float(values.mean()),
                        "error": float(np.sqrt(np.mean(errors**2))),
                    }
                    | tail
                    | {"published": published_value(known, model, "pixel_accuracy")}
                )
            mean = np.mean([found.sum(0) for found in chosen], axis=0)
            for (true, predicted), value in np.ndenumerate(mean):
                name = confusion_name(true, predicted)
                measured = {"observable": name, "value": float(value), "error": np.nan}
                rows.append(shared | measured | tail | {"published": np.nan})
    return pd.DataFrame(rows, columns=COLUMNS)


def confusion_name(true: int, predicted: int) -> str:
    """The observable of a confusion count: `shower_as_track`."""
    return f"{LABEL_NAMES[true]}_as_{LABEL_NAMES[predicted]}"


def accuracy_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Accuracies by data set and species, per cent, the paper's in brackets.

    Args:
        rows: from `accuracy_rows`.
    """
    header = ["data set", "images of", "non-zero pixels", "all pixels", "true shower",
              "true track", "images"]  # fmt: skip
    body = []
    for (dataset, label), own in rows.groupby(["dataset", "label"], sort=False):
        by_name = own.set_index("observable")
        cells = [_percent(by_name.loc[name]) for name in OBSERVABLES]
        body.append([str(dataset), str(label), *cells, str(own["n"].iloc[0])])
    note = (
        "Accuracy of SSNet's labels, % ± standard error (images as the units drawn); in brackets "
        "the paper's. Over non-zero pixels, the paper's measure; over all pixels, those without "
        "charge counting as background; over non-zero pixels of each true label. "
        f"Trainings: {rows['seeds'].max()}."
    )
    title = "# Accuracy of the track and shower labels"
    write_table(rows, stem, f"{title}\n\n{markdown_table(header, body)}\n{note}\n")


def _right_and_total(counts: Counts, observable: str) -> tuple[Counts, Counts]:
    """Pixels labelled rightly and pixels asked about, (N,) each."""
    diagonal = np.diagonal(counts, axis1=1, axis2=2)
    charged = counts[:, :, SHOWER:]  # predicted shower or track: above threshold
    if observable == "accuracy_all":
        return diagonal.sum(1), counts.sum((1, 2))
    if observable == "accuracy_nonzero":
        return diagonal[:, SHOWER:].sum(1), charged.sum((1, 2))
    label = {"accuracy_shower": SHOWER, "accuracy_track": TRACK}[observable]
    return diagonal[:, label], charged[:, label].sum(1)


def _labels(found: list[tuple[Labelled, Counts]]) -> dict[str, list[Counts]]:
    """Confusion counts by label, one entry a seed: all images, then each species."""
    chosen = {ALL: [counts for _, counts in found]}
    for source, counts in found:
        with ImageFile(source.truth) as file:
            if "species" not in file.columns:
                continue
            species = file.column("species")
        for code in np.unique(species).tolist():
            name = SPECIES.get(code, str(code))
            chosen.setdefault(name, []).append(counts[species == code])
    order = [ALL, *SPECIES.values(), *chosen]
    return {name: chosen[name] for name in order if name in chosen}


def _percent(row: "pd.Series[float]") -> str:
    if not np.isfinite(row["value"]):
        return "–"
    text = f"{100 * row['value']:.2f}"
    if np.isfinite(row["error"]):
        text += f" ± {100 * row['error']:.2f}"
    if np.isfinite(row["published"]):
        text += f" ({100 * row['published']:.1f})"
    return text
