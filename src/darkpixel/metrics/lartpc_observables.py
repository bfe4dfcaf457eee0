"""Observables of liquid-argon images that SSNet has labelled: counts, charges, tracks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.datasets.charge import charge_per_unit
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_format import SHOWER, TRACK
from darkpixel.metrics.lartpc_clusters import clustered, principal_axes
from darkpixel.metrics.observables import Source, check_image_size

Array = npt.NDArray[np.float64]
LARTPC_OBSERVABLES = (
    "track_length",
    "track_width",
    "shower_charge",
    "track_charge",
    "charge",
    "pixels",
    "shower_pixels",
    "track_pixels",
    "low_confidence_shower",
)
PIXELS_AT_ONCE = 2**22


def labelled_observables(
    sources: Sequence[Source], test_path: str, low_confidence: float
) -> pd.DataFrame:
    """Observables of every image of the test file and of every sample, streamed.

    Args:
        sources: label files of samples.
        test_path: label file of the test images.
        low_confidence: shower scores from 0.5 up to this are of low confidence.

    Returns:
        One row per image: `model` (`monte_carlo` for the test file), `seed`, `image` (its number
        in the file), `species` (PDG code, 0 where not known), and `LARTPC_OBSERVABLES`: numbers of
        pixels above the file's threshold (all, shower, track, and shower of low confidence:
        shower score at least 0.5 and below `low_confidence`), charges in MeV (`charge` of all
        pixels, the others of those with that label), `track_length` and `track_width` in cm (see
        `track_shapes`).

    Raises:
        DarkpixelError: a file is not a label file, or images differ in size from the test images.
    """
    frames = []
    with ImageFile(test_path) as test:
        image_size = test.shape[1:]
    for source in [Source(MONTE_CARLO, 0, test_path), *sources]:
        with ImageFile(source.path) as file:
            check_image_size(file, image_size, test_path)
            attributes = _label_attributes(file)
            size = max(1, PIXELS_AT_ONCE // (image_size[0] * image_size[1]))
            columns = ["pixel_labels", "shower_pixels", "track_pixels", "shower_scores"]
            columns += ["species"] if "species" in file.columns else []
            for start, batch in enumerate(file.batches(size, columns)):
                frame = pd.DataFrame(_observables(batch, attributes, low_confidence))
                frame.insert(0, "model", source.model)
                frame.insert(1, "seed", source.seed)
                frame.insert(2, "image", start * size + np.arange(len(frame)))
                frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def track_shapes(tracks: npt.NDArray[np.bool_], pixel_size: float) -> tuple[Array, Array]:
    """Length and width of the largest track of each image.

    Pixels belong to one cluster if at most two empty pixels lie between them (in row, column or
    diagonal): tracks cross gaps, which readout and generators leave. The largest cluster is the
    one of most pixels. Its principal axis is that of the covariance of the pixels' positions.

    Args:
        tracks: (N, H, W), true where a pixel is labelled track.
        pixel_size: cm.

    Returns:
        length: (N,) extent along the principal axis, between centres of pixels, cm. For a straight
            line at a random place it has the line's length as its mean, to a fraction of a pixel.
        width: (N,) root mean square distance from that axis, cm. Both are 0 for images without
            track pixels.
    """
    count = len(tracks)
    image, row, column, cluster = clustered(tracks, across_gaps=True)
    sizes = np.bincount(cluster)
    # Clusters are numbered image by image: the largest of an image, the first of equal ones.
    owner = np.zeros(len(sizes), dtype=np.intp)
    owner[cluster] = image
    best = np.zeros(count, dtype=np.intp)
    order = np.lexsort((-np.arange(len(sizes)), sizes))
    best[owner[order[sizes[order] > 0]]] = order[sizes[order] > 0]
    kept = cluster == best[image]
    axes = principal_axes(image[kept], row[kept], column[kept], count)
    return (axes.last - axes.first) * pixel_size, axes.spread[:, 1] * pixel_size


def _observables(
    batch: Mapping[str, npt.NDArray[Any]],
    attributes: Mapping[str, float],
    low_confidence: float,
) -> dict[str, npt.NDArray[Any]]:
    images, labels = batch["images"], batch["pixel_labels"]
    shower, track = labels == SHOWER, labels == TRACK
    length, width = track_shapes(track, attributes["pixel_size"])
    scores = batch["shower_scores"]
    edges = np.linspace(0, 1, scores.shape[1] + 1)
    tolerance = 1e-9  # edges are binary fractions of decimal numbers
    low = (edges[:-1] >= 0.5 - tolerance) & (edges[1:] <= low_confidence + tolerance)
    return {
        "species": batch.get("species", np.zeros(len(images), np.int32)),
        "track_length": length,
        "track_width": width,
        "shower_charge": _sums(images, shower) * attributes["charge_per_unit"],
        "track_charge": _sums(images, track) * attributes["charge_per_unit"],
        "charge": images.sum(axis=(1, 2), dtype=np.float64) * attributes["charge_per_unit"],
        "pixels": np.count_nonzero(images > attributes["threshold"], axis=(1, 2)),
        "shower_pixels": batch["shower_pixels"].astype(np.int64),
        "track_pixels": batch["track_pixels"].astype(np.int64),
        "low_confidence_shower": scores[:, low].sum(axis=1, dtype=np.int64),
    }


def _sums(images: npt.NDArray[np.float32], where: npt.NDArray[np.bool_]) -> Array:
    total: Array = np.sum(images, axis=(1, 2), dtype=np.float64, where=where)
    return total


def _label_attributes(file: ImageFile) -> dict[str, float]:
    """`threshold`, `pixel_size` (cm) and `charge_per_unit` (MeV) of a label file."""
    if "threshold" not in file.attributes or "pixel_labels" not in file.columns:
        raise DarkpixelError(
            f"{file.path}: no attribute `threshold` with `pixel_labels`; it is not a file of "
            "SSNet's labels: label the images first."
        )
    return {
        "threshold": float(file.attributes["threshold"]),
        "pixel_size": pixel_side(file),
        "charge_per_unit": charge_per_unit(file.attributes),
    }


def pixel_side(file: ImageFile) -> float:
    """The pixel side that the file states, cm.

    Raises:
        DarkpixelError: it states none, as a user's own file may.
    """
    if "pixel_size" not in file.attributes:
        raise DarkpixelError(
            f"{file.path}: attribute `pixel_size` is missing, and lengths need it; add it to the "
            "file's root, in cm (public data: 0.5)."
        )
    return float(file.attributes["pixel_size"])
