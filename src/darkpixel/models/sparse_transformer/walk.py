"""The order in which the non-zero pixels of an image are drawn: a walk along what hangs together.

Clusters of a few pixels come first: from the end of the cluster with most charge to the nearest
pixel not yet visited, straight ahead where there is a choice. Where none is near, the walk goes
on at the pixel that is nearest to anything visited. Single pixels come last, along the axis from
the start to the charge centroid of the clusters.

The walk is a pure function of the image, the same on every machine: sums are integers, and
floating-point charges are compared but never added. It is equivariant: rotated and reflected
images have the rotated and reflected walk, as long as no two charges are equal where everything
else is (then the first in raster order comes first).
"""

import numpy as np
from numpy.typing import NDArray

from darkpixel.models.sparse_transformer.sequences import Sequences, compiled, in_pieces

CHARGE_UNITS = 65536.0
"""Fixed-point units per unit of charge: a power of two, so that scaling is exact."""

_LARGEST = 2.0**38  # fixed-point units; moments of 65,536 pixels, 256 away, stay within 63 bits
_LONGEST_AXIS = 2**40  # leaves room for products with distances
_STEP = 1024  # fixed-point units of the direction, per pixel of a step
_NEAR = 8  # squared pixels: two diagonal steps
_OFFSETS = np.array(
    sorted(
        (
            (dy * dy + dx * dx, dy, dx)
            for dy in range(-2, 3)
            for dx in range(-2, 3)
            if (dy, dx) != (0, 0)
        ),
    ),
    dtype=np.int64,
)


def walks(images: NDArray[np.float32], cluster_pixels: int = 4, threads: int = 1) -> Sequences:
    """The walks of images (B, H, W).

    Args:
        images: not negative; a pixel is drawn if it is above zero.
        cluster_pixels: smallest cluster that is walked before the single pixels.
        threads: to share the images.

    Example:
        Along a bent track, then to a single pixel:

        >>> image = np.float32([[0, 2, 0, 0], [3, 0, 1, 0], [4, 0, 0, 0], [0, 0, 0, 1]])
        >>> walk = walks(image[None])
        >>> [divmod(pixel, 4) for pixel in walk.pixels[0].tolist()]
        [(2, 0), (1, 0), (0, 1), (1, 2), (3, 3)]
        >>> walk.values[0].tolist()
        [4.0, 3.0, 2.0, 1.0, 1.0]
    """

    def write(part: slice, into: Sequences) -> None:
        _walk_images(images[part], cluster_pixels, into.pixels, into.values)

    images = np.ascontiguousarray(images, np.float32)
    return in_pieces(images, write, threads)


@compiled
def _walk_images(
    images: NDArray[np.float32],
    cluster_pixels: int,
    pixels: NDArray[np.int64],
    charges: NDArray[np.float32],
) -> None:
    batch, height, width = images.shape
    place = np.empty((height, width), np.int64)  # index of the pixel in the lists below, or -1
    most = pixels.shape[1]
    ys, xs = np.empty(most, np.int64), np.empty(most, np.int64)
    for b in range(batch):
        n = 0
        for y in range(height):
            for x in range(width):
                place[y, x] = -1
                if images[b, y, x] > 0:
                    place[y, x] = n
                    ys[n], xs[n] = y, x
                    charges[b, n] = images[b, y, x]
                    n += 1
        if n == 0:
            continue
        charge = charges[b, :n].copy()
        order = _walk(ys[:n], xs[:n], charge, place, cluster_pixels)
        for k in range(n):
            i = order[k]
            pixels[b, k] = ys[i] * width + xs[i]
            charges[b, k] = charge[i]


@compiled
def _walk(
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    charge: NDArray[np.float32],
    place: NDArray[np.int64],
    cluster_pixels: int,
) -> NDArray[np.int64]:
    """The order of one image's pixels, as indices; `place` is changed."""
    n = len(ys)
    cluster, size, total = _clusters(ys, xs, charge, place)
    main = 0  # the cluster with most charge, of those that are large enough if any is
    for c in range(len(size)):
        large, main_large = size[c] >= cluster_pixels, size[main] >= cluster_pixels
        if (large and not main_large) or (large == main_large and total[c] > total[main]):
            main = c
    left = np.empty(n, np.bool_)  # pixels of clusters
    cores, main_y, main_x = 0, 0, 0
    for i in range(n):
        left[i] = size[cluster[i]] >= cluster_pixels or cluster[i] == main
        if left[i]:
            cores += 1
        else:
            place[ys[i], xs[i]] = -1  # not met by the walk
        if cluster[i] == main:
            main_y, main_x = main_y + ys[i], main_x + xs[i]
    start, farthest = -1, -1
    for i in range(n):
        if cluster[i] == main:
            dy, dx = size[main] * ys[i] - main_y, size[main] * xs[i] - main_x
            distance = dy * dy + dx * dx
            if distance > farthest or (distance == farthest and charge[i] > charge[start]):
                start, farthest = i, distance
    order = np.empty(n, np.int64)
    _walk_clusters(ys, xs, charge, place, left.copy(), start, cores, order)
    axis_y, axis_x = 0, 0
    for i in range(n):
        if left[i]:
            units = _units(charge[i])
            axis_y += units * (ys[i] - ys[start])
            axis_x += units * (xs[i] - xs[start])
    while max(abs(axis_y), abs(axis_x)) > _LONGEST_AXIS:
        axis_y, axis_x = _quotient(axis_y, 2), _quotient(axis_x, 2)
    _line_up(ys, xs, charge, left, start, axis_y, axis_x, order, cores)
    return order


