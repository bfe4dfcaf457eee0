"""From the cells of trimmed jets to images, after LAGAN (arXiv:1701.05927, section 2).

Rows are azimuth (row 0 at +phi), columns pseudorapidity ascending; the leading subjet is at the
centre, the subleading one below it (6 o'clock), and the right half is the heavier one. Pixels
hold transverse momentum in GeV; nothing is normalised.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.jets import JetImaging
from darkpixel.errors import DarkpixelError
from darkpixel.simulation.jets.events import JetEvents, read_blocks, read_header

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# What is kept beside each image; (chunk_seed, event) names the collision.
IMAGE_COLUMNS: dict[str, str] = {
    "jet_pt": "float32",
    "jet_eta": "float32",
    "jet_mass": "float32",
    "subjets": "int32",
    "event": "int64",
    "chunk_seed": "int64",
}
_BLOCK = 256  # images drawn at once: the working arrays fit in the processor's cache
_EDGE = 1e-9  # cells on the border of two pixels go to the upper one, whatever the rounding


def draw_images(
    cells: NDArray[np.floating[Any]],
    offsets: NDArray[np.integer[Any]],
    subjet_deta: NDArray[np.floating[Any]],
    subjet_dphi: NDArray[np.floating[Any]],
    imaging: JetImaging,
) -> NDArray[np.float32]:
    """Draw the images of n jets.

    Args:
        cells: (M, 3), delta eta and delta phi from the leading subjet, pT in GeV.
        offsets: (n + 1,), jet i owns `cells[offsets[i]:offsets[i + 1]]`.
        subjet_deta, subjet_dphi: (n,), from the leading to the subleading subjet; NaN where
            there is none, and the principal axis of the cells takes its place.

    Returns:
        (n, H, W) float32, GeV.
    """
    images = len(offsets) - 1
    drawn = np.zeros((images, imaging.pixels, imaging.pixels), np.float32)
    for start in range(0, images, _BLOCK):
        part = slice(start, min(start + _BLOCK, images))
        edges = np.asarray(offsets[start : part.stop + 1], np.int64)
        jet = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
        deta, dphi, pt = np.asarray(cells[edges[0] : edges[-1]], np.float64).T
        axis = np.arctan2(
            np.asarray(subjet_dphi[part], np.float64), np.asarray(subjet_deta[part], np.float64)
        )
        alone = np.isnan(axis)
        axis[alone] = _principal_axis(jet, deta, dphi, pt, len(axis))[alone]
        drawn[part] = _oriented(jet, deta, dphi, pt, -np.pi / 2 - axis, imaging)
    return drawn


def count_events(paths: Sequence[Path]) -> int:
    """Number of jets in the events files of one data set.

    Raises:
        DarkpixelError: a file is bad, two were made differently, or two hold the same collisions.
    """
    if not paths:
        raise DarkpixelError("jets: no events file to make images from.")
    headers = [read_header(path) for path in paths]
    for path, header in zip(paths, headers, strict=True):
        if header.config_digest != headers[0].config_digest:
            raise DarkpixelError(
                f"{path}: made with another label or other settings than {paths[0]}; "
                "delete one of them and run the simulation again."
            )
    seeds = [header.seed for header in headers]
    for i, seed in enumerate(seeds):
        if seed in seeds[:i]:
            raise DarkpixelError(
                f"{paths[i]}: has the same seed {seed} as {paths[seeds.index(seed)]}, hence the "
                "same collisions, which could end up in two splits; give each chunk its own seed."
            )
    return sum(header.images for header in headers)


def event_blocks(
    paths: Sequence[Path], imaging: JetImaging
) -> Iterator[tuple[NDArray[np.float32], dict[str, NDArray[Any]]]]:
    """Stream images and their `IMAGE_COLUMNS` from events files, in the order of the files.

    Raises:
        DarkpixelError: as `count_events`.
    """
    count_events(paths)
    for path in paths:
        seed = read_header(path).seed
        for jets in read_blocks(path):
            columns = {**jets.columns, "chunk_seed": np.full(len(jets), seed)}
            yield (
                _drawn(jets, imaging),
                {name: columns[name].astype(dtype) for name, dtype in IMAGE_COLUMNS.items()},
            )


def _drawn(jets: JetEvents, imaging: JetImaging) -> NDArray[np.float32]:
    axis = (jets.columns["subjet_deta"], jets.columns["subjet_dphi"])
    return draw_images(jets.cells, jets.offsets, *axis, imaging)


def _principal_axis(jet: Integers, deta: Floats, dphi: Floats, pt: Floats, jets: int) -> Floats:
    """Angle of the axis of largest pT-weighted spread of each jet, in (-pi/2, pi/2]."""

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(jet, pt * values, jets) / np.bincount(jet, pt, jets))

    x, y = deta - mean(deta)[jet], dphi - mean(dphi)[jet]
    return 0.5 * np.arctan2(2 * mean(x * y), mean(x * x) - mean(y * y))


def _oriented(
    jet: Integers, deta: Floats, dphi: Floats, pt: Floats, angle: Floats, imaging: JetImaging
) -> Floats:
    """Pixelate, rotate counter-clockwise by `angle` (n,), flip, and drop the faintest pixels."""
    if imaging.rotation == "cells":
        cos, sin = np.cos(angle)[jet], np.sin(angle)[jet]
        turned = cos * deta - sin * dphi, sin * deta + cos * dphi
        images = _pixelated(jet, *turned, pt, len(angle), imaging)
    else:
        images = rotated(_pixelated(jet, deta, dphi, pt, len(angle), imaging), angle)
    half = imaging.pixels // 2
    left, right = images[:, :, :half].sum((1, 2)), images[:, :, -half:].sum((1, 2))
    images = np.where((left > right)[:, None, None], images[:, :, ::-1], images)
    images[images < imaging.threshold] = 0
    return images


def _pixelated(
    jet: Integers, deta: Floats, dphi: Floats, pt: Floats, jets: int, imaging: JetImaging
) -> Floats:
    """(n, H, W): sum of pT cosh(delta eta) / cosh(delta eta of the pixel centre).

    Each pixel thus keeps the energy of its cells, as LAGAN's images do.
    """
    size, pixels = imaging.pixel_size, imaging.pixels
    reach = size * pixels / 2
    column = np.floor((deta + reach) / size + _EDGE).astype(np.int64)
    row = np.floor((reach - dphi) / size + _EDGE).astype(np.int64)
    inside = (column >= 0) & (column < pixels) & (row >= 0) & (row < pixels)
    centre = size * (column + 0.5) - reach
    value = pt * np.cosh(deta) / np.cosh(centre)
    address = (jet * pixels + row) * pixels + column
    summed = np.bincount(address[inside], value[inside], jets * pixels * pixels)
    return summed.reshape(jets, pixels, pixels).astype(np.float64, copy=False)


def rotated(images: Floats, angle: Floats) -> Floats:
    """Rotate images counter-clockwise about their centres with the Catmull-Rom cubic.

    Equal to scikit-image's `rotate(order=3)`, which LAGAN used: zero outside, and the result
    clipped to the range of the image. Few pixels are above zero, so each of them is spread over
    the 6 x 6 pixels that it can reach, rather than each pixel gathered from its 16 neighbours.

    Args:
        images: (n, N, N), not negative; angle: (n,), radians.
    """
    pixels = images.shape[-1]
    middle = (pixels - 1) / 2
    jet, row, column = np.nonzero(images)
    cos, sin = np.cos(angle)[jet], np.sin(angle)[jet]
    x, y = column - middle, middle - row  # y points up, rows down
    to_column = np.floor(middle + cos * x - sin * y)
    to_row = np.floor(middle - sin * x - cos * y)
    # The kernel reaches 2 pixels along the axes of the old image: 2 sqrt(2) along the new ones.
    steps = np.arange(-2, 4)
    new_column, new_row = to_column[:, None] + steps, to_row[:, None] + steps
    new_x, new_y = new_column - middle, middle - new_row
    # Where each new pixel was, minus where the old pixel is: (M, rows, columns).
    dx = (cos[:, None] * new_x - x[:, None])[:, None, :] + (sin[:, None] * new_y)[:, :, None]
    dy = (cos[:, None] * new_y - y[:, None])[:, :, None] - (sin[:, None] * new_x)[:, None, :]
    in_row = (new_row >= 0) & (new_row < pixels)
    in_column = (new_column >= 0) & (new_column < pixels)
    reached = (np.abs(dx) < 2) & (np.abs(dy) < 2) & in_row[:, :, None] & in_column[:, None, :]
    old, r, c = np.nonzero(reached)
    value = images[jet, row, column][old] * _catmull_rom(dx[reached]) * _catmull_rom(dy[reached])
    address = (jet[old] * pixels + new_row[old, r]) * pixels + new_column[old, c]
    turned = np.bincount(address.astype(np.int64), value, images.size).reshape(images.shape)
    return np.clip(turned, 0, images.max((1, 2), keepdims=True))


def _catmull_rom(distance: Floats) -> Floats:
    """The interpolating cubic with a = -0.5 (Keys 1981), for distances below 2."""
    d = np.abs(distance)
    near = (1.5 * d - 2.5) * d * d + 1
    far = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d < 1, near, far)
