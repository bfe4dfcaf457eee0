"""Code maps on disk: encoding, reconstruction, and how well a codebook is used.

A code file is an image file whose images are the codes of the VQ-VAE as float32, (N, h, w), with
the unit "code index". It keeps the event columns of its source; the column `charged` (h, w) says
which cells hold charge. Root attributes: `codes` (size of the codebook), `image_height` and
`image_width`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.crop_margin import MARGINS
from darkpixel.formats.image_file import ImageFile, ImageWriter
from darkpixel.formats.image_format import ATTRIBUTES
from darkpixel.models.vqvae.model import VQVAE

UNIT = "code index"
CHARGED = "charged"


@torch.inference_mode()
def encode_file(
    model: VQVAE, source: str | Path, path: str | Path, *, digest: str, batch: int = 512
) -> None:
    """Write the code maps of an image file's images, in order.

    `pixel_labels` and the crop's margins are left out: they belong to pixels, not to cells.

    Args:
        model: trained, in evaluation mode; on any device.
        source: image file of the model's image size, written by darkpixel.
        path: code file to write.
        digest: of the configuration, for the file's attributes.
        batch: images at once.

    Raises:
        DarkpixelError: the source does not fit the model, or the disk is full.
    """
    device = next(model.parameters()).device
    with ImageFile(source) as file:
        attributes, columns = _header(file, model)
        attributes |= {"unit": UNIT, "pixel_size": model.cell * attributes["pixel_size"]}
        writer = ImageWriter(
            path,
            height=model.code_shape[0],
            width=model.code_shape[1],
            columns={**columns, CHARGED: np.dtype((np.uint8, model.code_shape))},
            attributes={
                "codes": model.options.codes,
                "image_height": model.image_size[0],
                "image_width": model.image_size[1],
            },
            **attributes | {"config_digest": digest},
        )
        with writer:
            for block in file.batches(batch, columns):
                images = torch.from_numpy(block.pop("images")).to(device)
                codes = model.encode(images).cpu().numpy()
                charged = model.charged_cells(images).cpu().numpy()
                writer.append(codes, **block, **{CHARGED: charged})


@torch.inference_mode()
def reconstruct_file(
    model: VQVAE, source: str | Path, path: str | Path, *, digest: str, batch: int = 512
) -> None:
    """Write an image file's images as they come back from their code maps, in order.

    The event columns are kept. `pixel_labels` and the crop's margins are not: they tell of the
    source's pixels, and a reconstruction has others.

    Arguments and errors as in `encode_file`.
    """
    device = next(model.parameters()).device
    with ImageFile(source) as file:
        attributes, columns = _header(file, model)
        height, width = model.image_size
        writer = ImageWriter(
            path,
            height=height,
            width=width,
            columns=columns,
            **attributes | {"config_digest": digest},
        )
        with writer:
            for block in file.batches(batch, columns):
                images = torch.from_numpy(block.pop("images")).to(device)
                writer.append(model.reconstruct(images).cpu().numpy(), **block)


def _header(file: ImageFile, model: VQVAE) -> tuple[dict[str, Any], dict[str, np.dtype[Any]]]:
    """Attributes of a file made from `file`, and types of the columns that it keeps."""
    missing = [name for name in ATTRIBUTES if name not in file.attributes]
    if missing:
        raise DarkpixelError(
            f"{file.path}: attribute {missing[0]} is missing; encode files that the pipeline "
            "prepared or generated."
        )
    if file.shape[1:] != model.image_size:
        raise DarkpixelError(
            f"{file.path}: images of {file.shape[1]}x{file.shape[2]} pixels, the autoencoder is "
            f"built for {model.image_size[0]}x{model.image_size[1]}."
        )
    attributes = {name: file.attributes[name] for name in ATTRIBUTES if name != "software"}
    types = {k: v for k, v in file.column_types().items() if k not in ("pixel_labels", *MARGINS)}
    return attributes, types


def perplexity(counts: NDArray[Any]) -> float:
    """exp of the entropy of the codes that were counted, (K,): between 1 and K; NaN for none."""
    total = counts.sum()
    if total == 0:
        return float("nan")
    shares = counts[counts > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def code_statistics(test: str | Path, train: str | Path, *, model: str) -> pd.DataFrame:
    """Use of the codebook on test maps, and the nats per map of codes that are independent.

    Two models of independent codes, fitted to the training maps and judged on the test maps by
    cross-entropy: one distribution for all cells, with one pseudo-count per code; and one for
    each position, whose K pseudo-counts are shared out as in the former (with equal ones the
    baseline would be needlessly weak). What a PixelCNN gains over them it knows from
    neighbouring codes.

    Args:
        test, train: code files of the same autoencoder.
        model: its name, for the rows.

    Returns:
        Rows of `model`, `quantity`, `unit`, `value`, `error` (standard error over maps; NaN where
        the quantity is not a mean over maps).

    Raises:
        DarkpixelError: a file is not a code file, or the two do not belong together.
    """
    with ImageFile(test) as tested, ImageFile(train) as trained:
        size = _codebook_size(tested)
        if (_codebook_size(trained), trained.shape[1:]) != (size, tested.shape[1:]):
            raise DarkpixelError(
                f"{train}: {_codebook_size(trained)} codes, maps of {trained.shape[1:]}, but "
                f"{size} codes, maps of {tested.shape[1:]} in {test}; encode both with one model."
            )
        cells = int(np.prod(tested.shape[1:]))
        fitted = np.zeros((cells, size))
        for codes, _ in _maps(trained, size):
            np.add.at(fitted, (np.arange(cells), codes), 1.0)
        shares = (fitted.sum(0) + 1) / (fitted.sum() + size)
        positional = (fitted + size * shares) / (len(trained) + size)
        everywhere = np.zeros(size, np.int64)
        inside = np.zeros(size, np.int64)
        charged_cells, same, by_position = [], [], []
        for codes, charged in _maps(tested, size):
            everywhere += code_counts(codes, size)
            inside += code_counts(codes[charged], size)
            charged_cells.append(charged.sum(1))
            same.append(-np.log(shares[codes]).sum(1))
            by_position.append(-np.log(positional[np.arange(cells), codes]).sum(1))
    single: dict[str, float] = {
        "codes": float(size),
        "codes_used": float(np.count_nonzero(everywhere)),
        "codes_used_in_charged_cells": float(np.count_nonzero(inside)),
        "perplexity": perplexity(everywhere),
        "perplexity_of_charged_cells": perplexity(inside),
    }
    rows: list[tuple[str, str, str, float, float]] = [
        (model, name, "", value, float("nan")) for name, value in single.items()
    ]
    means = {
        ("charged_cells", "per map"): charged_cells,
        ("independent_codes", "nats per map"): same,
        ("independent_codes_by_position", "nats per map"): by_position,
    }
    for (name, unit), blocks in means.items():
        values = np.concatenate(blocks)
        error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
        rows.append((model, name, unit, float(values.mean()), float(error)))
    return pd.DataFrame(rows, columns=["model", "quantity", "unit", "value", "error"])


def code_counts(codes: NDArray[Any], size: int) -> NDArray[np.int64]:
    """How often each of `size` codes occurs, (size,); codes are integers of any shape."""
    return np.bincount(codes.ravel(), minlength=size)


def _codebook_size(file: ImageFile) -> int:
    if "codes" not in file.attributes or CHARGED not in file.columns:
        raise DarkpixelError(
            f"{file.path}: no attribute `codes` with a column `{CHARGED}`; it is not a file of "
            "code maps: encode the images first."
        )
    return int(file.attributes["codes"])


def _maps(file: ImageFile, size: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Codes and which of their cells are charged, (n, cells) each."""
    for block in file.batches(columns=[CHARGED]):
        codes = block["images"].reshape(len(block["images"]), -1).astype(np.int64)
        if codes.max() >= size:
            raise DarkpixelError(
                f"{file.path}: code {codes.max()} in a codebook of {size}; encode again."
            )
        yield codes, block[CHARGED].reshape(codes.shape) > 0
