"""How likely test images are under the models that can tell: bits per pixel.

The density of an image has, for each pixel, a point mass at zero and the unit of the image file
elsewhere (`GenerativeModel.log_density`), so that models with and without a grid of values can be
compared. It is not a probability: bits per pixel depend on the unit and may be negative.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from darkpixel.data.image_file import ImageFile
from darkpixel.metrics.names import ordered
from darkpixel.metrics.tables import document, late_note, measured, row_name, write_table

if TYPE_CHECKING:
    from darkpixel.models.base import GenerativeModel

COLUMNS = [
    "model", "dataset", "label", "observable", "value", "error", "seed_spread", "floor", "n",
    "seeds", "rounded_to_zero", "published", "hardware",
]  # fmt: skip


def bits_per_pixel(
    model: "GenerativeModel",
    path: str | Path,
    images: int,
    train_file: str | Path,
    *,
    batch: int = 256,
) -> tuple[np.ndarray, float] | None:
    """-log2 of the density of each image, per pixel; None where the model has no density.

    Args:
        model: in evaluation mode.
        path: image file; its first `images` images are taken.
        train_file: images from which it is taken how a grid's lowest level is shared between
            zeros and the values that are rounded to zero (`darkpixel.metrics.zero_level`).
        batch: images at once.

    Returns:
        (n,) bits per pixel, and the share of the non-zero pixels that the model's grid rounds to
        zero (0 without a grid).
    """
    import torch  # the tables of these numbers are written without it

    from darkpixel.metrics.zero_level import zero_level

    device = next(model.parameters()).device
    quantise = getattr(model, "quantise", None)
    level = None
    found, lit, lost = [], 0, 0
    with ImageFile(path) as file, torch.inference_mode():
        height, width = file.shape[1:]
        for block in _blocks(file, images, batch):
            pixels = torch.from_numpy(block).to(device)
            nats = model.log_density(pixels)
            if nats is None:
                return None
            bits = -nats.double() / math.log(2)
            lit += int((pixels > 0).sum())
            if quantise is not None:
                rounded = quantise(pixels)
                lost += int(((pixels > 0) & (rounded == 0)).sum())
                if level is None:
                    level = zero_level(quantise, train_file, device)
                if level is not None:
                    bits += level.bits(pixels, rounded)
            found.append(bits.cpu().numpy() / (height * width))
    return np.concatenate(found), lost / max(lit, 1)


def _blocks(file: ImageFile, images: int, batch: int) -> Iterator[Any]:
    count = min(images, len(file))
    for start in range(0, count, batch):
        yield file.read(start, min(start + batch, count))


def density_row(
    seeds: Sequence[tuple[np.ndarray, float] | None],
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
        Keys `COLUMNS`. `value`: mean over images and seeds, NaN where the model has no density;
        `error`: standard error over images of one seed (root mean square over seeds);
        `seed_spread`: standard deviation of the means over seeds, NaN for one.
    """
    known = [seed for seed in seeds if seed is not None]
    value = error = spread = lost = float("nan")
    if known:
        means = [bits.mean() for bits, _ in known]
        errors = [bits.std(ddof=1) / len(bits) ** 0.5 for bits, _ in known]
        value, error = float(np.mean(means)), float(np.sqrt(np.mean(np.square(errors))))
        lost = float(np.mean([share for _, share in known]))
        spread = float(np.std(means, ddof=1)) if len(means) > 1 else spread
    return {
        "model": model,
        "dataset": dataset,
        "label": label,
        "observable": "bits_per_pixel",
        "value": value,
        "error": error,
        "seed_spread": spread,
        "floor": float("nan"),
        "n": len(known[0][0]) if known else 0,
        "seeds": len(seeds),
        "rounded_to_zero": lost,
        "published": float("nan"),
        "hardware": hardware,
    }


def likelihood_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Bits per pixel of the test images by model and label; a dash where a model has none.

    Args:
        rows: of `density_row`, of any data sets; marked, or not, as for `wasserstein_table`.
    """
    header = ["model", "data set", "label", "bits per pixel", "rounded to zero, %", "n", "seeds"]
    body = []
    for dataset, own in rows.groupby("dataset", sort=False):
        for model in ordered(own["model"]):
            chosen = own[own["model"] == model]
            for row in chosen.to_dict("records"):
                lost = row["rounded_to_zero"]
                body.append(
                    [
                        row_name(chosen[chosen["label"] == row["label"]]),
                        str(dataset),
                        row["label"],
                        measured(row["value"], row["error"]),
                        f"{100 * lost:.2f}" if np.isfinite(lost) else "–",
                        str(row["n"]) if row["n"] else "–",
                        str(row["seeds"]),
                    ]
                )
    note = (
        "-log2 p of test images per pixel, mean ± standard error over images; less is better. The "
        "density has a point mass at zero and the unit of the images (GeV; MeV for liquid argon) "
        "elsewhere: it depends on the unit and may be negative. A model on a grid spreads the "
        "probability of a level evenly over the values that are rounded to it, and that of its "
        "lowest level over zero and the values below its end as the training images have them. "
        "Rounded to zero: share of the non-zero pixels that the grid takes to zero. A dash: the "
        "model has no likelihood of an image (LAGAN; a prior of codes; totals drawn before the "
        "pixels; a first pixel from the data)."
    )
    note += late_note(rows)
    write_table(rows, stem, document("Likelihood of test images", header, body, note))
