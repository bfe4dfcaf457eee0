"""Mean and standard error of values that come block by block."""

import math

import numpy as np
from numpy.typing import NDArray


class RunningMean:
    """Keeps three numbers, however many values come (Chan, Golub and LeVeque 1979).

    Example:
        >>> running = RunningMean()
        >>> running.add(np.array([1.0, 2.0]))
        >>> running.add(np.array([3.0, 6.0]))
        >>> running.mean, round(running.error, 4)
        (3.0, 1.0801)
    """

    def __init__(self) -> None:
        self.count, self.mean, self._squares = 0, 0.0, 0.0

    def add(self, values: NDArray[np.float64]) -> None:
        """Values (n,), at least one."""
        count, mean = len(values), float(values.mean())
        together, apart = self.count + count, mean - self.mean
        self._squares += float(np.square(values - mean).sum())
        self._squares += apart**2 * self.count * count / together
        self.mean += apart * count / together
        self.count = together

    @property
    def error(self) -> float:
        """Standard error of the mean; NaN for fewer than two values."""
        if self.count < 2:
            return math.nan
        return math.sqrt(self._squares / (self.count - 1) / self.count)
