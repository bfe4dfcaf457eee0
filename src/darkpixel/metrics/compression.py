"""Compression by a VQ-VAE: errors of the reconstruction, and bits per image of the code map.

The paper's motive for compact codes (section 1): compression with tolerable losses. Bits of the
code map stand beside those of the same image under gzip, each image compressed by itself.
"""

import gzip
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from darkpixel.datasets.charge import COUNT, charge_per_unit
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.species import SPECIES
from darkpixel.metrics.uncertainty import standard_error

COLUMNS = ["model", "dataset", "species", "quantity", "unit", "value", "error", "n"]
UNITS = {
    "squared_error": "MeV²",
    "charge_error": "",
    "charge_bias": "",
    "pixels": "per image",
    "missed_pixels": "per image",
    "false_pixels": "per image",
    "code_map_bits": "bits",
    "code_map_gzip_bits": "bits",
    "code_map_prior_bits": "bits",
    "image_counts_gzip_bits": "bits",
    "image_float32_gzip_bits": "bits",
}
_LEVEL = 9

Array = npt.NDArray[np.float64]


def nats_of(likelihoods: pd.DataFrame, model: str, seed: int) -> npt.NDArray[np.float64]:
    """-log p of each test map under a prior, (N,) nats, in the order of the maps.

    Args:
        likelihoods: rows of `darkpixel.studies.code_likelihood.prior_likelihoods`.
        model, seed: of the prior.
    """
    own = likelihoods[
        (likelihoods["model"] == model)
        & (likelihoods["seed"] == seed)
        & (likelihoods["split"] == "test")
    ]
    return own.sort_values("image")["nats"].to_numpy()  # type: ignore[no-any-return]


def compression_rows(
    images: str | Path,
    reconstructions: str | Path,
    codes: str | Path,
    *,
    model: str,
    dataset: str,
    threshold: float = 0.2,
    prior_nats: npt.NDArray[Any] | None = None,
    batch: int = 512,
) -> pd.DataFrame:
    """Means over images of errors and sizes, for all images and for each species.

    Quantities: `squared_error` per pixel; `charge_error` and `charge_bias`, |Q' - Q| / Q and
    (Q' - Q) / Q of an image's whole charge Q (images without charge are left out); `pixels` above
    threshold in the image, `missed_pixels` of these that the reconstruction lacks, `false_pixels`
    that only it has. Sizes of a file of one image: `code_map_bits` with ceil(log2 K) bits a code;
    `code_map_gzip_bits`; `code_map_prior_bits`, what an ideal coder needs with the PixelCNN;
    `image_counts_gzip_bits`, charges as whole numbers of 0.01 MeV in 16 bits;
    `image_float32_gzip_bits`, the image as stored. gzip has level 9; 18 bytes of each file are
    its header and trailer.

    Args:
        images: image file.
        reconstructions, codes: made from it by `darkpixel.models.vqvae.codes`.
        model, dataset: for the rows.
        threshold: in the images' unit; pixels at or below it count as empty (paper figure 2).
        prior_nats: -log p of each code map under the PixelCNN, (N,) nats.
        batch: images at once.

    Returns:
        Rows of `COLUMNS`; `species` is "all", or "e-", "gamma", ...; `error` the standard error.

    Raises:
        DarkpixelError: the files do not belong together, or the images' unit is no energy.
    """
    with (
        ImageFile(images) as file,
        ImageFile(reconstructions) as decoded,
        ImageFile(codes) as coded,
    ):
        for other in (decoded, coded):
            if len(other) != len(file):
                raise DarkpixelError(
                    f"{other.path}: {len(other)} images, but {len(file)} in {images}; make it "
                    "from that file."
                )
        if prior_nats is not None and prior_nats.shape != (len(file),):
            raise ValueError(f"prior_nats has shape {prior_nats.shape}, expected ({len(file)},)")
        names = np.full(len(file), "")
        if "species" in file.columns:
            names = np.array([SPECIES.get(code, "") for code in file.column("species").tolist()])
        blocks = list(_measured(file, decoded, coded, threshold, batch))
    values = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    if prior_nats is not None:
        values["code_map_prior_bits"] = np.asarray(prior_nats, np.float64) / math.log(2)
    groups = {"all": np.ones(len(names), bool)}
    groups |= {name: names == name for name in SPECIES.values() if name in names}
    rows = []
    for species, chosen in groups.items():
        for quantity, unit in UNITS.items():
            if quantity in values:
                mean, error, n = _mean(values[quantity][chosen])
                rows.append((model, dataset, species, quantity, unit, mean, error, n))
    return pd.DataFrame(rows, columns=COLUMNS)


def _measured(
    file: ImageFile, decoded: ImageFile, coded: ImageFile, threshold: float, batch: int
) -> Iterator[dict[str, Array]]:
    """Quantities of each image, (n,), block by block."""
    energy = charge_per_unit(file.attributes)
    size = int(coded.attributes["codes"])
    bits = coded.shape[1] * coded.shape[2] * math.ceil(math.log2(size))
    kind = np.uint8 if size <= 256 else np.uint16
    for start in range(0, len(file), batch):
        stop = start + batch
        before, after = file.read(start, stop), decoded.read(start, stop)
        if before.shape != after.shape:
            raise DarkpixelError(
                f"{decoded.path}: images of {after.shape[1:]} pixels, but {before.shape[1:]} in "
                f"{file.path}; make it from that file."
            )
        maps = coded.read(start, stop).astype(kind)
        counts = np.rint(before * (energy / COUNT))
        if counts.max() > np.iinfo(np.uint16).max:
            raise DarkpixelError(
                f"{file.path}: a pixel of {counts.max() * COUNT:.0f} MeV among images {start} to "
                f"{start + len(before) - 1}; 16 bits hold 655 MeV: is its unit right?"
            )
        charged, reconstructed = before > threshold, after > threshold
        charge = before.sum(axis=(1, 2), dtype=np.float64)
        change = after.sum(axis=(1, 2), dtype=np.float64) - charge
        bias = np.divide(change, charge, out=np.full_like(charge, np.nan), where=charge > 0)
        squares = (after - before).astype(np.float64) ** 2
        yield {
            "squared_error": squares.mean(axis=(1, 2)) * energy**2,
            "charge_error": np.abs(bias),
            "charge_bias": bias,
            "pixels": _number(charged),
            "missed_pixels": _number(charged & ~reconstructed),
            "false_pixels": _number(reconstructed & ~charged),
            "code_map_bits": np.full(len(maps), float(bits)),
            "code_map_gzip_bits": _gzip_bits(maps),
            "image_counts_gzip_bits": _gzip_bits(counts.astype(np.uint16)),
            "image_float32_gzip_bits": _gzip_bits(before),
        }


def _number(where: npt.NDArray[np.bool_]) -> Array:
    count: Array = where.sum(axis=(1, 2), dtype=np.float64)
    return count


def _gzip_bits(arrays: npt.NDArray[Any]) -> Array:
    """Bits of each of (n, h, w) arrays, compressed by itself."""
    sizes = [8 * len(gzip.compress(array.tobytes(), _LEVEL, mtime=0)) for array in arrays]
    return np.array(sizes, np.float64)


def _mean(values: Array) -> tuple[float, float, int]:
    """Mean, its standard error, and how many values there are, NaN left out."""
    values = values[~np.isnan(values)]
    mean = float(values.mean()) if len(values) else math.nan
    return mean, standard_error(values), len(values)
