"""W1 of generated pT and mass on the validation images, while a model trains.

The validation likelihood alone does not show the width of the generated pT: pT lies in a narrow
window, so the pixels of an image must add up, and a model can be likely pixel by pixel without.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from darkpixel.data.image_file import ImageFile
from darkpixel.metrics.kinematics import image_observables, pixel_size_of
from darkpixel.metrics.wasserstein import wasserstein
from darkpixel.models.base import GenerativeModel


def observable_monitor(
    validation: str | Path, images: int, seed: int
) -> Callable[[GenerativeModel, int], dict[str, float]] | None:
    """A monitor for `darkpixel.training.train`: `w1_pt`, `w1_mass` in GeV and `zeros`.

    Arguments:
        validation: image file to compare with, never the test images.
        images: generated each time, and read at most; 0: no monitor.
        seed: of the generated images, the same ones at every epoch.
    """
    if images == 0:
        return None
    with ImageFile(validation) as file:
        pixel_size = pixel_size_of(file)
        reference = image_observables(file.read(0, images), pixel_size)

    def monitor(model: GenerativeModel, epoch: int) -> dict[str, float]:
        generator = torch.Generator().manual_seed(seed)
        with torch.inference_mode():
            made = model.sample(images, generator=generator).cpu().numpy()
        found = image_observables(made, pixel_size)
        distances = {f"w1_{name}": wasserstein(found[name], reference[name]) for name in found}
        return {**distances, "zeros": float((made == 0).mean())}

    return monitor
