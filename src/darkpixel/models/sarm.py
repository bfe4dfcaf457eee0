"""SARM: sparse autoregressive models of detector images (SARM sections 4 and 8).

A pixel x_i is zero with probability gamma_i, else drawn from a distribution on x > 0, and both
depend on the pixels before it in a fixed order. One masked network (MADE) gives all of them in
one pass; several stages use one network each. `sarm1` has no centre, `sarm2` one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator
from torch import Tensor, nn

from darkpixel.config import base
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.kinematics import in_angles
from darkpixel.models.base import Batches, GenerativeModel
from darkpixel.nn.likelihoods import Discrete, Exponential, Gamma, Likelihood, TruncatedLogistic
from darkpixel.nn.orders import order, stage_pixels
from darkpixel.nn.sarm_start import fit, no_angles
from darkpixel.nn.stage import Given, Stage
from darkpixel.nn.sums import RunningSums
from darkpixel.nn.totals import TotalsDensity
from darkpixel.sampling.incremental import sample_incremental


class Settings(base.Settings):
    """Settings of SARM. The defaults are the paper's where no description says otherwise."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper_text": {"width": 10},
        # The text's width of 10 gives 6 million parameters, 50 the 21 million of table 6.
        "parameter_matched": {"width": 50},
    }
    PAPER: ClassVar[dict[str, Any]] = {"layers": 5, "power": 1.0, "inputs": "value"}

    preset: Literal["paper_text", "parameter_matched"] | None = Field(
        None,
        description="paper_text: the paper's settings (SARM 8.6: 5 layers, upsampling layer of "
        "10, p = 1); parameter_matched: with 50, which gives the paper's 21M; keys given beside "
        "it win",
    )
    centres: list[int] = Field(
        [3],
        description="sides of nested central squares with a network each: [] is SARM-1, [3] "
        "SARM-2 (SARM 8.6: jets 3, muons 7)",
    )
    centre_first: bool = Field(True, description="generate the centre first (SARM 4.2), or last")
    order: Literal["spiral_out", "spiral_in", "row", "column", "random"] = Field(
        "spiral_out", description="order of the pixels within a stage (SARM 4.2, 6.1.4)"
    )
    order_seed: int = Field(0, ge=0, description="seed of the random order")
    likelihood: Literal["discrete", "truncated_logistic", "exponential", "gamma"] = Field(
        "discrete",
        description="of non-zero pixels: discrete is D+D, truncated_logistic D+C; the other two "
        "are reported inferior (SARM 4.1)",
    )
    layers: int = Field(5, ge=1, description="hidden layers (SARM 8.6: jets 5, muons 3)")
    units: int | None = Field(
        None, ge=1, description="units of a hidden layer; null: pixels of the stage, at least 128"
    )
    context_units: int = Field(
        0,
        ge=0,
        description="further units that see only the earlier stages, or the totals (ours; the "
        "first pixels of a stage otherwise have few units)",
    )
    activation: Literal["gelu", "tanh", "sigmoid"] = Field(
        "gelu", description="of the hidden layers (SARM 8.2)"
    )
    residual: bool = Field(False, description="residual connections between hidden layers")
    dropout: float = Field(0.0, ge=0, lt=1, description="hidden units dropped in training (ours)")
    inputs: Literal["value", "features"] = Field(
        "features",
        description="the network sees x itself (the paper), or asinh(x), x > 0 and x / 50 (ours)",
    )
    sums: bool = Field(
        False,
        description="also feed running sums over the earlier pixels: energy, momentum, mass, "
        "moments, non-zeros (ours)",
    )
    shared_units: int = Field(
        0,
        ge=0,
        description="hidden units of a network from the running sums to a pixel's value, the same "
        "for all pixels; 0: none (ours: rare large pixels are learnt by all pixels together)",
    )
    totals: bool = Field(
        False, description="draw the totals of the image first and condition every pixel on them"
    )
    total_observables: list[Literal["pt", "mass", "energy", "nonzero"]] = Field(
        ["pt", "mass"], min_length=1, description="the totals, in the order in which they are drawn"
    )
    total_noise: NonNegativeFloat | list[NonNegativeFloat] = Field(
        0.0,
        description="scale of Laplace noise on the totals, GeV (or pixels), one for all or one "
        "for each: the model draws and is given noisy totals, and so learns what to do when the "
        "pixels overshoot",
    )
    total_tolerance: PositiveFloat | list[PositiveFloat] | None = Field(
        None,
        description="redraw the pixels of an image whose totals miss those drawn for it by more "
        "than this, GeV (or pixels), one for all or one for each; null: keep every image",
    )
    total_mixtures: int = Field(32, ge=1, description="logistics in the density of each total")
    pixel_size: float | None = Field(
        None,
        gt=0,
        description="side of a pixel in eta and phi, for sums, totals and the power; null: that of "
        "the training images",
    )
    width: int = Field(
        10, ge=1, description="D+D: values a pixel before the shared convolution (SARM 8.6)"
    )
    levels: int | None = Field(
        None,
        ge=1,
        description="D+D: levels of the grid; null: one per unit (GeV) of the largest pixel",
    )
    power: Annotated[float, Field(ge=1, le=4)] | Literal["auto"] = Field(
        "auto",
        description="D+D: p of the transform x^(1/p) (SARM 4.1, 8.6: jets 1, muons 1.2 and 1.3); "
        "auto: that of 1, 1.1, 1.2, 1.3, 1.5, 2 whose rounding changes pT and mass of the "
        "validation images least (not for liquid argon)",
    )
    mixtures: int = Field(5, ge=1, description="D+C: truncated logistics a pixel (SARM 8.6)")
    log_scale: tuple[float, float] = Field(
        (-7.0, 3.5), description="D+C: bounds of the log of a distribution's scale, GeV"
    )
    truncate_above: bool = Field(
        False, description="D+C: truncate the logistics also above the largest training value"
    )
    first_pixel: Literal["model", "empirical"] = Field(
        "model", description="draw the first pixel from the model, or from the training images"
    )
    blocks: int = Field(
        8, ge=1, description="block rows of a masked layer: 8 is fast on a CPU, 1 on a GPU"
    )

    @model_validator(mode="after")
    def _scales_in_order(self) -> Self:
        if self.log_scale[0] >= self.log_scale[1]:
            raise ValueError(f"log_scale must rise, found {list(self.log_scale)}")
        return self

    @model_validator(mode="after")
    def _shared_units_see_sums(self) -> Self:
        if self.shared_units and not self.sums:
            raise ValueError("shared_units see the running sums only; set sums: true")
        return self

    @model_validator(mode="after")
    def _one_for_each_total(self) -> Self:
        count = len(self.total_observables)
        for key in ("total_noise", "total_tolerance"):
            found = getattr(self, key)
            if isinstance(found, list) and len(found) != count:
                raise ValueError(
                    f"{key}: one number, or one for each of {', '.join(self.total_observables)}; "
                    f"found {found}"
                )
        return self

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, keys: Any) -> Any:
        if isinstance(keys, Mapping) and keys.get("preset") in cls.PRESETS:
            return {**cls.PAPER, **cls.PRESETS[keys["preset"]], **keys}
        return keys


class SARM(GenerativeModel):
    """Sparse autoregressive model of square images.

    With `totals`, the model is p(s) prod_i p(x_i | x_<i, s): it draws s, say pT and mass, then
    the pixels, whose own totals come close to s without being forced to it. `log_prob` is this
    joint density at the image's own s (with `total_noise`, at a noisy s); it contains a density
    in s and does not integrate over s, so it is not the density of the image alone.
    `log_prob_parts` reports both parts.

    Arguments:
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

        Arguments:
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
        # Its own check of the arguments would make a GPU's host wait.
        zeros, ones = torch.zeros_like(totals), torch.ones_like(totals)
        unit = torch.distributions.Laplace(zeros, ones, validate_args=False)
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
        """Set grids, scales and first frequencies (`darkpixel.nn.sarm_start`)."""
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
