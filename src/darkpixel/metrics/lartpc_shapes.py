"""Observables of liquid-argon images that need no segmentation network: cluster, ends, pieces.

They are functions of the pixels above a threshold, so that they judge a generator without a second
network in between, and mean the same whoever made the images. All hold for the plane, not for
space: a length is that of the projection, and a charge per length is larger than dE/dx by one over
the cosine of the angle to the plane. The eight rotations and reflections of an image have the same
values, but for rows and columns that change places.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.config.names import MONTE_CARLO
from darkpixel.datasets.charge import charge_per_unit
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.lartpc_clusters import Axes, Indices, clustered, principal_axes
from darkpixel.metrics.lartpc_observables import PIXELS_AT_ONCE, pixel_side
from darkpixel.metrics.observables import Source, check_image_size

Array = npt.NDArray[np.float64]

SHAPE_OBSERVABLES = (
    "length",
    "charge_per_length",
    "axis_ratio",
    "bend",
    "end_asymmetry",
    "opening_angle",
    "pieces",
    "isolated_pixels",
    "isolated_charge",
    "centroid_row",
    "centroid_column",
)
"""Names of the columns of `image_shapes`, in their order."""

SMALLEST_PIECE = 4
"""Pixels from which a cluster is a piece, with a direction of its own; smaller ones are isolated
pixels. In simulated showers clusters of 3 pixels hold 1.6 MeV on average: electrons that end
within a centimetre, two pixels. Beside the main cluster their number falls sixfold from 1 to 2
pixels, fourfold to 3, and by two with each pixel from there on; a simulated electron's image of
64 x 64 pixels has 53 isolated clusters and 4.4 pieces on average."""
END = 2.0
"""cm of the axis at each end of a main cluster whose charges are compared: in its last 2 cm a
proton loses 23 MeV/cm, 4.7 times as much as 20 cm before its end (PSTAR). The cap on the charge of
a voxel, in the public data as in ours, leaves about half of that rise."""
SHORTEST = 6.0
"""cm from which a main cluster has two ends and a middle of `END` each. Half a pixel of 0.5 cm at
either end, which the length does not know, is then at most a twelfth of it."""

ROUNDING = 1e-9
"""Pixels by which a place along an axis may be off: it is a sum of rounded numbers."""


class _Clusters(NamedTuple):
    """The clusters of N images; those of an image stand together, by charge, largest first."""

    number: Indices
    """(P,) of each pixel: which of the K clusters it belongs to."""
    image: Indices
    """(K,)"""
    pixels: Indices
    """(K,)"""
    main: npt.NDArray[np.bool_]
    """(K,) whether it is the image's cluster of the largest charge."""


