"""How well a codebook is used, after every epoch of training a VQ-VAE."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from darkpixel.config.training import Training
from darkpixel.errors import DarkpixelError
from darkpixel.formats.image_file import ImageFile
from darkpixel.models.base import Trainable
from darkpixel.models.vqvae.codes import code_counts, perplexity
from darkpixel.models.vqvae.model import VQVAE
from darkpixel.training.monitoring import Monitoring


def monitoring(
    train: str | Path, validation: str | Path, training: Training, seed: int
) -> Monitoring:
    """As `darkpixel.training.monitoring.find_monitoring` asks for it: after every epoch."""
    return Monitoring(vqvae_monitor(validation), training.monitor_every or 1)


def vqvae_monitor(
    validation: str | Path, batch: int = 512
) -> Callable[[Trainable, int], dict[str, float]]:
    """A monitor of a VQ-VAE for `darkpixel.training.loop.train`.

    It gives `codes_used`, `perplexity` over all cells, `perplexity_charged` over the cells that
    hold charge, and `reconstruction_error`, the mean squared error per pixel. Most cells of a
    sparse image are empty and have the same code, so that the perplexity over all cells is small
    however good the codebook; the one over charged cells tells whether the codebook is used.

    Args:
        validation: image file.
        batch: images at once.

    Raises:
        DarkpixelError: by the monitor, after the epoch `collapse_after`: the codebook has
            collapsed.
    """

    def monitor(model: Trainable, epoch: int) -> dict[str, float]:
        assert isinstance(model, VQVAE)
        options = model.options
        device = next(model.parameters()).device
        everywhere = np.zeros(options.codes, np.int64)
        charged = np.zeros(options.codes, np.int64)
        error, pixels = 0.0, 0
        with torch.inference_mode(), ImageFile(validation) as file:
            for block in file.batches(batch):
                images = torch.from_numpy(block["images"]).to(device)
                codes = model.encode(images)
                everywhere += code_counts(codes.cpu().numpy(), options.codes)
                inside = codes[model.charged_cells(images)]
                charged += code_counts(inside.cpu().numpy(), options.codes)
                error += float((model.decode(codes) - images).double().square().sum())
                pixels += images.numel()
        found = perplexity(charged)
        if epoch > options.collapse_after and not found >= options.least_perplexity:
            raise DarkpixelError(
                f"training stopped: the codebook has collapsed: in epoch {epoch} the perplexity of "
                f"the codes of charged cells is {found:.2f} of {options.codes} (model.vqvae: "
                f"least_perplexity {options.least_perplexity:g}); in the autoencoder's entry of "
                "the config set kmeans_start: true, a smaller replace_after or learning_rate, or "
                "give it more images."
            )
        return {
            "codes_used": float(np.count_nonzero(everywhere)),
            "perplexity": perplexity(everywhere),
            "perplexity_charged": found,
            "reconstruction_error": error / pixels,
        }

    return monitor
