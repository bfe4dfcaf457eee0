"""Symmetries of images as augmentation: what an image turns into, and its columns with it.

A symmetry is a number from 0, which leaves the image, to 7: its bits turn the image upside down
(1), swap left and right (2), and then swap rows and columns (4). A crop with a margin (see
`darkpixel.formats.crop_margin`) turns into what the crop of the turned event would have been: the
same but where the charge centroid is a whole number of pixels, or so close to the edge of the whole
image that the crop of the turned event would have been refused.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from darkpixel.config.data import Symmetries
from darkpixel.formats.crop_margin import LABEL_MARGIN, MARGIN, WIDTH, size_of_margin
from darkpixel.formats.initial_state import DIRECTION, START

SYMMETRIES: Mapping[Symmetries, tuple[int, ...]] = MappingProxyType(
    {
        "none": (0,),
        "up_down": (0, 1),
        "left_right": (0, 2),
        "mirrors": (0, 1, 2, 3),
        "square": (0, 1, 2, 3, 4, 5, 6, 7),
    }
)
"""The symmetries that each name in the configuration stands for."""

_UP_DOWN, _LEFT_RIGHT, _SWAP = 1, 2, 4
_MIRRORED = {DIRECTION[0]: _UP_DOWN, DIRECTION[1]: _LEFT_RIGHT, "muon_eta": _LEFT_RIGHT}
"""Columns that change their sign with the image's rows or columns."""
_PAIRS = (START, DIRECTION[:2])
"""Columns that are swapped with rows and columns."""


def columns_needed(columns: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """Columns to read so that those of `columns` can be turned, the margins among them.

    Args:
        columns: that are wanted.
        available: in the image file.
    """
    needed = dict.fromkeys(columns)
    for pair in _PAIRS:
        if needed.keys() & set(pair):
            needed |= dict.fromkeys(pair)
    if MARGIN in available:
        needed[MARGIN] = None
        if "pixel_labels" in needed:
            needed[LABEL_MARGIN] = None
    return tuple(needed)


def turned(
    images: Tensor, columns: Mapping[str, Tensor], symmetries: NDArray[np.int64]
) -> tuple[Tensor, dict[str, Tensor]]:
    """Images (B, H, W) and their columns, each under its own symmetry; margins are used up.

    Args:
        images: on any device; square, if rows and columns are to be swapped.
        columns: (B, ...) each.
        symmetries: (B,), 0 to 7; on the host, so that a GPU need not be waited for.
    """
    shift = WIDTH if MARGIN in columns else 0
    found = {k: v for k, v in columns.items() if k not in (MARGIN, LABEL_MARGIN)}
    pictures = {"images": (images, columns.get(MARGIN))}
    if "pixel_labels" in found:
        pictures["pixel_labels"] = (found["pixel_labels"], columns.get(LABEL_MARGIN))
    made = {
        name: _turned_pictures(whole, margin, symmetries)
        for name, (whole, margin) in pictures.items()
    }
    code = torch.from_numpy(symmetries).to(images.device)
    height, width = images.shape[1:]
    for name, bit, side in ((START[0], _UP_DOWN, height), (START[1], _LEFT_RIGHT, width)):
        if name in found:
            mirrored = side - 1 + shift - found[name]
            found[name] = torch.where((code & bit) > 0, mirrored, found[name])
    for name, bit in _MIRRORED.items():
        if name in found:
            found[name] = torch.where((code & bit) > 0, -found[name], found[name])
    for one, other in _PAIRS:
        if one in found and other in found:
            swap, first, second = (code & _SWAP) > 0, found[one], found[other]
            found[one] = torch.where(swap, second, first)
            found[other] = torch.where(swap, first, second)
    turned_images = made.pop("images")
    return turned_images, {**found, **made}


def _turned_pictures(
    pictures: Tensor, margin: Tensor | None, symmetries: NDArray[np.int64]
) -> Tensor:
    """(B, H, W) under the symmetries (B,)."""
    shift = 0 if margin is None else WIDTH
    height, width = pictures.shape[1:]
    whole = pictures if margin is None else with_margin(pictures, margin)
    made = torch.empty_like(pictures)
    for symmetry in np.unique(symmetries).tolist():
        mine = torch.from_numpy(np.flatnonzero(symmetries == symmetry)).to(pictures.device)
        # A mirrored crop begins `shift` pixels further on.
        row = shift if symmetry & _UP_DOWN else 0
        column = shift if symmetry & _LEFT_RIGHT else 0
        part = whole[mine, row : row + height, column : column + width]
        axes = [axis for axis, bit in ((1, _UP_DOWN), (2, _LEFT_RIGHT)) if symmetry & bit]
        part = part.flip(axes) if axes else part
        made[mine] = part.transpose(1, 2) if symmetry & _SWAP else part
    return made


def with_margin(crops: Tensor, margin: Tensor) -> Tensor:
    """Crops (B, S, S) with their margins (B, M): (B, S + 2, S + 2)."""
    count, side = crops.shape[:2]
    if margin.shape != (count, size_of_margin(side)) or crops.shape[2] != side:
        raise ValueError(f"margins of shape {tuple(margin.shape)} of crops {tuple(crops.shape)}")
    split = WIDTH * (side + WIDTH)
    right = margin[:, split:].view(count, side, WIDTH)
    below = margin[:, :split].view(count, WIDTH, side + WIDTH)
    return torch.cat([torch.cat([crops, right], 2), below], 1)
