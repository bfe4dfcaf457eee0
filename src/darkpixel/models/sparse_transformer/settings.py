"""Settings of the sparse transformer; read without torch."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from darkpixel.config import base
from darkpixel.config.names import CLASS


class Settings(base.Settings):
    """Settings of the sparse transformer (ours)."""

    order: Literal["walk", "largest_first", "spiral_out", "spiral_in", "row", "column"] = Field(
        "walk",
        description="of the non-zero pixels: `walk` along what hangs together, `largest_first`, or "
        "a fixed order of all pixels; the density of an image is exact with all but `walk`",
    )
    values: Literal["absolute", "shares"] = Field(
        "absolute",
        description="`shares`: the sum of an image is drawn first, and each pixel takes a share of "
        "what remains of it",
    )
    width: int = Field(128, ge=8, description="channels of the transformer")
    layers: int = Field(4, ge=1, le=1000, description="transformer blocks")
    heads: int = Field(4, ge=1, description="attention heads; they divide `width`")
    dropout: float = Field(
        0.0, ge=0, lt=1, description="outputs of attention and of the two-layer networks dropped"
    )
    reach: int = Field(
        7, ge=1, description="pixels that a near move may go, in rows and in columns"
    )
    neighbourhood: int = Field(
        3, ge=1, description="pixels in each direction that the value sees around its place"
    )
    kernels: int = Field(
        8,
        ge=1,
        description="functions of the distance through which each pixel acts on the places and "
        "values of all later ones; a walk has none",
    )
    mass_knots: int = Field(
        40,
        ge=0,
        description="knots of the functions of the mass in the logits of places and values, with "
        "`shares` in any order but `walk`, at least 2; 0: none",
    )
    mass_first: bool = Field(
        False,
        description="where there are functions of the mass: the mass of the image is drawn after "
        "its sum, and what is missing of it is seen at each step; the density is then estimated",
    )
    mass_noise: float = Field(
        0.02,
        gt=0,
        description="`mass_first`: noise on the logarithm of the mass that is drawn and seen, so "
        "that the model learns what to do when pixels miss it",
    )
    value_bins: int = Field(
        128,
        ge=2,
        description="bins of the value's logarithm, or of its share's logit; uniform within a bin",
    )
    cluster_pixels: int = Field(
        4, ge=1, description="connected pixels from which a cluster is walked before single pixels"
    )
    pixel_size: float | None = Field(
        None,
        gt=0,
        description="side of a pixel in eta and phi, for the running pT and mass that `shares` "
        "sees; a training takes it from its images",
    )
    conditions: list[str] = Field(
        [],
        description="columns of the images that they are conditioned on, `species`, `momentum` or "
        "`class` (the label, of jets and muons) for example; one with `condition_values` is a "
        "class, the others are numbers",
    )
    condition_values: dict[str, list[int]] = Field(
        {"species": [11, 22, 13, 211, 2212]},
        description="the values of the classes among the conditions (default: the PDG codes of "
        "LArTPC A.3)",
    )
    condition_dropout: float = Field(
        0.3,
        ge=0,
        le=1,
        description="share of the training images of which each condition, or those of one first "
        "word (`start_row`, `start_column`), is withheld with a probability of one half",
    )
    classes: int = Field(
        2,
        ge=2,
        description="labels, for the condition `class`; a training takes them from its images",
    )
    length_groups: int = Field(
        12, ge=1, description="groups of images of like length that a batch is padded in"
    )
    compile_blocks: bool = Field(
        False, description="torch.compile the blocks in training on a GPU (a minute at the start)"
    )

    @classmethod
    def is_joint(cls, settings: Mapping[str, Any]) -> bool:
        """With the label among the conditions."""
        return CLASS in settings.get("conditions", [])

    @classmethod
    def needs_square(cls, settings: Mapping[str, Any]) -> bool:
        """With a fixed order of the pixels; the others go through images of any shape."""
        return settings.get("order", "walk") not in ("walk", "largest_first")

    @property
    def is_falling(self) -> bool:
        """No value exceeds the one before it."""
        return self.order == "largest_first"

    @property
    def knows_masses(self) -> bool:
        """What remains of the sum is known, and every place has a logit."""
        return self.values == "shares" and self.order != "walk" and self.mass_knots > 0

    @property
    def kinds(self) -> dict[str, list[int]]:
        """The conditions, with the values of classes; none for a number."""
        known = {CLASS: list(range(self.classes)), **self.condition_values}
        return {name: known.get(name, []) for name in self.conditions}

    @model_validator(mode="after")
    def _windows_fit(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"heads must divide width {self.width}, found {self.heads}")
        if self.neighbourhood > self.reach:
            raise ValueError(
                f"neighbourhood must not exceed reach {self.reach}, found {self.neighbourhood}"
            )
        return self

    @model_validator(mode="after")
    def _masses_are_known(self) -> Self:
        if self.mass_knots == 1:
            raise ValueError("mass_knots must be 0 (none) or at least 2, found 1")
        if self.mass_first and not self.knows_masses:
            raise ValueError(
                "mass_first needs values: shares, an order other than walk, and mass_knots; found "
                f"values: {self.values}, order: {self.order}, mass_knots: {self.mass_knots}; "
                "change these, or set mass_first: false"
            )
        return self

    @model_validator(mode="after")
    def _conditions_are_named(self) -> Self:
        repeated = {name for name in self.conditions if self.conditions.count(name) > 1}
        if repeated:
            raise ValueError(f"conditions: '{min(repeated)}' is named twice; once is enough")
        unused = set(self.condition_values) - {*self.conditions, "species"}
        if unused:
            raise ValueError(
                f"condition_values: '{min(unused)}' is not among the conditions {self.conditions}; "
                "name it there, or leave it out"
            )
        return self
