"""SARM: sparse autoregressive models of detector images (SARM sections 4 and 8).

A pixel x_i is zero with probability gamma_i, else drawn from a distribution on x > 0, and both
depend on the pixels before it in a fixed order. One masked network (MADE) gives all of them in
one pass; several stages use one network each. `sarm1` has no centre, `sarm2` one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.kinematics import in_angles
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.models.sarm.likelihoods import (
    Discrete,
    Exponential,
    Gamma,
    Likelihood,
    TruncatedLogistic,
)
from darkpixel.models.sarm.orders import order, stage_pixels
from darkpixel.models.sarm.sampler import sample_incremental
from darkpixel.models.sarm.settings import Settings
from darkpixel.models.sarm.stage import Given, Stage
from darkpixel.models.sarm.start import fit, no_angles
from darkpixel.models.sarm.sums import RunningSums
from darkpixel.models.sarm.totals import TotalsDensity


class SARM(GenerativeModel):
    """Sparse autoregressive model of square images.

    With `totals`, the model is p(s) prod_i p(x_i | x_<i, s): it draws s, say pT and mass, then
    the pixels, whose own totals come close to s without being forced to it. `log_prob` is this
    joint density at the image's own s (with `total_noise`, at a noisy s); it contains a density
    in s and does not integrate over s, so it is not the density of the image alone.
    `log_prob_parts` reports both parts.

    Args:
        options: the settings.
        side: pixels per side.
    """

    stages: Sequence[Stage]
    permutation: Tensor
    first_values: Tensor
    noise_scale: Tensor

    def __init__(self, options: Settings, side: int) -> None:
        super().__init__()
        self.options, self.side = options, side
        self.pixel_size = 0.1 if options.pixel_size is None else options.pixel_size
        self.in_angles = in_angles(side, self.pixel_size)
        raster = order(options.order, side, options.order_seed)
        stages = stage_pixels(side, options.centres, raster, options.centre_first)
        permutation = torch.cat([torch.as_tensor(pixels) for pixels in stages])
        self.register_buffer("permutation", permutation, persistent=False)
        # Of the empirical first pixel; replaced by training values in `fit_to_data`.
        values = 4096 if options.first_pixel == "empirical" else 0
        self.register_buffer("first_values", torch.zeros(values), persistent=values > 0)

        names = tuple(options.total_observables) if options.totals else ()
        self.sums = RunningSums(side, self.pixel_size, permutation, names)
        self.totals = TotalsDensity(len(names), options.total_mixtures) if names else None
        noise = torch.tensor(options.total_noise if names else [])
        self.register_buffer("noise_scale", noise, persistent=False)
        self.inputs_per_pixel = 3 if options.inputs == "features" else 1
        self.offsets: list[int] = []
        self.stages = nn.ModuleList()  # type: ignore[assignment]
        offset = 0
        for pixels in stages:
            self.offsets.append(offset)
            self.stages.append(  # type: ignore[attr-defined]
                Stage(
                    len(pixels),
                    _likelihood(options),
                    inputs=self.inputs_per_pixel,
                    context=offset * self.inputs_per_pixel + len(names),
                    sums=self.sums.features_count if options.sums else 0,
                    shared_units=options.shared_units,
                    units=options.units or max(len(pixels), 128),
                    context_units=options.context_units,
                    layers=options.layers,
                    activation=options.activation,
                    residual=options.residual,
                    dropout=options.dropout,
                    blocks=options.blocks,
                )
            )
            offset += len(pixels)

    def pixel_inputs(self, x: Tensor) -> Tensor:
        """What the networks see of pixels (...): (..., F)."""
        if self.options.inputs == "value":
            return x[..., None]
        return torch.stack([x.asinh(), (x > 0).to(x.dtype), x / 50], -1)

    def quantise(self, images: Tensor) -> Tensor:
        """Images as the model sees them, same shape: on the grid of D+D, unchanged for D+C."""
        return self.stages[0].likelihood.quantise(images)

    def conditions(self, x: Tensor, known: Tensor | None) -> Iterator[tuple[int, Stage, Given]]:
        """For each stage: the number of pixels before it, the stage, and what it is given.

        Args:
            x: (B, D), GeV, quantised, in the order of generation.
            known: the image's totals, (B, T), if the model has them.
        """
        inputs = self.pixel_inputs(x)
        totals = []
        if self.totals is not None and known is not None:
            totals = [self.totals.standardised(known)]
        sums = None
        if self.options.sums:
            sums = self.sums.features(self.sums.raw(x), None if known is None else known.T)
        for offset, stage in zip(self.offsets, self.stages, strict=True):
            end = offset + stage.pixels
            context = torch.cat([*totals, inputs[:, :offset].flatten(1)], 1)
            given = Given(
                inputs[:, offset:end],
                context if stage.context_size else None,
                None if sums is None else sums[..., offset : end + 1],
            )
            yield offset, stage, given

    def totals_of(self, images: Tensor) -> Tensor:
        """The totals of images (B, H, W), (B, T), GeV (or pixels)."""
        return self.sums.of_image(images.flatten(1)[:, self.permutation])

    def noisy(self, totals: Tensor) -> Tensor:
        """Totals (B, T) as the model is given them: with Laplace noise, never below zero.

        Without noise, what is left of a total is never negative in training, but a sample whose
        pixels overshoot meets just that, and goes astray. With noise s' = s + n, the product
        p(s') p(x | s') still has the images' own distribution as its margin, whatever the scale.
        """
        if self.options.total_noise == 0:
            return totals
        unit = torch.distributions.Laplace(torch.zeros_like(totals), torch.ones_like(totals))
        return (totals + self.noise_scale * unit.sample()).clamp(min=0)

    def log_prob_parts(self, images: Tensor) -> dict[str, Tensor]:
        """`totals`, log p(s), and `pixels`, sum_i log p(x_i | x_<i, s); (B,) nats each.

        D+D: probabilities of the quantised images. D+C: densities in GeV^-1 per non-zero pixel.
        With an empirical first pixel, that pixel is not scored.
        """
        x = self.quantise(images).flatten(1)[:, self.permutation]
        known, log_totals = None, x.new_zeros(len(x))
        if self.totals is not None:
            known = self.noisy(self.sums.of_image(x))
            log_totals = self.totals.log_prob(known)
        log_pixels = x.new_zeros(len(x))
        for offset, stage, given in self.conditions(x, known):
            part = stage.log_prob(
                x[:, offset : offset + stage.pixels],
                *given,
                unscored=int(self.options.first_pixel == "empirical" and offset == 0),
            )
            log_pixels = log_pixels + part
        return {"totals": log_totals, "pixels": log_pixels}

    def log_prob(self, images: Tensor) -> Tensor:
        """Sum of `log_prob_parts`: images (B, H, W), GeV -> (B,) nats."""
        parts = self.log_prob_parts(images)
        return parts["totals"] + parts["pixels"]

    def log_density(self, images: Tensor) -> Tensor | None:
        """log p of images (B, H, W) with respect to a point mass at 0 and GeV, (B,) nats.

        D+D: the probability of a level, spread evenly over the values that are rounded to it.
        None with totals, whose density the pixels determine, or an empirical first pixel.
        """
        if self.totals is not None or self.options.first_pixel == "empirical":
            return None
        widths = self.stages[0].likelihood.log_width(images)  # all stages have one grid
        return self.log_prob(images) - widths.flatten(1).sum(1)

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean negative log-likelihood, nats per image."""
        return -self.log_prob(images).mean()

    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw images, (n, H, W) GeV; exact, by the incremental sampler.

        Each image takes its uniforms from the generator in turn, so the images do not depend on
        `batch` (images at once, an option).
        """
        return sample_incremental(self, n, generator=generator, **options)

    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Set grids, scales and first frequencies (`darkpixel.models.sarm.start`)."""
        fit(self, batches, validation)

    def fitted(self) -> dict[str, float]:
        """D+D: the power of the grid, its number of levels and the largest, GeV."""
        likelihood = self.stages[0].likelihood
        if not isinstance(likelihood, Discrete):
            return {}
        grid = likelihood.grid
        power = round(float(likelihood.power), 4)
        return {"power": power, "levels": len(grid), "largest_level": float(grid[-1])}

    def adopt_shapes(self, state: Mapping[str, Tensor]) -> None:
        """Take the number of levels from stored weights."""
        for number, stage in enumerate(self.stages):
            if isinstance(stage.likelihood, Discrete):
                stage.likelihood.adopt_shapes(state, f"stages.{number}.likelihood.")

    def clipped(self, images: Tensor) -> int:
        """Pixels above the grid of D+D, which quantisation pulls down to its last level."""
        likelihood = self.stages[0].likelihood
        return likelihood.clipped(images) if isinstance(likelihood, Discrete) else 0

    def parameter_counts(self) -> dict[str, int]:
        """`dense`: full matrices, as the paper counts; `free`: the weights that are not masked."""
        totals = 0 if self.totals is None else sum(p.numel() for p in self.totals.parameters())
        counts = [stage.counts() for stage in self.stages]
        return {key: totals + sum(count[key] for count in counts) for key in ("dense", "free")}


def _likelihood(options: Settings) -> Likelihood:
    if options.likelihood == "discrete":
        power = 1.0 if options.power == "auto" else options.power
        return Discrete(options.width, options.levels, power)
    if options.likelihood == "truncated_logistic":
        return TruncatedLogistic(options.mixtures, options.log_scale, options.truncate_above)
    return {"exponential": Exponential, "gamma": Gamma}[options.likelihood](options.log_scale)


def build(settings: Settings, height: int, width: int) -> SARM:
    """A new model.

    Raises:
        DarkpixelError: the images are not square, the centres do not fit into them, or sums or
            totals are wanted of images that are not in eta and phi.
    """
    if height != width:
        raise DarkpixelError(
            f"model sarm: images of {height} x {width} pixels; square ones needed."
        )
    model = SARM(settings, height)
    if (settings.sums or settings.totals) and not model.in_angles:
        raise DarkpixelError(
            f"model sarm: sums and totals are of pT and mass, which {no_angles(model)} do not "
            "have; set both to false."
        )
    return model
