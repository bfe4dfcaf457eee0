"""The model SARM: its parts put together, its likelihood, and what training and sampling ask of it.

Start with the package's docstring, which has the equations and says what is in which file.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from darkpixel.errors import DarkpixelError
from darkpixel.metrics.kinematics import in_angles
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.models.orders import order
from darkpixel.models.sampling import evaluating, open_uniforms
from darkpixel.models.sarm.conditionals import Conditionals, inputs_per_pixel
from darkpixel.models.sarm.discrete import Discrete
from darkpixel.models.sarm.initialisation import fit
from darkpixel.models.sarm.likelihoods import Exponential, Gamma, Likelihood, TruncatedLogistic
from darkpixel.models.sarm.orders import stage_pixels
from darkpixel.models.sarm.running_sums import RunningSums
from darkpixel.models.sarm.sampler import sample_images
from darkpixel.models.sarm.settings import Settings
from darkpixel.models.sarm.stage import Stage
from darkpixel.models.sarm.totals import TotalsDensity

_FIRST_VALUES = 4096  # training values of an empirical first pixel


class SARM(GenerativeModel):
    """Sparse autoregressive model of square images.

    With `totals`, the model is p(s) prod_i p(x_i | x_<i, s): it draws s, for example pT and mass,
    then the pixels, whose own totals come close to s without being forced to it. `log_prob` is
    this joint density at the image's own s (with `total_noise`, at a noisy s); it contains a
    density in s and does not integrate over s, so it is not the density of the image alone, which
    `density_estimates` estimates. `log_prob_parts` reports both parts.

    Args:
        options: the settings.
        side: pixels per side.

    Raises:
        DarkpixelError: the centres do not fit into the image, or sums or totals are wanted of
            images that are not in eta and phi.
    """

    stages: Sequence[Stage]
    permutation: Tensor
    first_values: Tensor

    def __init__(self, options: Settings, side: int) -> None:
        super().__init__()
        self.options, self.side = options, side
        self.pixel_size = 0.1 if options.pixel_size is None else options.pixel_size
        if options.sums or options.totals:
            self._require_angles("sums and totals are of pT and mass", "set both to false")
        raster = order(options.order, side, options.order_seed)
        stages = stage_pixels(side, options.centres, raster, options.centre_first)
        permutation = torch.cat([torch.as_tensor(pixels) for pixels in stages])
        self.register_buffer("permutation", permutation, persistent=False)
        # Of the empirical first pixel; replaced by training values in `fit_to_data`.
        values = _FIRST_VALUES if options.first_pixel == "empirical" else 0
        self.register_buffer("first_values", torch.zeros(values), persistent=values > 0)

        names = tuple(options.total_observables) if options.totals else ()
        self.total_names = names
        self.sums = RunningSums(side, self.pixel_size, permutation, names)
        self.totals = None
        if names:
            self.totals = TotalsDensity(len(names), options.total_mixtures, options.total_noise)
        inputs, earlier = inputs_per_pixel(options.inputs), 0
        self.stages = nn.ModuleList()  # type: ignore[assignment]
        for pixels in stages:
            self.stages.append(  # type: ignore[attr-defined]
                Stage(
                    len(pixels),
                    _likelihood(options),
                    inputs=inputs,
                    context=earlier * inputs + len(names),
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
            earlier += len(pixels)

    @property
    def conditionals(self) -> Conditionals:
        """The parts of the model, on the device where they are now."""
        return Conditionals(
            self.side,
            self.permutation,
            self.stages,
            self.options.inputs,
            self.sums,
            self.totals,
            self.first_values,
            self.options.drawn_values == "spread",
        )

    def quantise(self, images: Tensor) -> Tensor:
        """Images as the model sees them, same shape: on the grid of D+D, unchanged for D+C."""
        return self.conditionals.quantise(images)

    def as_generated(self, images: Tensor, *, generator: torch.Generator) -> Tensor:
        """Images (B, H, W) on the grid of D+D, spread within their levels as samples are.

        It is what a perfect generator on this grid makes.
        """
        u = open_uniforms(*images.shape, generator=generator).to(images)
        return self.conditionals.spread(self.quantise(images), u)

    def log_prob_parts(self, images: Tensor) -> dict[str, Tensor]:
        """`totals`, log p(s), and `pixels`, sum_i log p(x_i | x_<i, s); (B,) nats each.

        D+D: probabilities of the quantised images. D+C: densities in GeV^-1 per non-zero pixel.
        With an empirical first pixel, that pixel is not scored.
        """
        parts = self.conditionals
        x = parts.in_order(parts.quantise(images))
        totals, log_totals = None, x.new_zeros(len(x))
        if self.totals is not None:
            totals = self.totals.noisy(self.sums.of_image(x))
            log_totals = self.totals.log_prob(totals)
        return {"totals": log_totals, "pixels": self._log_pixels(x, totals)}

    def _log_pixels(self, x: Tensor, totals: Tensor | None) -> Tensor:
        """Log prob of quantised pixels (B, D), in the order of generation, given totals (B, T)."""
        log_pixels = x.new_zeros(len(x))
        for start, stage, inputs in self.conditionals.stage_inputs(x, totals):
            log_pixels = log_pixels + stage.log_prob(
                x[:, start : start + stage.pixels],
                inputs,
                unscored=int(self.options.first_pixel == "empirical" and start == 0),
            )
        return log_pixels

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
        return self.log_prob(images) - self._log_widths(images)

    def _log_widths(self, images: Tensor) -> Tensor:
        """Sum of the logs of the cells around the pixels of images (B, H, W), (B,)."""
        widths = self.stages[0].likelihood.log_width(images)  # all stages have one grid
        return widths.flatten(1).sum(1)

    def density_estimates(
        self, images: Tensor, draws: int, *, generator: torch.Generator
    ) -> Tensor | None:
        """With totals: p(s) p(x | s) / q(s) with s drawn from q, near the image's own totals.

        Integrated over s, p(s) p(x | s) is the density of the images that the model draws.
        """
        if self.totals is None or self.options.first_pixel == "empirical":
            return None
        parts = self.conditionals
        x = parts.in_order(parts.quantise(images))
        own, widths = self.sums.of_image(x), self._log_widths(images)
        estimates = []
        for _ in range(draws):
            uniforms = open_uniforms(len(x), 1 + 3 * own.shape[1], generator=generator).to(own)
            y, log_q = self.totals.propose(own, uniforms)
            log_pixels = self._log_pixels(x, self.totals.from_standardised(y))
            log_p = self.totals.log_prob_standardised(y) + log_pixels
            estimates.append(log_p - log_q - widths)
        return torch.stack(estimates)

    @property
    def remedy(self) -> str:  # type: ignore[override]
        """D+C: a value far above the training images' makes the next ones larger still."""
        options = self.options
        if options.likelihood == "discrete":
            return super().remedy
        if options.likelihood != "truncated_logistic":
            return (
                f"likelihood {options.likelihood} has no largest value; set likelihood: "
                "truncated_logistic and truncate_above: true in the model's entry of the config"
            )
        bound = f"a smaller upper bound of log_scale (found {options.log_scale[1]:g})"
        if not options.truncate_above:
            bound = f"truncate_above: true, or {bound}"
        features = ", or inputs: features" if options.inputs == "value" else ""
        return f"set {bound}{features} in the model's entry of the config, or train it for longer"

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        """Mean negative log-likelihood, nats per image."""
        return -self.log_prob(images).mean()

    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        """Draw images, (n, H, W) GeV; exact, by the incremental sampler.

        Each image takes its uniforms from the generator in turn, so the images do not depend on
        `batch` (images at once, an option). Another option is `totals`, (n, T), for which the
        images are drawn; they are drawn first otherwise.
        """
        with evaluating(self):
            return sample_images(self.conditionals, n, generator=generator, **options)

    @torch.no_grad()
    def draw_totals(self, n: int, *, generator: torch.Generator) -> Tensor:
        """Draw the totals of `n` images, (n, T), GeV (or pixels)."""
        if self.totals is None:
            return super().draw_totals(n, generator=generator)
        u = open_uniforms(n, 2, self.totals.count, generator=generator)
        return self.totals.sample(u.transpose(0, 1).to(self.permutation.device))

    def totals_of(self, images: Tensor) -> Tensor:
        """The totals of images (B, H, W), (B, T), GeV (or pixels); pT, mass softened near zero."""
        return self.conditionals.totals_of(images)

    def fit_to_data(self, batches: Batches, validation: Batches | None = None) -> None:
        """Set grids, scales and first frequencies (`darkpixel.models.sarm.initialisation`).

        Raises:
            DarkpixelError: every pixel is zero, or `power: auto` is wanted of images that are not
                in eta and phi.
        """
        pixel_size = None
        if self.options.likelihood == "discrete" and self.options.power == "auto":
            self._require_angles(
                "power: auto compares pT and mass", "give a number, as power: 1.5, and levels"
            )
            pixel_size = self.pixel_size
        fit(self.conditionals, batches, validation, choose_power_for=pixel_size)

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

    def _require_angles(self, purpose: str, remedy: str) -> None:
        if not in_angles(self.side, self.pixel_size):
            raise DarkpixelError(
                f"model sarm: {purpose}, which images of {self.side} pixels of "
                f"{self.pixel_size:g}, over 2 pi wide and so not in eta and phi, do not have; "
                f"{remedy}."
            )


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
        DarkpixelError: the images are not square, or as `SARM`.
    """
    if height != width:
        raise DarkpixelError(
            f"model sarm: images of {height} x {width} pixels; square ones needed."
        )
    return SARM(settings, height)
