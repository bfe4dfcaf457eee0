"""What is drawn before any pixel: how many there are and, with `shares`, their sum.

p(count | conditions) is a histogram, exact for few pixels, in bins of 3 % for many, uniform within
a bin; a blank image has a probability of its own. p(log sum | count, conditions) is a density in
bins (see `binned`).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sampling import draw_categories
from darkpixel.models.sparse_transformer.binned import TAILS, Bins
from darkpixel.models.sparse_transformer.inputs import exact
from darkpixel.models.sparse_transformer.settings import Settings

_EXACT = 64  # counts below it have a bin each
_GROWTH = 1.03  # of the others, end over begin
_SUM_BINS = 200


def count_edges(places: int) -> NDArray[np.int64]:
    """First count of each bin, and one beyond the last, for images of `places` pixels."""
    edges = list(range(min(_EXACT, places + 1)))
    while edges[-1] <= places:
        edges.append(max(edges[-1] + 1, round(edges[-1] * _GROWTH)))
    return np.array([*[edge for edge in edges if edge <= places], places + 1])


class Totals(nn.Module):
    """Heads of the count and of the sum.

    Args:
        options: the settings.
        places: pixels of an image.
    """

    edges: Tensor
    sum_range: Tensor

    def __init__(self, options: Settings, places: int) -> None:
        super().__init__()
        self.with_sum = options.values == "shares"
        d = options.width
        edges = count_edges(places)
        self.register_buffer("edges", torch.from_numpy(edges), persistent=False)
        self.bins = len(edges) - 1
        self.count_hidden = nn.Sequential(nn.Linear(d, d), nn.GELU())
        self.count = nn.Linear(d, self.bins)
        with torch.no_grad():
            self.count.weight.mul_(0.1)
        if self.with_sum:
            self.sum_input = nn.Linear(self.bins + 2, d)
            self.sum_hidden = nn.Sequential(nn.GELU(), nn.Linear(d, d), nn.GELU())
            self.sum = nn.Linear(d, _SUM_BINS + TAILS)
            with torch.no_grad():
                self.sum.weight.mul_(0.1)
            # Of the logarithm, until `start_from` says more.
            self.register_buffer("sum_range", torch.tensor([-7.0, 7.0]))

    @property
    def sum_bins(self) -> Bins:
        """Of the logarithm of the sum."""
        return Bins(self.sum_range[0], self.sum_range[1], _SUM_BINS, tail=0.02)

    @torch.no_grad()
    def start_from(self, counts: Tensor, sums: Tensor) -> None:
        """Start from the frequencies of training images: counts (N,) and sums (N,)."""
        found = self.bin(counts.to(self.edges.device)).bincount(minlength=self.bins).double() + 0.1
        self.count.bias.copy_((found / found.sum()).log())
        if self.with_sum and bool((sums > 0).any()):
            logs = sums[sums > 0].double().log().to(self.sum_range.device)
            self.sum_range[0], self.sum_range[1] = logs.min() - 1e-4, logs.max() + 1e-4
            bins = self.sum_bins
            found = bins.category(logs).bincount(minlength=bins.categories).double() + 0.1
            self.sum.bias.copy_((found / found.sum()).log())

    def bin(self, counts: Tensor) -> Tensor:
        """The bin of each count (N,)."""
        return torch.bucketize(counts, self.edges, right=True) - 1

    def count_logits(self, condition: Tensor) -> Tensor:
        """(B, bins) float32 of conditions (B, width)."""
        with torch.autocast(condition.device.type, enabled=False):
            return exact(self.count, self.count_hidden(condition.float()))

    def sum_logits(self, condition: Tensor, counts: Tensor) -> Tensor:
        """(B, categories) float32 of the logarithm of the sum of images of `counts` pixels."""
        with torch.autocast(condition.device.type, enabled=False):
            hot = F.one_hot(self.bin(counts), self.bins).float()
            number = counts.float()[:, None]
            inputs = torch.cat([hot, number / 100, number.clamp(min=1).log() / 3], 1)
            hidden = self.sum_hidden(exact(self.sum_input, inputs) + condition.float())
            return exact(self.sum, hidden)

    def nats(self, condition: Tensor, counts: Tensor, sums: Tensor) -> Tensor:
        """Negative log-density (B,) of counts and sums, per unit of the image file.

        Args:
            condition: (B, width).
            counts: (B,) int64.
            sums: (B,) float64, for `shares`; those of blank images do not matter.
        """
        chosen = self.bin(counts)
        sizes = (self.edges[1:] - self.edges[:-1]).double()
        nats = F.cross_entropy(self.count_logits(condition), chosen, reduction="none")
        nats = nats + sizes.log()[chosen].float()
        if not self.with_sum:
            return nats
        lit = counts > 0
        logs = torch.where(lit, sums, 1.0).log().float()
        density = self.sum_bins.nats(self.sum_logits(condition, counts), logs) + logs
        return nats + density * lit

    def draw(self, condition: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
        """Counts (B,) int64 and sums (B,) float64, 0 of blank images and without `shares`.

        Args:
            condition: (B, width).
            u: (B, 4) uniforms.
        """
        chosen = draw_categories(self.count_logits(condition).double(), u[:, 0])
        first, size = self.edges[chosen], self.edges[chosen + 1] - self.edges[chosen]
        counts = first + (u[:, 1] * size).long().clamp(max=size - 1)
        if not self.with_sum:
            return counts, torch.zeros_like(u[:, 0])
        logs = self.sum_bins.draw(self.sum_logits(condition, counts), u[:, 2], u[:, 3])
        return counts, logs.exp() * (counts > 0)
