"""Accuracies of SSNet's labels by data set and species, as rows (LArTPC A.5)."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.published import Table, published_value
from darkpixel.metrics.segmentation import (
    Counts,
    accuracy,
    confusion_counts,
    confusion_name,
)
from darkpixel.metrics.uncertainty import over_seeds

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "n", "seeds", "published",
]  # fmt: skip

OBSERVABLES = ("accuracy_nonzero", "accuracy_all", "accuracy_shower", "accuracy_track")
ALL = "all"
PUBLISHED_FOR = ("accuracy_nonzero", "lartpc_vertex", ALL)
"""What the paper's accuracy is of: observable, data set and label (LArTPC A.5)."""


def has_labels(path: str | Path) -> bool:
    """Whether an image file knows what its pixels are."""
    with ImageFile(path) as file:
        return "pixel_labels" in file.columns


class Labelled(NamedTuple):
    """A data set and SSNet's answer to it."""

    dataset: str
    seed: int
    """Of the training of SSNet."""
    truth: str
    """Image file with the true `pixel_labels`; with `species`, each has rows of its own."""
    labels: str
    """Label file, as `darkpixel.models.ssnet.labelling.label_file` writes."""


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
        of_dataset = [pair for pair in counts if pair[0].dataset == dataset]
        for label, by_seed in _labels(of_dataset).items():
            shared = {"model": model, "dataset": dataset, "label": label}
            tail = {"n": len(by_seed[0]), "seeds": len(by_seed)}
            for name in OBSERVABLES:
                values, errors = np.transpose([accuracy(seed, name) for seed in by_seed])
                known = published if (name, dataset, label) == PUBLISHED_FOR else {}
                rows.append(
                    shared
                    | {"observable": name, **over_seeds(values, errors)}
                    | tail
                    | {"published": published_value(known, model, "pixel_accuracy")}
                )
            mean = np.mean([seed.sum(0) for seed in by_seed], axis=0)
            for (true, predicted), value in np.ndenumerate(mean):
                name = confusion_name(true, predicted)
                measured = {"observable": name, "value": float(value), "error": np.nan}
                rows.append(shared | measured | tail | {"published": np.nan})
    return pd.DataFrame(rows, columns=COLUMNS)


def _labels(pairs: list[tuple[Labelled, Counts]]) -> dict[str, list[Counts]]:
    """Confusion counts by label, one entry a seed: all images, then each species."""
    chosen = {ALL: [counts for _, counts in pairs]}
    for source, counts in pairs:
        with ImageFile(source.truth) as file:
            if "species" not in file.columns:
                continue
            species = file.column("species")
        for code in np.unique(species).tolist():
            name = SPECIES.get(code, str(code))
            chosen.setdefault(name, []).append(counts[species == code])
    order = [ALL, *SPECIES.values(), *chosen]
    return {name: chosen[name] for name in order if name in chosen}
