"""Likelihood of test images under models that have a tractable one: bits per pixel.

The density of an image has, for each pixel, a point mass at zero and the unit of the image file
elsewhere (`GenerativeModel.log_density`), so that models with and without a grid of values can be
compared. It is not a probability: bits per pixel depend on the unit and may be negative. Of a
model that draws totals before the pixels (`darkpixel.studies.bound`), or that may draw them in
many orders, only a lower bound of the density is known, hence an upper bound of the bits.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.uncertainty import over_seeds, standard_error
from darkpixel.models.base import GenerativeModel
from darkpixel.models.folder import load_generator
from darkpixel.studies.bound import importance_bound
from darkpixel.studies.zero_level import ZeroLevel, zero_level

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "seed_spread", "floor", "n",
    "seeds", "rounded_to_zero", "bound", "draws", "more_with_half", "published", "hardware",
]  # fmt: skip


Bound = Literal["", "totals", "order"]
"""Whether a density is a lower bound, and why: totals are drawn before the pixels, or the density
of one order of them alone is known."""


class Density(NamedTuple):
    """What is known of the log-density of B images."""

    nats: Tensor
    """(B,) float64; a lower bound where `bound` says so."""
    bound: Bound = ""
    more: Tensor | None = None
    """(B,) how much lower a bound of totals is with half of the draws, nats."""


class ScoredBlock(NamedTuple):
    """Likelihood of B images of a file."""

    bits: np.ndarray
    """(B,) -log2 of the density of each image."""
    bound: Bound
    more: np.ndarray | None
    """(B,) as in `Density`, bits."""
    nonzero: int
    """Pixels that are not zero."""
    lost: int
    """Those of them that the model's grid rounds to zero."""


class Bits(NamedTuple):
    """Likelihood of the images of a file."""

    of_images: np.ndarray
    """(n,) -log2 of the density of each image, per pixel; an upper bound where there are draws."""
    rounded_to_zero: float
    """Share of the non-zero pixels that the model's grid rounds to zero (0 without a grid)."""
    bound: Bound = ""
    """Whether the bits are an upper bound, and why."""
    draws: int = 0
    """Estimates of an image's density behind the upper bound of a model with totals."""
    more_with_half: float = 0.0
    """How much larger the mean upper bound is with half of the draws, bits per pixel."""


def density_of(
    model: GenerativeModel,
    images: Tensor,
    columns: Mapping[str, Tensor] | None = None,
    *,
    draws: int = 0,
    generator: torch.Generator | None = None,
) -> Density | None:
    """The log-density of images (B, H, W), or a lower bound of it; None where neither is known.

    Args:
        model: in evaluation mode.
        images: on its device.
        columns: conditions (B,) of the images, of a model that takes them; estimates with draws
            are of images whose conditions are not known.
        draws: estimates of the density of each image, where it is not exact; 0: none.
        generator: of these.
    """
    known: Any = model
    # The method of a model without conditions has no arguments for them.
    takes = signature(model.log_density).parameters.values()
    takes_columns = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in takes)
    given = (columns or {}) if takes_columns else {}
    nats = known.log_density(images, **given)
    if nats is not None:
        return Density(nats.double())
    nats = known.log_density_lower_bound(images, **given)
    if nats is not None:
        return Density(nats.double(), "order")
    if draws and generator is not None:
        bound = importance_bound(model, images, draws, generator=generator)
        if bound is not None:
            return Density(bound.whole, "totals", bound.whole - bound.half)
    return None


def scored_blocks(
    model: GenerativeModel,
    blocks: Iterable[Mapping[str, np.ndarray]],
    level: ZeroLevel | None,
    *,
    draws: int,
    seed: int,
) -> Iterator[ScoredBlock | None]:
    """The likelihood of images, block by block; None for a block of which the model knows none.

    Args:
        blocks: `images` (B, H, W) and, under their names, the conditions (B,) of each.
        level: how the lowest level of the model's grid is shared out, where it has one.
        draws, seed: as for `bits_per_pixel`.

    Raises:
        DarkpixelError: the likelihood of an image is NaN.
    """
    generator = torch.Generator().manual_seed(seed)
    device = next(model.parameters()).device
    quantise = getattr(model, "quantise", None)
    for block in blocks:
        tensors = {name: torch.tensor(values, device=device) for name, values in block.items()}
        pixels = tensors.pop("images")
        with torch.inference_mode():
            found = density_of(model, pixels, tensors, draws=draws, generator=generator)
            if found is None:
                yield None
                continue
            if (bad := found.nats.isnan()).any():
                raise DarkpixelError(
                    f"model {model.settings['model']}: the likelihood of {int(bad.sum())} of "
                    f"{len(bad)} images is not a number: {model.remedy}."
                )
            bits, lost = -found.nats / math.log(2), 0
            if quantise is not None:
                rounded = quantise(pixels)
                lost = int(((pixels > 0) & (rounded == 0)).sum())
                if level is not None:
                    bits += level.bits(pixels, rounded)
        more = None if found.more is None else (found.more / math.log(2)).cpu().numpy()
        nonzero = int((pixels > 0).sum())
        yield ScoredBlock(bits.cpu().numpy(), found.bound, more, nonzero, lost)