@compiled
def _clusters(
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    charge: NDArray[np.float32],
    place: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Clusters of touching pixels (corners touch): of each pixel; pixels and charge of each."""
    n, (height, width) = len(ys), place.shape
    cluster = np.full(n, -1, np.int64)
    size, total = np.zeros(n, np.int64), np.zeros(n, np.int64)
    stack = np.empty(n, np.int64)
    found = 0
    for first in range(n):
        if cluster[first] >= 0:
            continue
        cluster[first], stack[0], depth = found, first, 1
        while depth:
            depth -= 1
            i = stack[depth]
            size[found] += 1
            total[found] += _units(charge[i])
            for y in range(max(ys[i] - 1, 0), min(ys[i] + 2, height)):
                for x in range(max(xs[i] - 1, 0), min(xs[i] + 2, width)):
                    j = place[y, x]
                    if j >= 0 and cluster[j] < 0:
                        cluster[j], stack[depth] = found, j
                        depth += 1
        found += 1
    return cluster, size[:found], total[:found]


@compiled
def _walk_clusters(
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    charge: NDArray[np.float32],
    place: NDArray[np.int64],
    left: NDArray[np.bool_],
    start: int,
    cores: int,
    order: NDArray[np.int64],
) -> None:
    """Write the walk through the `left` pixels to order[:cores]; `left` is changed."""
    n, (height, width) = len(ys), place.shape
    gap = np.full(n, 2**62, np.int64)  # squared distance to the pixels visited before `known`
    known = 0
    here, ahead_y, ahead_x = start, 0, 0
    seen_y, seen_x = np.empty(n, np.int64), np.empty(n, np.int64)  # of the pixels visited
    left[start], order[0], seen_y[0], seen_x[0] = False, start, ys[start], xs[start]
    place[ys[start], xs[start]] = -1
    for k in range(1, cores):
        best, nearest, best_ahead = -1, _NEAR, 0
        for o in range(len(_OFFSETS)):
            distance, dy, dx = _OFFSETS[o, 0], _OFFSETS[o, 1], _OFFSETS[o, 2]
            if best >= 0 and distance > nearest:
                break
            y, x = ys[here] + dy, xs[here] + dx
            if y < 0 or y >= height or x < 0 or x >= width or place[y, x] < 0:
                continue
            i, ahead = place[y, x], dy * ahead_y + dx * ahead_x
            if best < 0 or ahead > best_ahead or (ahead == best_ahead and charge[i] > charge[best]):
                best, nearest, best_ahead = i, distance, ahead
        if best < 0:  # a dead end
            nearest_here = 0
            for i in range(n):
                if not left[i]:
                    continue
                least, row, column = gap[i], ys[i], xs[i]
                for v in range(known, k):
                    dy, dx = row - seen_y[v], column - seen_x[v]
                    least = min(least, dy * dy + dx * dx)
                gap[i] = least
                dy, dx = ys[i] - ys[here], xs[i] - xs[here]
                distance, ahead = dy * dy + dx * dx, dy * ahead_y + dx * ahead_x
                if best >= 0:
                    if gap[i] != gap[best]:
                        better = gap[i] < gap[best]
                    elif distance != nearest_here:
                        better = distance < nearest_here
                    elif ahead != best_ahead:
                        better = ahead > best_ahead
                    else:
                        better = charge[i] > charge[best]
                    if not better:
                        continue
                best, nearest_here, best_ahead = i, distance, ahead
            known = k
        ahead_y = _quotient(3 * ahead_y, 5) + _STEP * (ys[best] - ys[here])
        ahead_x = _quotient(3 * ahead_x, 5) + _STEP * (xs[best] - xs[here])
        here = best
        left[here], order[k], seen_y[k], seen_x[k] = False, here, ys[here], xs[here]
        place[ys[here], xs[here]] = -1


@compiled
def _units(charge: float) -> int:
    return int(min(charge * CHARGE_UNITS, _LARGEST))


@compiled
def _quotient(value: int, divisor: int) -> int:
    """Rounded towards zero, so that opposite directions stay opposite."""
    return value // divisor if value >= 0 else -(-value // divisor)


@compiled
def _line_up(
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    charge: NDArray[np.float32],
    walked: NDArray[np.bool_],
    start: int,
    axis_y: int,
    axis_x: int,
    order: NDArray[np.int64],
    begin: int,
) -> None:
    """Write the single pixels to order[begin:], sorted by their place along the axis."""
    n, end = len(ys), begin
    keys = np.empty((n, 3), np.int64)
    for i in range(n):
        if walked[i]:
            continue
        dy, dx = ys[i] - ys[start], xs[i] - xs[start]
        keys[i, 0] = dy * axis_y + dx * axis_x
        keys[i, 1] = abs(dy * axis_x - dx * axis_y)
        keys[i, 2] = dy * dy + dx * dx
        k = end  # an insertion sort: there are few
        while k > begin and _before(keys, charge, i, order[k - 1]):
            order[k] = order[k - 1]
            k -= 1
        order[k] = i
        end += 1


@compiled
def _before(keys: NDArray[np.int64], charge: NDArray[np.float32], i: int, j: int) -> bool:
    for k in range(3):
        if keys[i, k] != keys[j, k]:
            return bool(keys[i, k] < keys[j, k])
    return bool(charge[i] > charge[j])
