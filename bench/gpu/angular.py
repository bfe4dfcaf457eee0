"""What generated jets and muon images are compared by."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.two_sample import TwoSample
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.boosted_trees import high_level_auc
from darkpixel.metrics.features import Sample, compared_samples, image_features
from darkpixel.metrics.kinematics import pixel_size_of
from darkpixel.metrics.observables import Source, measure_observables
from darkpixel.metrics.two_sample import two_sample_rows

OBSERVABLES = ("pt", "mass", "sum", "nonzero", "girth", "maximum")
"""Columns of `measure_observables` that are compared."""


def angular_observables(path: str | Path) -> pd.DataFrame:
    """`OBSERVABLES` of every image of a file: energies in GeV."""
    return measure_observables([], str(path))[list(OBSERVABLES)]


def two_sample(
    samples: Mapping[str, Path], test: Path, train: Path, settings: TwoSample
) -> dict[str, Any]:
    """Boosted trees on physics features: samples against test images, with the controls.

    Args:
        samples: by the name of their model.
        test, train: images of the samples' label; the training images are the controls.
        settings: images a side, the trees.

    Returns:
        `rows`, as `two_sample_rows` gives them, and the `seconds` that they took.
    """
    began = time.monotonic()
    with ImageFile(test) as file:
        about = {"dataset": file.attributes["dataset"], "label": file.attributes["label"]}
    sources = [Source(name, 0, str(path)) for name, path in samples.items()]
    compared, n = compared_samples(sources, test=str(test), train=str(train), n=settings.n)
    with ImageFile(test) as file:
        pixel_size = pixel_size_of(file)

    def features(sample: Sample) -> NDArray[np.float64]:
        return np.concatenate([image_features(block, pixel_size) for block in sample.blocks(n)])

    real = features(Sample(MONTE_CARLO, 0, str(test)))
    areas = {
        sample: high_level_auc(features(sample), real, settings, sample.seed) for sample in compared
    }
    rows = two_sample_rows(areas, "high_level", **about, n=n)
    return {"rows": rows.to_dict("records"), "seconds": time.monotonic() - began}
