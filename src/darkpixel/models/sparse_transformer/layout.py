"""Where the steps of a batch of images lie in one flat list of tokens, with little padding."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from darkpixel.models.sparse_transformer.sequences import Sequences, compiled

_ROUND = 1024  # flat tokens come in multiples of it: fewer shapes for cuBLAS and the allocator


class Layout(NamedTuple):
    """Where the tokens of a batch lie in the flat list; made on the host.

    Attributes:
        groups: (images, steps) of each group, in the order of the flat list.
        image: (N,) int64, image of each token.
        step: (N,) int64, pixels drawn before it.
        far: (M,) int64, tokens whose move goes beyond the window.
    """

    groups: list[tuple[int, int]]
    image: NDArray[np.int64]
    step: NDArray[np.int64]
    far: NDArray[np.int64]


def lay_out(sequences: Sequences, width: int, reach: int, groups: int) -> Layout:
    """Sort images by length into groups, each padded to its longest.

    Args:
        width: of the images, pixels.
        reach: of near moves, pixels.
        groups: at most so many.
    """
    lengths, lit = sequences.counts, int((sequences.counts > 0).sum())
    if not lit:
        nothing = np.empty(0, np.int64)
        return Layout([], nothing, nothing, nothing)
    order = np.argsort(-lengths, kind="stable")[:lit]  # a blank image has no step
    bounds = _bounds(lengths[order], min(groups, lit))
    steps = lengths[order[bounds[:-1]]]
    sizes = np.diff(bounds)
    total = int((sizes * steps).sum())
    if total > 16 * _ROUND:
        total += -total % _ROUND
    drawn = int(sequences.counts.sum())
    image, step = np.zeros(total, np.int64), np.full(total, lengths.max())
    far, found = np.empty(drawn, np.int64), np.zeros(1, np.int64)
    _write_layout(
        sequences.pixels,
        sequences.counts,
        order,
        bounds,
        steps,
        width,
        reach,
        image,
        step,
        far,
        found,
    )
    shapes = list(zip(sizes.tolist(), steps.tolist(), strict=True))
    return Layout(shapes, image, step, far[: found[0]])


def _bounds(lengths: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """Where groups of sorted lengths begin, and their end, so that they need little padding.

    A group of w images whose lengths fall by g an image is padded by w**2 g / 2; for a given number
    of groups the sum is least with w proportional to 1 / sqrt(g).
    """
    batch = len(lengths)
    knots = np.unique(np.linspace(0, batch, min(batch, 64) + 1).astype(np.int64))
    falls = -np.diff(lengths[np.minimum(knots, batch - 1)])
    weights = np.sqrt((falls + 0.1) * np.diff(knots))
    shares = np.append(0, weights.cumsum()) / weights.sum()
    bounds = np.interp(np.linspace(0, 1, groups + 1), shares, knots)
    return np.unique(bounds.round().astype(np.int64))


@compiled
def _write_layout(
    pixels: NDArray[np.int64],
    counts: NDArray[np.int64],
    order: NDArray[np.int64],
    bounds: NDArray[np.int64],
    steps: NDArray[np.int64],
    width: int,
    reach: int,
    image: NDArray[np.int64],
    step: NDArray[np.int64],
    far: NDArray[np.int64],
    found: NDArray[np.int64],
) -> None:
    """Write the flat list of tokens of `lay_out`.

    Args:
        pixels, counts: of `Sequences`.
        order: (B,) images, sorted by length.
        bounds, steps: (G + 1,) and (G,), where groups begin in `order` and their padded lengths.
        width: of the images, pixels.
        reach: of near moves, pixels.
        image, step: (N,), written; padding keeps what lies behind the last group.
        far, found: (M,) and (1,), written: tokens whose move goes beyond the reach, how many.
    """
    k, n = 0, 0
    for group in range(len(steps)):
        for place in range(bounds[group], bounds[group + 1]):
            b = order[place]
            last_y, last_x = 0, 0
            for t in range(steps[group]):
                image[k], step[k] = b, t
                if t < counts[b]:
                    y, x = pixels[b, t] // width, pixels[b, t] % width
                    if t == 0 or abs(y - last_y) > reach or abs(x - last_x) > reach:
                        far[n] = k
                        n += 1
                    last_y, last_x = y, x
                k += 1
    found[0] = n
