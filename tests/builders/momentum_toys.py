"""Made-up observables of particles whose length, charge and pixels grow with their momentum."""

import numpy as np
import pandas as pd

from darkpixel.config.names import MONTE_CARLO

SLOPES = {13: 0.02, 2212: 0.01}
"""cm per MeV/c, by PDG code."""


def particles(count: int, seed: int, model: str = MONTE_CARLO) -> pd.DataFrame:
    """A table as of `shape_observables`: muons and protons of 100 to 800 MeV/c."""
    random = np.random.default_rng(seed)
    species = random.choice(list(SLOPES), count)
    momentum = random.uniform(100, 800, count)
    length = momentum * np.array([SLOPES[code] for code in species])
    length *= random.lognormal(0, 0.3, count)
    return pd.DataFrame({
        "model": model, "seed": int(model != MONTE_CARLO), "image": np.arange(count),
        "species": species.astype(np.int32), "momentum": momentum.astype(np.float32),
        "length": length, "charge": length * random.normal(2, 0.2, count),
        "pixels": random.poisson(2 * length),
    })  # fmt: skip
