"""Signal muons with the pT spectrum of the background's, by accept-reject.

SARM section 2.2 weights the signal instead; unweighted images are what a generative model can be
trained on, and, unlike resampling, accept-reject never uses an image twice.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darkpixel.errors import DarkpixelError
from darkpixel.formats.blocks import Block, Events
from darkpixel.formats.image_file import ImageFile
from darkpixel.simulation.muons.particles import Floats

_BINS, _FEWEST = 20, 50  # bins of the spectra; background muons in each, at least
_DEGREE = 3

logger = logging.getLogger(__name__)


def matching_probability(signal_pt: Floats, background_pt: Floats) -> Floats:
    """With which probability each signal muon is kept, (n,), so that the spectra agree.

    The logarithm of the ratio of the spectra is fitted by a polynomial of degree 3 in pT, bin by
    bin with its Poisson error; its largest value among the signal's muons becomes 1. With fewer
    than 200 background muons there are too few bins: all probabilities are 1, with a warning.
    """
    bins = int(np.clip(len(background_pt) // _FEWEST, 1, _BINS))
    edges = np.quantile(np.concatenate([signal_pt, background_pt]), np.linspace(0, 1, bins + 1))
    signal, background = (np.histogram(pt, edges)[0] for pt in (signal_pt, background_pt))
    filled = (signal > 0) & (background > 0)
    if filled.sum() <= _DEGREE:
        logger.warning(
            "pT matching is left out: %d background and %d signal muons are too few to tell their "
            "spectra apart, %d are needed of the background; all signal images are kept",
            *(len(background_pt), len(signal_pt), _FEWEST * (_DEGREE + 1)),
        )
        return np.ones(len(signal_pt))
    centres = (edges[1:] + edges[:-1])[filled] / 2
    signal, background = signal[filled], background[filled]
    ratio = np.polynomial.Polynomial.fit(
        centres, np.log(background / signal), _DEGREE, w=(1 / signal + 1 / background) ** -0.5
    )
    # Held at the outermost bins' centres, beyond which a polynomial is free to run away.
    log_ratio = ratio(np.clip(signal_pt, centres[0], centres[-1]))
    return np.asarray(np.exp(log_ratio - log_ratio.max()))


def chunk_events(paths: Sequence[Path], kept: NDArray[np.bool_] | None = None) -> Events:
    """The images of a label's chunks in the order of the files; columns as in
    `darkpixel.simulation.muons.simulation.COLUMNS`.

    The column `event` is kept as `source_event`, with the chunk's seed as `chunk_seed`: together
    they name a collision.

    Args:
        kept: (N,) which images to take; None: all.
    """
    total = 0
    for path in paths:
        with ImageFile(path) as file:
            total += len(file)
    if kept is None:
        kept = np.ones(total, bool)
    return Events(_blocks(paths, kept), int(kept.sum()))


def _blocks(paths: Sequence[Path], kept: NDArray[np.bool_]) -> Iterator[Block]:
    start = 0
    for path in paths:
        with ImageFile(path) as file:
            for batch in file.batches(4 * file.chunk, file.columns):
                chosen = kept[start : start + len(batch["images"])]
                start += len(chosen)
                columns: dict[str, Any] = {name: values[chosen] for name, values in batch.items()}
                images = columns.pop("images")
                columns["source_event"] = columns.pop("event")
                columns["chunk_seed"] = np.full(len(images), file.attributes["seed"], np.int64)
                yield images, columns


def matched_events(
    paths: Sequence[Path], reference: Sequence[Path], needed: int, seed: int
) -> Events:
    """The signal images whose muons, together, have the pT spectrum of the background's.

    Only the column `muon_pt` of the files is read here.

    Args:
        paths: the signal's chunks.
        reference: the background's chunks.
        needed: images that must be left.
        seed: of the draw.

    Raises:
        DarkpixelError: fewer are left; the line says what to raise.
    """
    signal, background = _muon_pt(paths), _muon_pt(reference)
    probability = matching_probability(signal, background)
    kept = np.random.default_rng([seed, 1]).random(len(signal)) < probability
    left = int(kept.sum())
    logger.info(
        "pT matching keeps %d of %d signal images (%.1f %%), %d needed",
        *(left, len(signal), 100 * left / len(signal), needed),
    )
    if left < needed:
        # Four standard deviations of the draw to spare.
        advice = (needed + 4 * np.sqrt(needed)) / max(left, 1) * len(signal) / needed
        raise DarkpixelError(
            f"muons/signal: {left} of {len(signal)} images are left after pT matching, {needed} "
            f"needed; raise datasets.muons.signal_oversampling to {np.ceil(20 * advice) / 20:.2f}."
        )
    return chunk_events(paths, kept)


def _muon_pt(paths: Sequence[Path]) -> Floats:
    columns = []
    for path in paths:
        with ImageFile(path) as file:
            columns.append(file.column("muon_pt").astype(np.float64))
    return np.concatenate(columns)
