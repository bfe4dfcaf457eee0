"""Accuracy of the segmentation network (SSNet), after every epoch of its training."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from darkpixel.config.training import Training
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.segmentation import accuracy, confusion_counts
from darkpixel.models.base import Trainable
from darkpixel.models.ssnet.labelling import images_at_once, label_images
from darkpixel.models.ssnet.model import SSNet
from darkpixel.training.loop import Monitor
from darkpixel.training.monitoring import Monitoring

IMAGES = 500
"""Labelled after an epoch, unless the configuration says how many."""


def monitoring(
    train: str | Path, validation: str | Path, training: Training, seed: int
) -> Monitoring:
    """As `darkpixel.training.monitoring.find_monitoring` asks for it: after every epoch."""
    images = training.monitor_images or IMAGES
    return Monitoring(ssnet_monitor(train, validation, images), training.monitor_every or 1)


def ssnet_monitor(train: str | Path, validation: str | Path, images: int) -> Monitor:
    """A monitor for `darkpixel.training.loop.train`: the accuracies after an epoch.

    `train_accuracy` and `validation_accuracy` are over non-zero pixels, as the paper's;
    `validation_accuracy_all` is over all pixels, those without charge counting as background,
    which is what they are labelled. Training images are not augmented here.

    Args:
        train, validation: image files with `pixel_labels`.
        images: the first so many of each file are labelled, or all if there are fewer.
    """

    def monitor(model: Trainable, epoch: int) -> dict[str, float]:
        assert isinstance(model, SSNet)
        seen = _confusion(model, train, images)
        unseen = _confusion(model, validation, images)
        return {
            "train_accuracy": accuracy(seen, "accuracy_nonzero")[0],
            "validation_accuracy": accuracy(unseen, "accuracy_nonzero")[0],
            "validation_accuracy_all": accuracy(unseen, "accuracy_all")[0],
        }

    return monitor


def _confusion(model: SSNet, path: str | Path, images: int) -> NDArray[np.int64]:
    """Confusion counts (n, 3, 3) of the first images of a file, at threshold zero."""
    with ImageFile(path) as file:
        size = images_at_once(*file.shape[1:])
        stop = min(images, len(file))
        counts = []
        for start in range(0, stop, size):
            end = min(start + size, stop)
            labels, _, _ = label_images(model, file.read(start, end), 0.0)
            counts.append(confusion_counts(file.column("pixel_labels", start, end), labels))
        return np.concatenate(counts)
