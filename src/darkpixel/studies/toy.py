"""The two-dimensional Gaussian of SARM appendix 8.1 (figure 15).

x1 ~ N(0, 1) and x0 = x1 + e with e ~ N(0, 1). An autoregressive model must generate x0 before
x1, against the causal order, and still learns the joint distribution: x0 ~ N(0, 2) and
x1 | x0 ~ N(x0 / 2, 1 / 2). (The paper writes x1 = x0 - e with e independent of x1; but e is not
independent of x0, so that reading would not reproduce the data.)
"""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Pairs = npt.NDArray[np.float64]


def toy_pairs(n: int, seed: int) -> Pairs:
    """`n` pairs (x0, x1), shape (n, 2)."""
    random = np.random.default_rng(seed)
    x1 = random.standard_normal(n)
    return np.stack([x1 + random.standard_normal(n), x1], axis=1)


class ToyModel(nn.Module):
    """p(x0) p(x1 | x0): a free mean and log standard deviation, and a linear layer of x0."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Parameter(torch.zeros(2, dtype=torch.float64))
        self.second = nn.Linear(1, 2, dtype=torch.float64)

    def log_prob(self, pairs: Tensor) -> Tensor:
        """Log density of (n, 2) pairs, (n,) nats."""
        x0, x1 = pairs[:, :1], pairs[:, 1:]
        total = torch.zeros(len(pairs), dtype=pairs.dtype)
        for x, theta in ((x0, self.first.expand(len(pairs), 2)), (x1, self.second(x0))):
            mean, log_sigma = theta[:, :1], theta[:, 1:]
            z = (x - mean) * torch.exp(-log_sigma)
            total = total - (0.5 * z**2 + log_sigma + 0.5 * math.log(2 * math.pi))[:, 0]
        return total

    @torch.no_grad()
    def sample(self, n: int, seed: int) -> Pairs:
        """`n` generated pairs, x0 first."""
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(n, 2, dtype=torch.float64, generator=generator)
        x0 = self.first[0] + self.first[1].exp() * noise[:, :1]
        theta = self.second(x0)
        x1 = theta[:, :1] + theta[:, 1:].exp() * noise[:, 1:]
        return torch.cat([x0, x1], dim=1).numpy()


def train_toy(pairs: Pairs, iterations: int, learning_rate: float, seed: int) -> ToyModel:
    """Maximum likelihood on all pairs at once, `iterations` steps of Adam (SARM 8.1: 5000)."""
    torch.manual_seed(seed)
    model, data = ToyModel(), torch.from_numpy(pairs)
    optimiser = torch.optim.Adam(model.parameters(), learning_rate)
    for _ in range(iterations):
        optimiser.zero_grad()
        loss = -model.log_prob(data).mean()
        loss.backward()
        optimiser.step()
    return model
