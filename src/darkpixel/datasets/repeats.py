"""Events that a source holds more than once, such as a file merged with itself.

Copies of one event must not fall into different splits, where a training image would be a test
image. They are known by their pixels.
"""

import hashlib
import logging
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from darkpixel.formats.blocks import Block

FEWEST = 5
"""Images with fewer different values above zero may be equal by chance: blank ones, or hits."""
_NAMED = 5  # in the log

logger = logging.getLogger(__name__)


class Repeats:
    """Finds the events of a source that have the same pixels, as its blocks pass by."""

    def __init__(self) -> None:
        self._digests: list[NDArray[np.int64]] = []
        self._numbers: list[NDArray[np.int64]] = []
        self._count = 0

    def seen(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The same blocks."""
        for images, columns in blocks:
            self.see(images, columns.get("event"))
            yield images, columns

    def see_all(self, blocks: Iterator[Block]) -> None:
        """Take blocks into account that are read for this alone."""
        for _ in self.seen(blocks):
            pass

    def see(self, images: NDArray[np.float32], numbers: NDArray[np.int64] | None = None) -> None:
        """Take the next images, (n, H, W), into account; 16 bytes of each are kept.

        Args:
            numbers: (n,) by which a warning names the events; None: they are counted.
        """
        counted = np.arange(self._count, self._count + len(images))
        self._numbers.append(counted if numbers is None else numbers)
        # An image that may be equal by chance is a group of its own: negative, digests are not.
        digests = -1 - counted
        for place, image in enumerate(images):
            if len(np.unique(image[image > 0])) >= FEWEST:
                digest = hashlib.blake2b(image.tobytes(), digest_size=8).digest()
                digests[place] = int.from_bytes(digest) >> 1
        self._digests.append(digests)
        self._count += len(images)

    def groups(self, source: str) -> NDArray[np.int64] | None:
        """(total,) number of the first event with the same pixels; None if each occurs once.

        A warning says how many events occur more than once, and which.

        Args:
            source: named in the warning.
        """
        digests = np.concatenate([*self._digests, np.zeros(0, np.int64)])
        _, first, group = np.unique(digests, return_index=True, return_inverse=True)
        groups: NDArray[np.int64] = first[group]
        later = np.flatnonzero(groups != np.arange(len(groups)))
        if not len(later):
            return None
        number = np.concatenate(self._numbers)
        named = ", ".join(f"{number[k]} is {number[groups[k]]}" for k in later[:_NAMED])
        logger.warning(
            "%s: %d of %d events have the pixels of an earlier one (%s%s); copies are kept in one "
            "split: is the file merged with itself?",
            *(source, len(later), len(groups), named, ", ..." if len(later) > _NAMED else ""),
        )
        return groups