def shape_observables(sources: Sequence[Source], test_path: str, threshold: float) -> pd.DataFrame:
    """Observables of every image of the test file and of every sample, streamed.

    Args:
        sources: image files of samples.
        test_path: image file of the test images.
        threshold: only pixels above it count, in the files' unit.

    Returns:
        One row per image: `model` (`monte_carlo` for the test file), `seed`, `image` (its number
        in the file), `species` (PDG code, 0 where not known), `momentum` (MeV/c, NaN where not
        known), `SHAPE_OBSERVABLES` (`image_shapes`), `charge` of all pixels (MeV) and number of
        `pixels` above the threshold.

    Raises:
        DarkpixelError: a file states no pixel size or its unit is no energy, or images differ in
            size from the test images.
    """
    frames = []
    with ImageFile(test_path) as test:
        image_size = test.shape[1:]
    size = max(1, PIXELS_AT_ONCE // (image_size[0] * image_size[1]))
    for source in [Source(MONTE_CARLO, 0, test_path), *sources]:
        with ImageFile(source.path) as file:
            check_image_size(file, image_size, test_path)
            side, unit = pixel_side(file), charge_per_unit(file.attributes)
            columns = [name for name in ("species", "momentum") if name in file.columns]
            for start, batch in enumerate(file.batches(size, columns)):
                images = batch["images"]
                shapes = image_shapes(images, threshold, pixel_size=side, charge_per_unit=unit)
                frame = pd.DataFrame(shapes)
                frame.insert(0, "model", source.model)
                frame.insert(1, "seed", source.seed)
                frame.insert(2, "image", start * size + np.arange(len(frame)))
                frame.insert(3, "species", batch.get("species", np.zeros(len(images), np.int32)))
                unknown = np.full(len(images), np.nan, np.float32)
                frame.insert(4, "momentum", batch.get("momentum", unknown))
                frame["charge"] = images.sum(axis=(1, 2), dtype=np.float64) * unit
                frame["pixels"] = np.count_nonzero(images > threshold, axis=(1, 2))
                frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def image_shapes(
    images: npt.NDArray[np.floating],
    threshold: float,
    *,
    pixel_size: float,
    charge_per_unit: float,
) -> dict[str, Array]:
    """Shapes of images; NaN where an image does not have what is measured.

    Pixels above the threshold that touch, at least with their corners, are a cluster. The *main
    cluster* of an image is the one of the largest charge; its axis is the principal axis of its
    pixels' positions, each pixel counted once. Clusters of at least `SMALLEST_PIECE` pixels are
    *pieces*; the pixels of smaller ones, but for the main cluster, are *isolated*.

    - `length`, cm: extent of the main cluster along its axis, between centres of pixels; on average
      the length of a straight line at a random place. One empty pixel ends it, unlike the track
      length of labelled images, so tracks with holes are short here. 0 for one pixel and for none.
    - `charge_per_length`, MeV/cm: charge of the main cluster over that length, from `SHORTEST` on.
      Tells protons from muons and pions; of a shower it is how dense the core is.
    - `axis_ratio`: root mean square distance from the axis over that along it, from 0 (a line) to 1
      (a disc), where the length is not 0. The width of showers; of a track only that of a pixel, of
      delta rays, and of the electron from a muon's decay.
    - `bend`, degrees: of the main cluster, between the lines that join the centres of its first
      and middle and of its middle and last third along the axis, from `SHORTEST` on. 0 for a
      straight line, 2 atan(3/4 tan(a/2)) for a line with a kink of a in its middle. Scattering and
      decays of tracks; the same whichever end came first.
    - `end_asymmetry`: (a - b) / (a + b) of the charges a >= b in the last `END` of the main cluster
      at its two ends, from `SHORTEST` on. The Bragg rise of a proton that stops in the image: 0.5
      where one end has three times the charge of the other. One image does not tell which end is
      the start, hence the larger over the smaller, in generated and test images alike; a uniform
      track, too, is above 0 by its fluctuations (simulated muons: 0.20 on average, protons 0.39).
      The average of the ratio itself would be set by a few clusters with a faint pixel at one end.
      Protons that interact or leave the image have no rise; of showers it is how unevenly they
      begin and end.
    - `opening_angle`, degrees, 0 to 90: between the axis of the main cluster and the line to the
      centre of the second piece (of the next largest charge), seen from the main cluster's end on
      the other side of its centre; of images with a second piece. In showers that piece is mostly
      a photon radiated ahead, and that end the start; of hadrons it is what neutral particles
      made, at any angle. Tracks have no second piece as a rule.
    - `pieces`: their number.
    - `isolated_pixels`, `isolated_charge` (MeV): number and charge of the isolated pixels.
    - `centroid_row`, `centroid_column`, cm: charge centroid of all pixels above the threshold,
      from the image's centre, down and to the right; of images with such pixels. Prepared images
      are cropped around the centroid rounded down to a whole pixel, which puts it half a pixel to
      three halves from the centre, unless the crop has cut charge off.

    Args:
        images: (N, H, W).
        threshold: in the unit of `images`.
        pixel_size: cm.
        charge_per_unit: MeV per unit of `images`.

    Returns:
        `SHAPE_OBSERVABLES`, each (N,) float64.
    """
    count = len(images)
    mask = images > threshold
    pixels = clustered(mask)
    charge = images[mask].astype(np.float64) * charge_per_unit
    clusters = _clusters(pixels.image, pixels.cluster, charge)
    piece = clusters.pixels >= SMALLEST_PIECE
    isolated = (~piece & ~clusters.main)[clusters.number]
    in_main = clusters.main[clusters.number]
    image = pixels.image[in_main]
    axes = principal_axes(image, pixels.row[in_main], pixels.column[in_main], count)
    length = (axes.last - axes.first) * pixel_size
    long = length >= SHORTEST
    main_charge = _sums(image, charge[in_main], count)
    low, high = _end_charges(image, charge[in_main], axes, END / pixel_size)
    centroid = [
        _over(_sums(pixels.image, charge * place, count), pixels.image, charge)
        for place in (pixels.row, pixels.column)
    ]
    found = {
        "length": length,
        "charge_per_length": _where(long, main_charge, length),
        "axis_ratio": _where(length > 0, axes.spread[:, 1], axes.spread[:, 0]),
        "bend": np.where(long, _bend(image, axes), np.nan),
        "end_asymmetry": _where(long, np.abs(high - low), high + low),
        "opening_angle": _opening_angle(pixels.row, pixels.column, clusters, piece, axes),
        "pieces": np.bincount(clusters.image[piece], minlength=count),
        "isolated_pixels": np.bincount(pixels.image[isolated], minlength=count),
        "isolated_charge": _sums(pixels.image[isolated], charge[isolated], count),
        "centroid_row": (centroid[0] - (images.shape[1] - 1) / 2) * pixel_size,
        "centroid_column": (centroid[1] - (images.shape[2] - 1) / 2) * pixel_size,
    }
    return {name: found[name].astype(np.float64) for name in SHAPE_OBSERVABLES}


def _clusters(image: Indices, cluster: Indices, charge: Array) -> _Clusters:
    """Number the clusters by image and charge; of equal charges the first in the image first."""
    _, first, number = np.unique(cluster, return_index=True, return_inverse=True)
    charges = np.bincount(number, charge, len(first))
    order = np.lexsort((-charges, image[first]))  # stable: by place in the image
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    owner = image[first][order]
    main = np.ones(len(owner), dtype=bool)
    main[1:] = owner[1:] != owner[:-1]
    number = rank[number]
    return _Clusters(number, owner, np.bincount(number, minlength=len(owner)), main)


def _end_charges(image: Indices, charge: Array, axes: Axes, end: float) -> tuple[Array, Array]:
    """(N,) charges within `end` pixels along the axis of the main cluster's two ends."""
    count = len(axes.first)
    low = axes.along <= axes.first[image] + end + ROUNDING
    high = axes.along >= axes.last[image] - end - ROUNDING
    return (
        _sums(image[low], charge[low], count),
        _sums(image[high], charge[high], count),
    )


def _bend(image: Indices, axes: Axes) -> Array:
    """(N,) degrees between the lines through the centres of three thirds.

    A pixel on the border belongs to the outer third, so that both ends are treated alike.
    """
    count = len(axes.first)
    width = (axes.last - axes.first)[image] / 3 + ROUNDING
    third = np.ones(len(image), dtype=np.intp)
    third[axes.along <= axes.first[image] + width] = 0
    third[axes.along >= axes.last[image] - width] = 2
    third += 3 * image
    pixels = np.maximum(np.bincount(third, minlength=3 * count), 1)
    along, across = (
        (np.bincount(third, values, 3 * count) / pixels).reshape(count, 3)
        for values in (axes.along, axes.across)
    )
    angles = np.arctan2(np.diff(across, axis=1), np.diff(along, axis=1))
    bend: Array = np.degrees(np.abs(angles[:, 1] - angles[:, 0]))
    return bend


def _opening_angle(
    row: Indices, column: Indices, clusters: _Clusters, piece: npt.NDArray[np.bool_], axes: Axes
) -> Array:
    """(N,) degrees between the main cluster's axis and its second piece, from the far end."""
    angle = np.full(len(axes.first), np.nan)
    other = np.flatnonzero(piece & ~clusters.main)
    owner, first = np.unique(clusters.image[other], return_index=True)
    if not len(owner):
        return angle
    total = len(clusters.image)
    centre = np.stack(
        [np.bincount(clusters.number, place, total) for place in (row, column)], axis=1
    )
    second = other[first]
    there = centre[second] / clusters.pixels[second, None]
    direction = axes.direction[owner]
    away = there - axes.centre[owner]
    ahead = np.einsum("ij,ij->i", away, direction)
    beside = np.abs(away[:, 0] * direction[:, 1] - away[:, 1] * direction[:, 0])
    # From the end behind: the first one where the piece lies on the side of the last.
    behind = np.where(ahead >= 0, axes.first[owner], -axes.last[owner])
    angle[owner] = np.degrees(np.arctan2(beside, np.abs(ahead) - behind))
    return angle


def _over(moment: Array, image: Indices, charge: Array) -> Array:
    """(N,) moment over the images' charges; NaN without charge."""
    total = _sums(image, charge, len(moment))
    return _where(total > 0, moment, total)


def _sums(image: Indices, values: Array, count: int) -> Array:
    """(N,) sums over the pixels of each image."""
    result: Array = np.bincount(image, values, count).astype(np.float64)
    return result


def _where(defined: npt.NDArray[np.bool_], above: Array, below: Array) -> Array:
    """above / below, NaN where not defined."""
    result: Array = np.divide(above, below, out=np.full(len(above), np.nan), where=defined)
    return result
