"""Classifiers trained on the images of one source, scored on Monte Carlo images (SARM 6.1.3).

The score file has a row per repetition and test image: `repetition` (from 1), `label` and `image`
(place in that label's test file), `score` (log-odds of the first label, signal), `images` (how many
images per class that classifier was given) and `pool` (from how many they were drawn). The same
test images stand in the same order in the score files of all sources, so that their differences are
paired.
"""

import logging
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray

from darkpixel.config.names import JOINT
from darkpixel.config.training import Training
from darkpixel.datasets.joint import JointWriter
from darkpixel.errors import DarkpixelError
from darkpixel.formats.digests import settings_digest
from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile, count_images
from darkpixel.models.base import Trainable
from darkpixel.models.build import build_model
from darkpixel.models.device import choose_device, uses_bfloat16
from darkpixel.models.folder import CONFIG, WEIGHTS, load_config, load_model
from darkpixel.training.history import HISTORY
from darkpixel.training.loop import train

logger = logging.getLogger(__name__)

SCORES = "scores.parquet"
VALIDATION_SHARE = 0.1  # for early stopping (SARM 8.6)

_BLOCK = 2048  # images of a class read at once
_SCORED = 256  # images that a classifier sees at once


def train_classifiers(
    sources: Mapping[str, Sequence[str | Path]],
    tests: Mapping[str, str | Path],
    folder: str | Path,
    *,
    settings: Mapping[str, Any],
    training: Training,
    repetitions: int,
    images: int,
    test_images: int | None,
    seed: int,
    checkpoint_dir: str | Path,
    digest: str,
) -> None:
    """Train `repetitions` classifiers on the images of one source and score the test images.

    Each repetition has its own seed, its own `images` random images per class (of as many as the
    source has) and its own random split of them into training and validation; it takes the next
    of the source's files, which come from training runs with different seeds. One that is
    interrupted goes on where it was, and finished ones are not done again.

    Args:
        sources: label -> image files of the source, signal first; two labels with as many files.
        tests: label -> Monte Carlo test images, the same labels.
        folder: written: `scores.parquet`, and of the first repetition the model's folder.
        settings: `model` and its keys, as for `build_model`.
        images: per class, validation included.
        test_images: per class, the first of each file; None: all.
        checkpoint_dir: for states, split image files and finished repetitions; emptied at the end.
        digest: of the inputs, the configuration and the code.

    Raises:
        DarkpixelError: labels or image sizes do not fit, or a file has too few images.
    """
    if len(sources) != 2 or list(sources) != list(tests):
        raise DarkpixelError(
            f"classifier: labels {list(sources)} and test labels {list(tests)}; it takes the same "
            "two, signal first."
        )
    folder, scratch = Path(folder), Path(checkpoint_dir)
    device = choose_device(training.device)
    tables = []
    for repetition in range(1, repetitions + 1):
        trained = scratch / f"trained{repetition}"
        repetition_digest = settings_digest([digest, repetition])
        turn = {label: paths[(repetition - 1) % len(paths)] for label, paths in sources.items()}
        if not _finished(trained, repetition_digest):
            repetition_seed = int(np.random.SeedSequence((seed, repetition)).generate_state(1)[0])
            logger.info("classifier %d of %d", repetition, repetitions)
            _train_one(
                turn, images, trained, scratch / f"repetition{repetition}", settings, training,
                seed=repetition_seed, digest=repetition_digest,
            )  # fmt: skip
        model = load_model(trained, device=device)
        bfloat16 = uses_bfloat16(training.precision, device)
        pool = min(count_images(path) for path in turn.values())
        for label, path in tests.items():
            scores = log_odds(model, path, test_images, bfloat16=bfloat16)
            tables.append(_table(repetition, label, scores, images, pool))
    folder.mkdir(parents=True, exist_ok=True)
    for name in (HISTORY, CONFIG, WEIGHTS):
        with whole_file(folder / name) as temporary:
            shutil.copyfile(scratch / "trained1" / name, temporary)
    with whole_file(folder / SCORES) as temporary:
        pq.write_table(pa.concat_tables(tables).unify_dictionaries(), temporary)
    for trained in scratch.glob("trained*"):
        shutil.rmtree(trained)
    if not any(scratch.iterdir()):
        scratch.rmdir()


