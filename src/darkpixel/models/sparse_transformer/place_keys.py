"""A logit for every place of the image from a query."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_PLACE_WIDTH = 64  # of the product that gives the logits


class PlaceKeys(nn.Module):
    """The logit of a place is a product with its key, plus a bias.

    The key is a sum over its row, its column, both and the place itself.

    Args:
        width: of the query's source.
        height, columns: of the images, pixels.
    """

    def __init__(self, width: int, height: int, columns: int) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(width, width), nn.GELU())
        self.query = nn.Linear(width, _PLACE_WIDTH)
        self.row_key = nn.Parameter(torch.randn(2, height, 1, _PLACE_WIDTH) * 0.3)
        self.column_key = nn.Parameter(torch.randn(2, 1, columns, _PLACE_WIDTH) * 0.3)
        self.place_key = nn.Parameter(torch.randn(height, columns, _PLACE_WIDTH) * 0.1)
        self.bias = nn.Parameter(torch.zeros(height * columns))

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits (N, H * W) of what `hidden` gives, (N, width) float32."""
        product = self.row_key[1] * self.column_key[1]
        keys = self.row_key[0] + self.column_key[0] + product + self.place_key
        return F.linear(self.query(hidden), keys.flatten(0, 1), self.bias)

    def forward(self, h: Tensor) -> Tensor:
        """Logits (N, H * W) of h (N, width) float32."""
        return self.logits(self.hidden(h))
