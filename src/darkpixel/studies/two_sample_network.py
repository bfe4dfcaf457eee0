"""Two-sample test on pixels: a network between real and generated images (SARM section 8.6)."""

import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from darkpixel.config.names import MONTE_CARLO
from darkpixel.config.two_sample import LowLevel
from darkpixel.datasets.joint import JointWriter
from darkpixel.errors import DarkpixelError
from darkpixel.formats.digests import file_digest, settings_digest
from darkpixel.formats.files import folder_beside, whole_file
from darkpixel.formats.image_file import ImageFile
from darkpixel.formats.image_format import ATTRIBUTES
from darkpixel.metrics.auc import Auc, area_under_curve
from darkpixel.metrics.features import Sample
from darkpixel.models.base import Trainable
from darkpixel.models.build import build_model
from darkpixel.models.device import choose_device
from darkpixel.models.folder import load_model
from darkpixel.training.loop import train

logger = logging.getLogger(__name__)

CLASSES = ("generated", "real")  # the network gives the log-odds of the first
VALIDATION = 0.1  # of the images that train, for early stopping (SARM 8.6)
_BLOCK = 1024
_ATTEMPTS = 3
_DISTINCT = 0.1  # of the scores; blank images have one and the same


def low_level_areas(
    samples: Iterable[Sample],
    test: str,
    n: int,
    settings: LowLevel,
    *,
    seed: int,
    folder: str | Path,
    code: str,
) -> dict[Sample, Auc]:
    """`resumed_auc` of every sample."""
    areas = {}
    for sample in samples:
        areas[sample] = resumed_auc(sample, test, n, settings, seed=seed, folder=folder, code=code)
        logger.info("%s, seed %d: AUC %.4f ± %.4f", sample.model, sample.seed, *areas[sample])
    return areas


def resumed_auc(
    sample: Sample,
    test: str,
    n: int,
    settings: LowLevel,
    *,
    seed: int,
    folder: str | Path,
    code: str = "",
) -> Auc:
    """As `low_level_auc`, from the file of an interrupted job where that has it.

    Args:
        folder: keeps the result; the caller removes it when its job is done.
        code: digest of the code that the result depends on.
    """
    digest = settings_digest(
        [*sample, file_digest(sample.path), file_digest(test), n, settings.model_dump(), seed, code]
    )
    path = Path(folder) / f"{sample.model}_seed{sample.seed}_{digest}.json"
    if path.exists():
        value, error = json.loads(path.read_text())
        return value, error
    auc = low_level_auc(sample, test, n, settings, seed=seed, folder=folder)
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps([float(number) for number in auc]))
    return auc


def low_level_auc(
    sample: Sample, test: str, n: int, settings: LowLevel, *, seed: int, folder: str | Path
) -> Auc:
    """AUC of a network trained on half of the images of either side, on the other half.

    No cross-validation, so the error is DeLong's: the network has seen none of the scored images.

    Args:
        sample: compared with the first n test images.
        n: images a side.
        seed: of weights, batches, and noise in training.
        folder: where the training keeps its files meanwhile; they are removed.

    Raises:
        DarkpixelError: the network gave nearly all images one score, three times.
    """
    half = n // 2
    learned = half - max(1, round(VALIDATION * half))
    real = Sample(MONTE_CARLO, 0, test)
    sides = (sample, real)
    with folder_beside(Path(folder) / "network") as place:
        parts = {"train": (0, learned), "validation": (learned, half)}
        for part, (start, stop) in parts.items():
            _write_joint(place / f"{part}.h5", sides, start, stop, test)
        with ImageFile(test) as file:
            size = file.shape[1:]
        device = choose_device(settings.training.device)
        for attempt in range(_ATTEMPTS):
            output = place / f"model{attempt}"
            model = build_model({**settings.settings, "model": settings.model}, size, seed=seed)
            train(
                model,
                place / "train.h5",
                place / "validation.h5",
                settings.training,
                seed=seed,
                checkpoint_dir=place / f"checkpoints{attempt}",
                digest="",  # nothing outlives the folder, so nothing is resumed
                output_dir=output,
                progress=False,
            )
            network = load_model(output, device=device)
            scores = [_scores(network, side, half, n, device) for side in sides]
            if not _is_collapsed(scores):
                return area_under_curve(*scores)
            logger.warning(
                "%s: the network gives nearly all images one score (attempt %d of %d)",
                *(sample.path, attempt + 1, _ATTEMPTS),
            )
            seed += 1
    raise DarkpixelError(
        f"{sample.path}: in {_ATTEMPTS} training runs the network of the two-sample test has given "
        "nearly all images one score, so that it would find any images alike; set a smaller "
        "`learning_rate` under `low_level.training`."
    )


def _is_collapsed(scores: Sequence[npt.NDArray[np.float64]]) -> bool:
    """Whether a network tells nothing apart: one whose units are all dead has an AUC of 0.5."""
    joined = np.concatenate(scores)
    return len(np.unique(joined)) < _DISTINCT * len(joined)


def _write_joint(
    path: Path, sides: tuple[Sample, Sample], start: int, stop: int, test: str
) -> None:
    """Images `start` to `stop` of either side in turn, with their class."""
    with ImageFile(test) as file:
        height, width = file.shape[1:]
        attributes = {
            name: file.attributes[name]
            for name in ATTRIBUTES
            if name in file.attributes and name != "software"
        }
    streams = [side.part(start).blocks(stop - start, _BLOCK) for side in sides]
    with JointWriter(path, CLASSES, height=height, width=width, **attributes) as writer:
        for block, images in enumerate(zip(*streams, strict=True)):
            writer.append_mixed(images, np.random.default_rng(block))


def _scores(
    network: Trainable, side: Sample, start: int, stop: int, device: torch.device
) -> npt.NDArray[np.float64]:
    """The network's answer to images `start` to `stop`, (stop - start,); generated ones high."""
    with torch.inference_mode():
        answers = [
            network(torch.from_numpy(block).to(device)).double().cpu().numpy().reshape(-1)
            for block in side.part(start).blocks(stop - start, _BLOCK)
        ]
    return np.concatenate(answers)
