"""Images that are redrawn until their pT and mass fit ones that were drawn first.

What comes out is selected on pT and mass, and says nothing about how well a model has learnt these
two. It stands in the tables beside other models' images that are selected in the same way.
"""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.kinematics import image_observables, pixel_size_of
from darkpixel.models.base import GenerativeModel

logger = logging.getLogger(__name__)

NAMES = ("pt", "mass")


class Selected:
    """Draws the images of a model until their pT and mass fit.

    A model that draws pT and mass before the pixels draws those of an image once and keeps them,
    and they are measured as it measures them. For any other model they are those of a training
    image, drawn at random with replacement.

    Args:
        model: in evaluation mode.
        selection: `pt` and `mass`, the largest miss of each, GeV, and `redraws`, the most times
            that an image is drawn anew; then it stays as it is.
        train: training images, whose pT and mass are drawn.

    Raises:
        DarkpixelError: the model draws totals first, and pT or mass is not among them; or the
            file of the training images states no `pixel_size`.
    """

    def __init__(self, model: GenerativeModel, selection: Mapping[str, Any], train: str) -> None:
        self.model = model
        self.image_size = model.image_size
        self._largest_miss = torch.tensor([float(selection[name]) for name in NAMES])
        self._redraws = int(selection["redraws"])
        if model.total_names and not set(NAMES) <= set(model.total_names):
            raise DarkpixelError(
                f"selection: the model {model.settings['model']} draws "
                f"{', '.join(model.total_names)} before the pixels; found no "
                f"{' or '.join(sorted(set(NAMES) - set(model.total_names)))} among them: add it to "
                "its `total_observables`, or take the model out of the selection."
            )
        self._columns = [model.total_names.index(name) for name in NAMES if model.total_names]
        with ImageFile(train) as file:
            self._pixel_size = pixel_size_of(file)
            self._training = torch.cat(
                [self._observables(torch.from_numpy(b["images"])) for b in file.batches()]
            )

    def sample_events(
        self, n: int, *, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Images (n, H, W), GeV, and their event attributes, (n,) each."""
        totals = None
        if self._columns:
            totals = self.model.draw_totals(n, generator=generator)
            wanted = totals[:, self._columns].cpu()
        else:
            wanted = self._training[torch.randint(len(self._training), (n,), generator=generator)]
        images, columns = self._draw(n, generator, totals)
        missed = self._missed(images, wanted)
        at_first, redrawn = len(missed), 0
        for _ in range(self._redraws):
            if not len(missed):
                break
            some = missed.to(images.device)
            given = None if totals is None else totals[some]
            images[some], attributes = self._draw(len(some), generator, given)
            for name, values in attributes.items():
                columns[name][some] = values
            redrawn += len(missed)
            missed = missed[self._missed(images[some], wanted[missed])]
        logger.info(
            "%d images, of which %d missed pT or mass at first; %d redraws in all; %d missed at "
            "last",
            n,
            at_first,
            redrawn,
            len(missed),
        )
        return images, columns

    def _draw(
        self, n: int, generator: torch.Generator, totals: Tensor | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        if totals is None:
            return self.model.sample_events(n, generator=generator)
        return self.model.sample(n, generator=generator, totals=totals), {}

    def _missed(self, images: Tensor, wanted: Tensor) -> Tensor:
        """Places of the images (B, H, W) that miss pT or mass (B, 2), (m,) int64, on the CPU."""
        if self._columns:
            found = self.model.totals_of(images)[:, self._columns].cpu()
        else:
            found = self._observables(images.cpu())
        return ((found - wanted).abs() > self._largest_miss).any(1).nonzero()[:, 0]

    def _observables(self, images: Tensor) -> Tensor:
        """PT and mass of images (B, H, W) on the CPU, (B, 2) float32, GeV."""
        found = image_observables(images.numpy(), self._pixel_size)
        return torch.from_numpy(np.stack([found[name] for name in NAMES], 1)).float()


DrawsImages = GenerativeModel | Selected
"""What draws images: a model, or `Selected` images of one."""
