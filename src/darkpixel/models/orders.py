"""Orders in which an autoregressive model generates the pixels of a square image.

SARM section 4.2 generates along a spiral from the centre; section 6.1.4 compares other orders.
"""

import numpy as np
import numpy.typing as npt

from darkpixel.errors import DarkpixelError

Indices = npt.NDArray[np.int64]

ORDERS = ("spiral_out", "spiral_in", "row", "column", "random")


def order(name: str, side: int, seed: int = 0) -> Indices:
    """Raster indices (row * side + column) of all pixels in the order of generation, (side^2,).

    Args:
        name: `spiral_out` (each step goes to an adjacent pixel, and the first k^2 pixels are the
            central k x k square; for even sizes and odd k, or the reverse, that square is half a
            pixel off the centre), `spiral_in` (its reverse), `row`, `column`, or `random`.
        side: pixels per side.
        seed: of the random order.

    Raises:
        DarkpixelError: unknown name.

    Example:
        The place of each pixel of a spiral:

        >>> np.argsort(order("spiral_out", 3)).reshape(3, 3)
        array([[6, 7, 8],
               [5, 0, 1],
               [4, 3, 2]])
    """
    pixels = np.arange(side * side, dtype=np.int64)
    if name == "spiral_out":
        return _spiral(side)
    if name == "spiral_in":
        return _spiral(side)[::-1].copy()
    if name == "row":
        return pixels
    if name == "column":
        return pixels.reshape(side, side).T.reshape(-1).copy()
    if name == "random":
        return np.random.default_rng(seed).permutation(pixels)
    raise DarkpixelError(f"order: '{name}' is unknown; allowed are {', '.join(ORDERS)}.")


def _spiral(side: int) -> Indices:
    """From the centre: right 1, down 1, left 2, up 2, right 3, ..."""
    row = column = (side - 1) // 2
    path = [(row, column)]
    length, turn = 1, 0
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0))
    while len(path) < side * side:
        for _ in range(2):
            down, right = steps[turn % 4]
            for _ in range(length):
                row, column = row + down, column + right
                path.append((row, column))
            turn += 1
        length += 1
    rows, columns = np.array(path[: side * side], dtype=np.int64).T
    raster: Indices = rows * side + columns
    return raster
