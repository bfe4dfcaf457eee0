"""W1 of generated pT and mass on the validation images, while a model trains.

The validation likelihood alone does not show the width of the generated pT: pT lies in a narrow
window, so the pixels of an image must add up, and a model can be likely pixel by pixel without.
Nor does the loss of a GAN show that it collapses.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from darkpixel.config.names import CLASS
from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.kinematics import image_observables, pixel_size_of
from darkpixel.metrics.spread import diversity, warn_of_collapse
from darkpixel.metrics.wasserstein import wasserstein
from darkpixel.models.base import GenerativeModel
from darkpixel.models.sampling import require_good_pixels
from darkpixel.training.monitoring import Monitoring

Images = npt.NDArray[np.float32]

_COMPARED = 1000  # images whose distances from each other are taken, two arrays of n x n numbers
_FEWEST = 3  # of which a spread can be taken


def monitoring(
    train: str | Path, validation: str | Path, training: Training, seed: int
) -> Monitoring:
    """As `darkpixel.training.monitoring.find_monitoring` asks for it: after the last epoch."""
    monitor = observable_monitor(validation, training.monitor_images, seed)
    return Monitoring(monitor, training.monitor_every or training.epochs)  # type: ignore[arg-type]


def observable_monitor(
    validation: str | Path, images: int, seed: int
) -> Callable[[GenerativeModel, int], dict[str, float]] | None:
    """A monitor for `darkpixel.training.loop.train`: `w1_pt`, `w1_mass` in GeV and `zeros`.

    With the images of several labels (`darkpixel.datasets.joint`) each label has its own measures,
    `w1_pt_signal` for example. The model is left with the last label chosen.

    Args:
        validation: image file to compare with, never the test images.
        images: of a label; generated each time, and read at most. 0: no monitor.
        seed: of the generated images, the same ones at every epoch.

    Raises:
        DarkpixelError: a label has no validation image; or, by the monitor, a drawn pixel is not
            finite. That the images are all alike is a warning in the log.
    """
    if images == 0:
        return None
    with ImageFile(validation) as file:
        pixel_size = pixel_size_of(file)
        if "classes" in file.attributes:
            labels = file.attributes["classes"].split(",")
            shown = dict(zip(labels, _first_of_each(file, len(labels), images), strict=True))
        else:
            labels, shown = [], {"": file.read(0, images)}
    references = {label: image_observables(own, pixel_size) for label, own in shown.items()}

    watches = {label: _Watch(own[:_COMPARED]) for label, own in shown.items()}

    def monitor(model: GenerativeModel, epoch: int) -> dict[str, float]:
        measures: dict[str, float] = {}
        for label, reference in references.items():
            if labels:
                model.choose_class(labels.index(label))
            generator = torch.Generator().manual_seed(seed)
            with torch.inference_mode():
                made = model.sample(images, generator=generator)
            require_good_pixels(model, made)
            drawn = made.cpu().numpy()
            name = " ".join(filter(None, ("model", model.settings["model"], label)))
            watches[label].look(drawn, f"{name}, epoch {epoch}")
            found = image_observables(drawn, pixel_size)
            own = {f"w1_{name}": wasserstein(found[name], reference[name]) for name in found}
            own["zeros"] = float((drawn == 0).mean())
            measures |= {f"{name}_{label}" if label else name: own[name] for name in own}
        return measures

    return monitor


class _Watch:
    """Warns when the images drawn are all alike, by the spread of as many real ones."""

    def __init__(self, real: Images) -> None:
        self._count = len(real) if len(real) >= _FEWEST else 0
        self._spread = diversity(real, repetitions=0).values if self._count else {}

    def look(self, drawn: Images, name: str) -> None:
        """Look at images (n, H, W), n at least the real ones' number; `name` says whose."""
        if self._count and min(self._spread.values()) > 0:  # real images may be copies of a few
            found = diversity(drawn[: self._count], repetitions=0).values
            warn_of_collapse({key: found[key] / real for key, real in self._spread.items()}, name)


def _first_of_each(file: ImageFile, classes: int, images: int) -> list[Images]:
    """The first `images` of each class, or all where there are fewer, (n, H, W) each."""
    number = file.column(CLASS)
    places = [np.flatnonzero(number == index)[:images] for index in range(classes)]
    for index, place in enumerate(places):
        if not len(place):
            raise DarkpixelError(
                f"{file.path}: no image of class {index} of {classes}, with which the generated "
                "ones are compared; give images of every label."
            )
    stop = max(place[-1] for place in places) + 1
    pieces: list[list[Images]] = [[] for _ in places]
    for start in range(0, stop, file.chunk):
        block = file.read(start, min(start + file.chunk, stop))
        for place, own in zip(places, pieces, strict=True):
            own.append(block[place[(place >= start) & (place < start + len(block))] - start])
    return [np.concatenate(own) for own in pieces]
