"""SSNet's answer to an image file: the labels and scores of its pixels.

A label file is an image file that holds the images of its source and, per image: `pixel_labels`
(predicted), `shower_pixels` and `track_pixels` (number of pixels with that label), and
`shower_scores` and `track_scores` (histograms over the bins of [0, 1] of that class's score, over
the pixels above threshold), which are what figures 2 and 5 of the VQ-VAE paper draw.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile, ImageWriter
from darkpixel.formats.image_format import ATTRIBUTES, SHOWER, TRACK
from darkpixel.models.ssnet.model import SSNet, pixel_labels
from darkpixel.progress import progress

THRESHOLD = 0.2
"""Smallest pixel that is labelled is above this, on the 0-10 scale (figures 2 and 5)."""
BINS = 50
"""Of the scores, over [0, 1] (figures 2 and 5)."""
COPIED = ("event", "species", "momentum", "particles")
"""Columns of the source that its label file keeps."""

# Of the images that the network sees at once: 16 crops of 64x64, one image of 256x256. Larger
# batches no longer fit into a processor's cache and are a fifth slower.
_PIXELS = 2**16


def label_file(
    model: SSNet,
    source: str | Path,
    path: str | Path,
    *,
    images: Mapping[str, Any],
    threshold: float = THRESHOLD,
    bins: int = BINS,
    config_digest: str = "",
    origin: str | Path | None = None,
) -> int:
    """Label the pixels of `source` and write a label file.

    A pixel above threshold is shower or track, whichever has the larger score; all others are
    background. The network cannot say background where there is charge, since the loss covers
    non-zero pixels only and that class is never trained. The scores are nevertheless those of the
    softmax over all three classes. The threshold is on the scale that the network sees, which is
    that of the file but for `normalise: maximum`.

    An image's labels depend on that image alone: the network always sees the same number of
    images at once. (Not with `reference_code: batch statistics`, which is that option's flaw.)

    Args:
        model: trained; it is put into evaluation mode.
        source: image file.
        images: `pixel_size` and `unit` of the images that the model was trained on; a source that
            does not say its own is taken to have the same.
        config_digest: for the attribute of that name.
        origin: of the images, for the attribute `source`; None: `source`.

    Returns:
        How many images were labelled.

    Raises:
        DarkpixelError: the source is not an image file, or not of the unit and pixel size of the
            model's training images, or the disk is full.
    """
    with ImageFile(source) as file:
        attributes = _attributes(file, images)
        _, height, width = file.shape
        counting = np.promote_types(np.uint16, np.min_scalar_type(height * width))
        copied = [name for name in COPIED if name in file.columns]
        columns: dict[str, DTypeLike] = {
            "pixel_labels": np.uint8,
            "shower_pixels": np.int32,
            "track_pixels": np.int32,
            "shower_scores": np.dtype((counting, (bins,))),
            "track_scores": np.dtype((counting, (bins,))),
        }
        columns |= {name: file.column_types()[name] for name in copied}
        labelled = ImageWriter(
            path,
            height=height,
            width=width,
            columns=columns,
            attributes={"threshold": float(threshold)},
            **{**attributes, "source": str(origin or source), "config_digest": config_digest},
        )
        with labelled as writer, progress(len(file), "images") as bar:
            for batch in file.batches(images_at_once(height, width), copied):
                pixels = batch.pop("images")
                labels, scores, charged = label_images(model, pixels, threshold)
                writer.append(
                    pixels,
                    pixel_labels=labels,
                    shower_pixels=np.count_nonzero(labels == SHOWER, axis=(1, 2)),
                    track_pixels=np.count_nonzero(labels == TRACK, axis=(1, 2)),
                    shower_scores=_histograms(scores[:, SHOWER], charged, bins),
                    track_scores=_histograms(scores[:, TRACK], charged, bins),
                    **batch,
                )
                bar.update(len(pixels))
        return len(file)


def label_images(
    model: SSNet, images: NDArray[np.float32], threshold: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.bool_]]:
    """Labels (n, H, W), scores (n, 3, H, W) and which pixels are above threshold (n, H, W).

    The images are repeated up to the number that the network always sees, because the last digits
    of a convolution depend on the size of its batch.

    Args:
        images: (n, H, W), n at most that number.
    """
    n, height, width = images.shape
    device = next(model.parameters()).device
    filled = np.resize(images, (images_at_once(height, width), height, width))
    model.eval()
    with torch.inference_mode():
        batch = torch.from_numpy(filled).to(device)
        scores = model.scores(batch)[:n]
        charged = model.scaled(batch)[:n] > threshold
        labels = pixel_labels(scores, charged)
    return labels.cpu().numpy(), scores.cpu().numpy(), charged.cpu().numpy()


def images_at_once(height: int, width: int) -> int:
    """Images of this size that the network always sees together."""
    return max(1, _PIXELS // (height * width))


def _histograms(
    scores: NDArray[np.float32], charged: NDArray[np.bool_], bins: int
) -> NDArray[np.int64]:
    """Pixels by score, (n, bins) over [0, 1], of scores (n, H, W) where `charged`."""
    n = len(scores)
    image = np.nonzero(charged)[0]
    # The last bin holds the score 1 as well.
    bin_ = np.minimum((scores[charged] * bins).astype(np.int64), bins - 1)
    return np.bincount(image * bins + bin_, minlength=n * bins).reshape(n, bins)


def _attributes(file: ImageFile, images: Mapping[str, Any]) -> dict[str, Any]:
    """The label file's attributes: those of the source, which must suit the model."""
    defaults: dict[str, Any] = {"dataset": "", "label": "", "split": "", "seed": 0}
    defaults |= {name: images[name] for name in ("pixel_size", "unit")}
    stated = {name: file.attributes[name] for name in ATTRIBUTES if name in file.attributes}
    attributes = {name: stated.get(name, value) for name, value in defaults.items()}
    for name in ("pixel_size", "unit"):
        if attributes[name] != images[name]:
            raise DarkpixelError(
                f"{file.path}: {name} is {attributes[name]!r}, but SSNet was trained on images "
                f"with {images[name]!r}; prepare the images as its training images were."
            )
    return attributes
