"""The scale of pixel values, taken from the training images."""

from typing import NamedTuple

from torch import Tensor


class Scale(NamedTuple):
    """The scale of values, scalars.

    Attributes:
        low, high: natural logarithm of the smallest and the largest value.
        mean: value of a non-zero pixel.
        total: mean sum of an image.
    """

    low: Tensor
    high: Tensor
    mean: Tensor
    total: Tensor

    def level(self, value: Tensor) -> Tensor:
        """Logarithm of values as a number from 0.1 to 1.1, which is the network's input."""
        share = (value.log() - self.low) / (self.high - self.low)
        return share.clamp(0.0, 1.0) + 0.1

    def bin(self, value: Tensor, bins: int) -> Tensor:
        """The bin of values, int64, an input; those out of range count to the outermost."""
        share = (value.log() - self.low) / (self.high - self.low)
        return (share * bins).long().clamp(0, bins - 1)