def write_split(
    sources: Mapping[str, str | Path], images: int, folder: str | Path, seed: int
) -> tuple[Path, Path]:
    """Write `images` random images of each label into a training and a validation file.

    Both are joint files (`darkpixel.datasets.joint`): labels mixed evenly, column `class`. A tenth
    of each label, at least one image, is for validation. No image is in both files or twice in one.

    Returns:
        The two paths, in `folder`.

    Raises:
        DarkpixelError: a file has fewer images, or the labels differ in image size.
    """
    random = np.random.default_rng(seed)
    paths = [Path(folder) / f"{split}.h5" for split in ("train", "validation")]
    with ExitStack() as stack:
        files = [stack.enter_context(ImageFile(path)) for path in sources.values()]
        height, width = files[0].shape[1:]
        uses = []
        for file in files:
            if file.shape[1:] != (height, width):
                raise DarkpixelError(
                    f"{file.path}: images of {file.shape[1]}x{file.shape[2]} pixels, but "
                    f"{height}x{width} in {files[0].path}; a classifier needs both labels alike."
                )
            uses.append(_uses(file, images, random))
        attributes = files[0].attributes
        writers = [
            stack.enter_context(
                JointWriter(
                    path,
                    list(sources),
                    height=height,
                    width=width,
                    dataset=str(attributes.get("dataset", "")),
                    label=JOINT,
                    split=path.stem,
                    pixel_size=float(attributes.get("pixel_size", 0.0)),
                    unit=str(attributes.get("unit", "")),
                    source=", ".join(map(str, sources.values())),
                    seed=seed,
                    config_digest="",
                )
            )
            for path in paths
        ]
        blocks = -(-max(map(len, files)) // _BLOCK)
        for block in range(blocks):
            pieces: list[list[NDArray[np.float32]]] = [[] for _ in writers]
            for file, use in zip(files, uses, strict=True):
                start, stop = (len(file) * k // blocks for k in (block, block + 1))
                pixels = file.read(start, stop)
                for number, part in enumerate(pieces):
                    part.append(pixels[use[start:stop] == number])
            for writer, part in zip(writers, pieces, strict=True):
                writer.append_mixed(part, random)
    return paths[0], paths[1]


def log_odds(
    model: Trainable, path: str | Path, images: int | None = None, *, bfloat16: bool = False
) -> NDArray[np.float32]:
    """Log-odds of signal, (N,), of the first `images` of a file (None: of all).

    With `bfloat16` the convolutions are as in a training of that precision, and three times
    faster on a CPU that has it. An image's score depends on that image alone: the classifier
    always sees the same number of images at once, because the last digits of a convolution depend
    on the size of its batch.
    """
    device = next(model.parameters()).device
    model.eval()
    scores = []
    precision = torch.autocast(device.type, torch.bfloat16, enabled=bfloat16)
    with ImageFile(path) as file, torch.inference_mode(), precision:
        count = len(file) if images is None else min(images, len(file))
        for start in range(0, count, _SCORED):
            pixels = file.read(start, min(start + _SCORED, count))
            filled = np.resize(pixels, (_SCORED, *pixels.shape[1:]))
            answer = model(torch.from_numpy(filled).to(device))
            scores.append(answer[: len(pixels)].cpu().numpy())
    return np.concatenate(scores)


def _train_one(
    sources: Mapping[str, str | Path],
    images: int,
    output: Path,
    checkpoints: Path,
    settings: Mapping[str, Any],
    training: Training,
    *,
    seed: int,
    digest: str,
) -> None:
    """One classifier; its split image files live in the checkpoint folder and go with it."""
    paths = write_split(sources, images, checkpoints, seed)
    with ImageFile(paths[0]) as file:
        image_size = file.shape[1:]
        attributes = {
            key: file.attributes[key]
            for key in ("dataset", "label", "classes", "pixel_size", "unit")
        }
    train(
        build_model(settings, image_size, seed=seed),
        *paths,
        training,
        seed=seed,
        checkpoint_dir=checkpoints,
        digest=digest,
        output_dir=output,
        provenance={"images": {**attributes, "source": [str(path) for path in sources.values()]}},
    )


def _uses(file: ImageFile, images: int, random: np.random.Generator) -> NDArray[np.int8]:
    """What each image of a file is for: 0 training, 1 validation, -1 nothing; (N,)."""
    if not 2 <= images <= len(file):
        raise DarkpixelError(
            f"{file.path}: {len(file)} images, but the classifier is to have {images} per class "
            "and at least 2; change judges.classifier.images."
        )
    validation = max(1, round(VALIDATION_SHARE * images))
    order = random.permutation(len(file))
    uses = np.full(len(file), -1, np.int8)
    uses[order[:images]] = 0
    uses[order[:validation]] = 1
    return uses


def _finished(folder: Path, digest: str) -> bool:
    """Whether a repetition was trained before an interruption; its weights are written last."""
    return (folder / WEIGHTS).exists() and load_config(folder).get("digest") == digest


def _table(
    repetition: int, label: str, scores: NDArray[np.float32], images: int, pool: int
) -> pa.Table:
    count = len(scores)
    return pa.table(
        {
            "repetition": np.full(count, repetition, np.int32),
            "label": pa.array([label] * count).dictionary_encode(),
            "image": np.arange(count, dtype=np.int32),
            "score": scores,
            "images": np.full(count, images, np.int32),
            "pool": np.full(count, pool, np.int32),
        }
    )
