"""What generated liquid-argon images are compared by, with and without the judge SSNet."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.datasets.charge import charge_per_unit
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.divergence import divergence_rows
from darkpixel.metrics.lartpc_observables import labelled_observables, pixel_side, track_shapes
from darkpixel.metrics.lartpc_rows import lartpc_rows
from darkpixel.metrics.observables import Source
from darkpixel.metrics.wasserstein import bootstrap_error, floor, wasserstein
from darkpixel.models.folder import load_config
from darkpixel.models.ssnet.labelling import label_file
from darkpixel.models.ssnet.model import SSNet

THRESHOLD = 0.2
"""Pixels above it count, in the files' unit (LArTPC figures 2 and 5)."""
_AT_ONCE = 1024
_BOOTSTRAPS = 100


def image_observables(path: str | Path) -> pd.DataFrame:
    """Observables of every image of a file that need no segmentation network.

    Returns:
        `pixels` above the threshold, `charge` of all pixels and `largest` pixel (MeV), `length`
        and `width` (cm) of the largest cluster of pixels above the threshold, which may have gaps
        of two pixels (`track_shapes`), and `extent` (cm), the diagonal of the box around all
        pixels above the threshold.
    """
    frames = []
    with ImageFile(path) as file:
        unit, side = charge_per_unit(file.attributes), pixel_side(file)
        for batch in file.batches(_AT_ONCE, []):
            images = batch["images"]
            nonzero = images > THRESHOLD
            length, width = track_shapes(nonzero, side)
            spans = [_span(np.any(nonzero, axis=axis)) for axis in (1, 2)]
            frames.append(
                pd.DataFrame(
                    {
                        "pixels": nonzero.sum((1, 2)),
                        "charge": images.sum((1, 2), dtype=np.float64) * unit,
                        "largest": images.max((1, 2)).astype(np.float64) * unit,
                        "length": length,
                        "width": width,
                        "extent": np.hypot(*spans) * side,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def _span(there: np.ndarray) -> np.ndarray:
    """From the first to the last true of each row (n, k); 0 without any."""
    first = there.argmax(1)
    last = there.shape[1] - 1 - there[:, ::-1].argmax(1)
    return np.where(there.any(1), last - first, 0)


def compare(found: pd.DataFrame, expected: pd.DataFrame) -> list[dict[str, Any]]:
    """W1 of each observable between samples and test images, with error and noise floor.

    As many images a side as both have, at most half the test images, so that the floor has two
    disjoint halves.

    Args:
        found, expected: `image_observables` of the samples and of the test images.
    """
    n = min(len(found), len(expected) // 2)
    rows = []
    for name in found.columns:
        a, b = (frame[name].to_numpy(np.float64) for frame in (found, expected))
        noise, spread = floor(b, n)
        rows.append(
            {
                "observable": name,
                "value": wasserstein(a[:n], b[:n]),
                "error": bootstrap_error(a[:n], b[:n], _BOOTSTRAPS),
                "floor": noise,
                "floor_error": spread,
                "n": n,
                "mean": a.mean(),
                "mean_error": a.std() / len(a) ** 0.5,
                "test_mean": b.mean(),
                "test_mean_error": b.std() / len(b) ** 0.5,
            }
        )
    return rows


def judge(
    model: SSNet,
    folder: str | Path,
    samples: Mapping[str, str | Path],
    test: str | Path,
    work: str | Path,
) -> dict[str, list[dict[str, Any]]]:
    """What table 4 and `observables` say, by an SSNet.

    Args:
        model: on its device; `folder` is where it was loaded from.
        samples: image files by the name of their model.
        test: image file; its labels are made once.
        work: folder for the label files.
    """
    images, settings = load_config(folder)["images"], LArTPCEvaluation()
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    labels: dict[str, Path] = {}
    for name, path in {"test": test, **samples}.items():
        labels[name] = work / f"{name}.h5"
        if not labels[name].exists():
            label_file(model, path, labels[name], images=images, threshold=settings.threshold)
    sources = [Source(name, 0, str(labels[name])) for name in samples]
    observables = labelled_observables(sources, str(labels["test"]), settings.low_confidence)
    about: dict[str, Any] = {"dataset": "lartpc", "label": "all", "settings": settings}
    tables = {
        "distances": lartpc_rows(observables, **about),
        "divergences": divergence_rows(sources, str(labels["test"]), published={}, **about),
    }
    return {name: table.to_dict("records") for name, table in tables.items()}
