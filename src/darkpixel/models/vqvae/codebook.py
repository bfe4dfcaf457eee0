"""The codebook of a VQ-VAE: nearest-vector lookup and the ways to learn its vectors.

After van den Oord et al., arXiv:1711.00937: section 3.1 (lookup, straight-through gradient),
section 3.2 (codebook and commitment losses) and appendix A.1 (moving averages instead of the
codebook loss). Seeds by k-means and the replacement of dead codes came later; both prevent that
most of the codebook stays unused.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, mse_loss

_EPSILON = 1e-5  # smooths the moving averages' counts (arXiv:1711.00937, the authors' code)


class Quantised(NamedTuple):
    """What `Codebook.forward` returns."""

    vectors: Tensor
    """(..., d), the nearest codebook vectors; their gradient goes to the input unchanged."""
    codes: Tensor
    """(...), int64, their indices."""
    codebook_loss: Tensor
    """mean (sg[z] - e)^2, which moves the codebook; zero where moving averages move it."""
    commitment_loss: Tensor
    """mean (z - sg[e])^2, which moves the encoder."""


class Codebook(nn.Module):
    """K vectors of dimension d; an input takes the index of the nearest.

    In training mode a call also counts which codes were used and may replace dead ones; in
    evaluation mode nothing changes.

    Args:
        codes: K.
        dimension: d.
        ema_decay: learn the vectors as moving averages of the inputs assigned to them, with this
            decay per step; None: by gradient through the codebook loss.
        replace_after: a code unused for so many steps takes the place of an input of the batch;
            None: never.
    """

    vectors: Tensor
    idle: Tensor
    ema_counts: Tensor
    ema_sums: Tensor

    def __init__(
        self,
        codes: int,
        dimension: int,
        *,
        ema_decay: float | None = None,
        replace_after: int | None = None,
    ) -> None:
        super().__init__()
        self.ema_decay, self.replace_after = ema_decay, replace_after
        vectors = torch.empty(codes, dimension)
        nn.init.kaiming_uniform_(vectors)
        if ema_decay is None:
            self.vectors = nn.Parameter(vectors)
        else:
            self.register_buffer("vectors", vectors)
            self.register_buffer("ema_counts", torch.ones(codes))
            self.register_buffer("ema_sums", vectors.clone())
        if replace_after is not None:
            self.register_buffer("idle", torch.zeros(codes, dtype=torch.int64))

    def forward(self, inputs: Tensor) -> Quantised:
        """Quantise inputs (..., d); float32 whatever the autocast."""
        with torch.autocast(inputs.device.type, enabled=False):
            inputs = inputs.float()
            codes = self.nearest(inputs)
            vectors = embedding(codes, self.vectors)
            if self.ema_decay is None:
                codebook_loss = mse_loss(vectors, inputs.detach())
            else:
                codebook_loss = torch.zeros((), device=inputs.device)
            commitment_loss = mse_loss(inputs, vectors.detach())
            vectors = inputs + (vectors - inputs).detach()
            if self.training:
                self._learn(inputs.detach().flatten(0, -2), codes.flatten())
        return Quantised(vectors, codes, codebook_loss, commitment_loss)

    @torch.no_grad()
    def nearest(self, inputs: Tensor) -> Tensor:
        """Index of the nearest vector, the first of equals: (..., d) -> (...) int64.

        |z|^2 is the same for every code, so that one matrix product gives the order.
        """
        half_norms = 0.5 * self.vectors.square().sum(1)
        # A chunk's distances stay in a CPU's cache; a GPU wants few, large products.
        chunk = 256 if inputs.device.type == "cpu" else 65536
        nearest = [
            torch.addmm(half_norms, part, self.vectors.T, alpha=-1).min(1).indices
            for part in inputs.flatten(0, -2).split(chunk)
        ]
        return torch.cat(nearest).view(inputs.shape[:-1])

    @torch.no_grad()
    def _learn(self, inputs: Tensor, codes: Tensor) -> None:
        """Count the codes (n,) of inputs (n, d), move the averages, replace the dead."""
        counts = torch.bincount(codes, minlength=len(self.vectors))
        if self.ema_decay is not None:
            sums = torch.zeros_like(self.vectors).index_add_(0, codes, inputs)
            self.ema_counts.lerp_(counts.to(sums.dtype), 1 - self.ema_decay)
            self.ema_sums.lerp_(sums, 1 - self.ema_decay)
            total = self.ema_counts.sum()
            smooth = (self.ema_counts + _EPSILON) / (total + len(counts) * _EPSILON) * total
            self.vectors.copy_(self.ema_sums / smooth[:, None])
        if self.replace_after is not None:
            self.idle.add_(1).masked_fill_(counts > 0, 0)
            dead = (self.idle >= self.replace_after).nonzero()[:, 0]
            if len(dead):
                self._replace(dead, inputs, codes)

    def _replace(self, dead: Tensor, inputs: Tensor, codes: Tensor) -> None:
        """Put dead codes on inputs that the codebook describes badly.

        Inputs are drawn, by torch's global generator, with a probability proportional to their
        distance from their own code. Most cells of a sparse image are empty, and so all at the
        place of one code: their distance vanishes, and none is drawn.
        """
        distances = (inputs - embedding(codes, self.vectors)).norm(dim=1)
        number = min(len(dead), int((distances > 0).sum()))
        if number:
            drawn = inputs[torch.multinomial(distances, number)]
            # Of codes at the same place only the first is ever used: the others wait.
            drawn = torch.unique(drawn, dim=0)
            self._place(dead[: len(drawn)], drawn)

    def _place(self, where: Tensor, vectors: Tensor) -> None:
        self.vectors[where] = vectors
        if self.ema_decay is not None:
            self.ema_counts[where] = 1.0
            self.ema_sums[where] = vectors
        if self.replace_after is not None:
            self.idle[where] = 0

    @torch.no_grad()
    def start(self, inputs: Tensor, iterations: int = 10) -> None:
        """Set the vectors by k-means on inputs (n, d), with torch's global generator.

        Only distinct inputs count: else the thousands of empty cells of a sparse image would
        outweigh all others. With fewer distinct inputs than codes, the codes left over keep
        their initial vectors.
        """
        centres = k_means(torch.unique(inputs, dim=0), len(self.vectors), iterations)
        self._place(torch.arange(len(centres), device=centres.device), centres)


def k_means(inputs: Tensor, clusters: int, iterations: int) -> Tensor:
    """Centres (K, d) of inputs (n, d), all different; K = min(clusters, n).

    Seeds as in k-means++ (Arthur and Vassilvitskii, 2007): each is an input drawn with a
    probability proportional to its squared distance from the seeds before it.
    """
    first = int(torch.randint(len(inputs), ()))
    seeds = [first]
    distances = (inputs - inputs[first]).square().sum(1)
    while len(seeds) < min(clusters, len(inputs)):
        seed = int(torch.multinomial(distances, 1))
        seeds.append(seed)
        distances = torch.minimum(distances, (inputs - inputs[seed]).square().sum(1))
    centres = inputs[seeds]
    for _ in range(iterations):
        nearest = torch.addmm(centres.square().sum(1), inputs, centres.T, alpha=-2).argmin(1)
        counts = torch.bincount(nearest, minlength=len(centres))
        sums = torch.zeros_like(centres).index_add_(0, nearest, inputs)
        # An empty cluster stays where it is.
        centres = torch.where(counts[:, None] > 0, sums / counts[:, None].clamp(min=1), centres)
    return centres
