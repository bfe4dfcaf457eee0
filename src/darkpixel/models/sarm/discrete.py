"""D+D: a non-zero pixel takes one of N levels (SARM section 4.1).

The levels are a grid that is uniform in x^(1/p). SARM's softmax over zero and the levels
(equation 4.2) is split into gamma and the softmax over the levels alone, which is exact.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.grid_levels import level_count
from darkpixel.models.sarm.likelihoods import Likelihood


class Discrete(Likelihood):
    """Categorical over a grid of levels (D+D).

    The grid is uniform in x^(1/p): g_j = (j / N)^p xmax for j = 1 ... N. The network gives
    `width` numbers a pixel, and one 1x1 convolution shared by all pixels turns them into N
    logits: the "upsampling layer" of SARM section 8.6.
    """

    grid: Tensor
    power: Tensor

    def __init__(self, width: int = 10, levels: int | None = None, power: float = 1.0) -> None:
        super().__init__()
        self.size = width
        self.levels = levels
        count = levels or 276  # until `fit`: SARM section 2.1 has values up to 276
        self.upsample = nn.Linear(width, count)
        nn.init.normal_(self.upsample.weight, std=0.1)
        self.register_buffer("power", torch.tensor(float(power)))
        self.register_buffer("grid", power_grid(count, power, 276.0))

    def fit(self, largest: float, typical: float) -> None:
        count = self.levels or level_count(largest)
        self._resize(count)
        # The grid covers the training images: its last level is a whole one.
        self.grid = power_grid(count, float(self.power), float(level_count(largest)))

    def counts(self, x: Tensor) -> Tensor:
        return torch.bincount(self.level(x).flatten(), minlength=len(self.grid) + 1)[1:]

    @torch.no_grad()
    def start_from(self, counts: Tensor) -> None:
        """Begin with the frequencies of the levels, smoothed.

        Training hardly moves the logits of levels that it meets a few times, so what the rare
        large pixels begin with is what they end with.
        """
        frequencies = smoothed_counts(counts)
        self.upsample.bias.copy_((frequencies / frequencies.sum()).log())

    def _resize(self, count: int) -> None:
        if count == self.upsample.out_features:
            return
        self.upsample = nn.Linear(self.size, count)
        nn.init.normal_(self.upsample.weight, std=0.1)
        self.grid = self.grid.new_zeros(count)

    def adopt_shapes(self, state: Mapping[str, Tensor], prefix: str) -> None:
        """Take the number of levels from stored weights."""
        if f"{prefix}grid" in state:
            self._resize(len(state[f"{prefix}grid"]))

    def level(self, x: Tensor) -> Tensor:
        """Number of the nearest level in x^(1/p), 0 (for x = 0) ... N, int64."""
        count = len(self.grid)
        return ((x / self.grid[-1]).pow(1 / self.power) * count).round().clamp(0, count).long()

    def quantise(self, x: Tensor) -> Tensor:
        level = self.level(x)
        return torch.where(level > 0, self.grid[(level - 1).clamp(min=0)], 0.0)

    def _cell(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """Ends of the cells of levels, GeV.

        Cells end half way between levels in x^(1/p); the last one ends half a step above it.
        """
        steps = (torch.stack([level - 0.5, level + 0.5]) / len(self.grid)).clamp(min=0)
        low, high = steps.pow(self.power) * self.grid[-1]
        return low, high

    def spread(self, x: Tensor, u: Tensor) -> Tensor:
        level = self.level(x)
        low, high = self._cell(level)
        return torch.where(level > 0, low + u * (high - low), 0.0)

    def log_width(self, x: Tensor) -> Tensor:
        """Log of the width of the cell around x, GeV; 0 where x falls to level 0, a point mass."""
        level = self.level(x)
        low, high = self._cell(level)
        return torch.where(level > 0, (high - low).log(), 0.0)

    def clipped(self, x: Tensor) -> int:
        """Pixels more than half a step above the last level."""
        count = len(self.grid)
        top = self.grid[-1] * (1 + 0.5 / count) ** self.power
        return int((x > top).sum())

    def _logits(self, parameters: Tensor) -> Tensor:
        """(n, width) -> (n, N), in float32: bfloat16 would round rare levels' logits by 0.06."""
        with torch.autocast(parameters.device.type, enabled=False):
            logits: Tensor = self.upsample(parameters.float())
            return logits

    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:
        return -F.cross_entropy(self._logits(parameters), self.level(x) - 1, reduction="none")

    def sample(self, parameters: Tensor, u1: Tensor, u2: Tensor) -> Tensor:
        cumulative = torch.softmax(self._logits(parameters), -1).cumsum(-1)
        level = (u1[:, None] * cumulative[:, -1:] >= cumulative).sum(-1)
        return self.grid[level.clamp(max=len(self.grid) - 1)]


def smoothed_counts(counts: Tensor, least: int = 10) -> Tensor:
    """Counts (N,) of which neighbouring rare ones are shared, (N,) float64, all positive.

    Levels of at least `least` counts keep theirs. Runs of rarer ones are cut, from the top down,
    into groups of up to `least` counts, and each level gets its group's mean. Levels above the
    largest that occurs, and other empty groups, get 1 / N: one count in all, were every level so.
    """
    wide = counts.double()
    rare = wide < least

    def above(values: Tensor) -> Tensor:
        return values.flip(0).cumsum(0).flip(0)

    run, part = above((~rare).double()), (above(wide * rare) / least).ceil()
    groups, group = torch.unique(torch.stack([run, part]), dim=1, return_inverse=True)
    totals, members = (
        torch.zeros(groups.shape[1], dtype=wide.dtype).index_add(0, group, values)
        for values in (wide * rare, rare.double())
    )
    means = totals / members.clamp(min=1)
    return torch.where(rare, means[group], wide).clamp(min=1 / len(wide))


def power_grid(count: int, power: float, largest: float) -> Tensor:
    """Levels g_1 ... g_count, uniform in x^(1 / power) up to `largest`, (count,) GeV."""
    steps = torch.arange(1, count + 1, dtype=torch.float64) / count
    return (steps.pow(power) * largest).float()
