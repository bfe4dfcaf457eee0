"""Settings of SARM (SARM sections 4 and 8)."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, NonNegativeFloat, model_validator

from darkpixel.config import base

POWERS = (1.0, 1.1, 1.2, 1.3, 1.5, 2.0)
"""Powers p of the transform x^(1/p) among which the paper chooses (SARM 8.6)."""


_PAPER: dict[str, Any] = {"centres": [3], "layers": 5, "power": 1.0, "inputs": "value"}


class Settings(base.PresetSettings):
    """Settings of SARM. The defaults are the paper's where no description says otherwise."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper_text": {**_PAPER, "width": 10},
        # The text's width of 10 gives 6 million parameters, 50 the 21 million of table 6.
        "parameter_matched": {**_PAPER, "width": 50},
    }

    preset: Literal["paper_text", "parameter_matched"] | None = Field(
        None,
        description="paper_text: the paper's settings (SARM 8.6: 5 layers, upsampling layer of "
        "10, p = 1); parameter_matched: with 50, which gives the paper's 21M; keys given beside "
        "it win",
    )
    centres: list[int] = Field(
        [3],
        description="sides of nested central squares with a network each: [] is SARM-1, [3] "
        "SARM-2 (SARM 8.6: jets 3, muons 7; in the middle if even or odd as the image's side)",
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
    layers: int = Field(5, ge=1, le=1000, description="hidden layers (SARM 8.6: jets 5, muons 3)")
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
        f"auto: that of {', '.join(f'{power:g}' for power in POWERS)} whose rounding changes pT "
        "and mass of the validation images least (not for liquid argon)",
    )
    drawn_values: Literal["spread", "levels"] = Field(
        "spread",
        description="D+D: a non-zero pixel of a generated image is spread evenly, in GeV, over the "
        "values that are rounded to its level, as the density says, or is the level itself (the "
        "paper); training is the same",
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
        8,
        ge=1,
        le=1000,
        description="block rows of a masked layer: 8 is fast on a CPU, 1 on a GPU",
    )

    def weight_count(self, height: int, width: int) -> int:
        """In half of each matrix: with a unit for each pixel they grow as the pixels squared."""
        values = {
            "discrete": self.width,
            "truncated_logistic": 3 * self.mixtures,
            "exponential": 1,
            "gamma": 2,
        }[self.likelihood]
        inputs = 3 if self.inputs == "features" else 1
        found, earlier = 0, 0
        for pixels in (side**2 for side in [*self.centres, height]):
            new = pixels - earlier
            units = (self.units or max(new, 128)) + self.context_units
            masked = units * new * (inputs + 1 + values) + (self.layers - 1) * units**2
            found += masked // 2 + units * earlier * inputs
            earlier = pixels
        return found

    @property
    def paper_space(self) -> dict[str, list[Any]]:
        """What the paper varies (SARM 8.6), and the choices.

        It gives the choices of p and names the other quantities with their best values only (3, 5
        layers, width 10, 5 logistics; muons: 7, 3 layers): the choices around these are ours.
        """
        space: dict[str, list[Any]] = {"centres": [[], [3], [5], [7]], "layers": [2, 3, 4, 5]}
        if self.likelihood == "discrete":
            return {**space, "width": [5, 10, 20, 50], "power": list(POWERS)}
        if self.likelihood == "truncated_logistic":
            return {**space, "mixtures": [2, 5, 10]}
        return {}

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
        scales = self.total_noise
        if isinstance(scales, list) and len(scales) != count:
            raise ValueError(
                "total_noise: one number, or one for each of "
                f"{', '.join(self.total_observables)}; found {scales}"
            )
        return self
