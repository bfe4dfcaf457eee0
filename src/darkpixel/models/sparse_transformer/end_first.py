"""The pixel farthest from the first one, drawn before the walk where `end_first` asks for it.

A track is straight over its whole length, but each step of a walk sees little beyond its
neighbourhood, and small errors of direction add up. Where the far end is drawn first and each step
sees the way there, length and direction are decided once. Showers have a farthest pixel, too: how
far they reach.

The far end is a function of the walk, so p(far end) p(walk | far end) is a density of the walk.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sampling import draw_categories
from darkpixel.models.sparse_transformer.inputs import exact
from darkpixel.models.sparse_transformer.place_keys import PlaceKeys
from darkpixel.models.sparse_transformer.remaining import COUNT_NUMBERS, count_numbers
from darkpixel.models.sparse_transformer.sequences import Sequences

END_NUMBERS = 12
"""Numbers that `end_numbers` gives."""


def farthest(rows: Tensor, columns: Tensor, exists: Tensor) -> Tensor:
    """Row and column (B, 2) int64 of the pixel farthest from the first, of equal ones the earliest.

    Args:
        rows, columns: (B, L) of the pixels in their order.
        exists: (B, L), whether there is such a pixel; (0, 0) is returned where there is none.
    """
    if not rows.shape[1]:
        return rows.new_zeros(len(rows), 2)
    squared = (rows - rows[:, :1]) ** 2 + (columns - columns[:, :1]) ** 2
    # The first of the largest, on every device.
    place = torch.arange(rows.shape[1], device=rows.device)
    rank = squared.masked_fill(~exists, -1) * (rows.shape[1] + 1) - place
    chosen = rank.argmax(1, keepdim=True)
    return torch.cat([rows.gather(1, chosen), columns.gather(1, chosen)], 1)


def far_ends(sequences: Sequences, width: int) -> Tensor:
    """Row and column (B, 2) of the pixel farthest from the first one, see `farthest`."""
    pixels = torch.from_numpy(sequences.pixels)
    exists = torch.arange(pixels.shape[1]) < torch.from_numpy(sequences.counts)[:, None]
    pixels = pixels * exists
    return farthest(pixels.div(width, rounding_mode="floor"), pixels % width, exists)


def end_numbers(
    started: Tensor,
    row: Tensor,
    column: Tensor,
    first: tuple[Tensor, Tensor],
    end: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """What a token sees of the far end, (..., END_NUMBERS) float32.

    The way there from the last pixel, before the first one from the middle of the image; and where
    the last pixel lies as seen along the line from the first pixel to the far end.

    Args:
        started: (...,) bool, a pixel was drawn.
        row, column: (...,) of the last pixel.
        first: row and column of the first pixel, (...,) or to be broadcast.
        end: (..., 2) or to be broadcast, of the far end.
        size: height and width.
    """
    middle = torch.tensor([(side - 1) / 2 for side in size], device=row.device)
    last = torch.where(started[..., None], torch.stack([row, column], -1).float(), middle)
    start = torch.stack([part.expand(row.shape) for part in first], -1).float()
    start = torch.where(started[..., None], start, middle)
    way = end - last
    distance = way.square().sum(-1, keepdim=True).sqrt()
    axis = end - start
    length = axis.square().sum(-1, keepdim=True).sqrt()
    axis, gone = axis / (length + 1e-6), last - start
    along = (gone * axis).sum(-1, keepdim=True)
    aside = gone[..., :1] * axis[..., 1:] - gone[..., 1:] * axis[..., :1]
    numbers = [
        way / max(size),
        (way / 8).clamp(-1, 1),
        way / (distance + 1),
        distance.log1p() / 3,
        length.log1p() / 3,
        along / (length + 1),
        (aside / 4).clamp(-2, 2),
        (aside / (length + 4)).clamp(-1, 1),
        (distance < 0.5).float(),
    ]
    return torch.cat(numbers, -1)


class EndFirst(nn.Module):
    """The head of the far end, given the number of pixels.

    Args:
        width: of the vector of the conditions.
        height, columns: of the images, pixels.
    """

    def __init__(self, width: int, height: int, columns: int) -> None:
        super().__init__()
        self.columns = columns
        self.inputs = nn.Linear(COUNT_NUMBERS, width)
        self.keys = PlaceKeys(width, height, columns)

    def logits(self, condition: Tensor, counts: Tensor) -> Tensor:
        """Logits (B, H * W) float32 of the place."""
        with torch.autocast(condition.device.type, enabled=False):
            h = exact(self.inputs, count_numbers(counts, counts)) + condition.float()
            logits: Tensor = self.keys(h)
        return logits

    def nats(self, condition: Tensor, counts: Tensor, end: Tensor) -> Tensor:
        """Negative log-probability (B,) of far ends (B, 2); 0 of blank images."""
        place = end[:, 0] * self.columns + end[:, 1]
        nats = F.cross_entropy(self.logits(condition, counts), place, reduction="none")
        return nats * (counts > 0)

    def draw(self, condition: Tensor, counts: Tensor, u: Tensor) -> Tensor:
        """Far ends (B, 2) int64.

        Args:
            condition: (B, width).
            counts: (B,) int64.
            u: (B, ...) uniforms, of which the first is used.
        """
        place = draw_categories(self.logits(condition, counts).double(), u[:, 0])
        return torch.stack([place // self.columns, place % self.columns], 1)
