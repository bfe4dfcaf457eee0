"""How conditions enter the network: one vector an image, added to each of its tokens."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from darkpixel.models.sparse_transformer.inputs import exact


class ConditionInputs(nn.Module):
    """The vector of an image's conditions; withheld ones count as nothing. Without any it is 0.

    Args:
        classes: values of each class.
        numbers: how many conditions are numbers.
        width: of the vector.
    """

    def __init__(self, classes: tuple[int, ...], numbers: int, width: int) -> None:
        super().__init__()
        self.classes, self.count = classes, numbers
        self.width = width
        if self.some:
            self.layer = nn.Linear(sum(classes) + 3 * numbers, width)
            self.hidden = nn.Linear(width, width)

    @property
    def some(self) -> bool:
        """Whether there are any."""
        return bool(self.classes) or self.count > 0

    def forward(self, codes: Tensor, numbers: Tensor, given: Tensor) -> Tensor:
        """(B, width) float32.

        Args:
            codes: (B, classes) int64, 1 and up, 0 withheld.
            numbers: (B, numbers) float32 in units of their spread; 0 where withheld.
            given: (B, numbers) bool.
        """
        if not self.some:
            return torch.zeros(len(codes), self.width, device=codes.device)
        hot = [
            F.one_hot(code, size + 1)[:, 1:].float()
            for code, size in zip(codes.unbind(1), self.classes, strict=True)
        ]
        values = torch.cat([*hot, numbers, numbers**2, given.float()], 1)
        with torch.autocast(values.device.type, enabled=False):
            vector: Tensor = self.hidden(F.gelu(exact(self.layer, values)))
        return vector