def bits_per_pixel(
    model: GenerativeModel,
    path: str | Path,
    images: int,
    train_file: str | Path,
    *,
    batch: int = 256,
    draws: int = 0,
    seed: int = 0,
) -> Bits | None:
    """-log2 of the density of each image, per pixel; None where the model has no density.

    Args:
        model: in evaluation mode.
        path: image file; its first `images` images are taken.
        train_file: images from which it is taken how a grid's lowest level is shared between
            zeros and the values that are rounded to zero (`darkpixel.studies.zero_level`).
        batch: images at once.
        draws: estimates of the density of each image, for an upper bound of the bits of a model
            without an exact density; 0: none.
        seed: of these.
    """
    quantise = getattr(model, "quantise", None)
    device = next(model.parameters()).device
    level = None if quantise is None else zero_level(quantise, train_file, device)
    by_block = []
    with ImageFile(path) as file:
        height, width = file.shape[1:]
        blocks = ({"images": block} for block in _blocks(file, images, batch))
        for found in scored_blocks(model, blocks, level, draws=draws, seed=seed):
            if found is None:
                return None
            by_block.append(found)
    bits_of_images = np.concatenate([block.bits for block in by_block]) / (height * width)
    more = sum(float(block.more.sum()) for block in by_block if block.more is not None)
    why = by_block[0].bound
    return Bits(
        bits_of_images,
        sum(block.lost for block in by_block) / max(sum(block.nonzero for block in by_block), 1),
        why,
        draws if why == "totals" else 0,
        more / len(bits_of_images) / (height * width),
    )


def _blocks(file: ImageFile, images: int, batch: int) -> Iterator[Any]:
    count = min(images, len(file))
    for start in range(0, count, batch):
        yield file.read(start, min(start + batch, count))


def density_row(
    seeds: Sequence[Bits | None],
    *,
    model: str,
    dataset: str,
    label: str,
    hardware: str = "",
) -> dict[str, Any]:
    """One row of the likelihood table.

    Args:
        seeds: `bits_per_pixel` of each training of the model.

    Returns:
        Keys `COLUMNS`. `value`: mean over images and seeds, NaN where the model has no density, an
        upper bound where `bound` is not empty;
        `error`: standard error over images of one seed (root mean square over seeds);
        `seed_spread`: standard deviation of the means over seeds, NaN for one.
    """
    known = [seed for seed in seeds if seed is not None]
    measured: dict[str, float] = dict.fromkeys(
        ("value", "error", "seed_spread", "rounded_to_zero", "more_with_half"), float("nan")
    )
    if known:
        measured |= over_seeds(
            [seed.of_images.mean() for seed in known],
            [standard_error(seed.of_images) for seed in known],
        )
        for name in ("rounded_to_zero", "more_with_half"):
            measured[name] = float(np.mean([getattr(seed, name) for seed in known]))
    return {
        "model": model,
        "dataset": dataset,
        "label": label,
        "observable": "bits_per_pixel",
        **measured,
        "floor": float("nan"),
        "n": len(known[0].of_images) if known else 0,
        "seeds": len(seeds),
        "bound": known[0].bound if known else "",
        "draws": known[0].draws if known else 0,
        "published": float("nan"),
        "hardware": hardware,
    }


def density_rows(
    models: Sequence[tuple[str, str, str, str, Sequence[str]]],
    *,
    dataset: str,
    images: int,
    draws: int,
    seed: int,
    device: torch.device,
) -> pd.DataFrame:
    """The rows of all models of a data set.

    Args:
        models: model, label, training images, test images, and the folder of each seed.
        images: test images at most.
        draws: estimates of an image's density where it is not exact.
        seed: of these.
        device: where.
    """
    rows = []
    for model, label, train, test, folders in models:
        generators = [load_generator(folder, device=device, label=label) for folder in folders]
        seeds = [
            bits_per_pixel(each, test, images, train, draws=draws, seed=seed) for each in generators
        ]
        rows.append(density_row(seeds, model=model, dataset=dataset, label=label))
    return pd.DataFrame(rows, columns=COLUMNS)
