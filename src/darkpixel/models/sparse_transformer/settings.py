"""Settings of the sparse transformer; read without torch."""

from typing import Literal, Self

from pydantic import Field, model_validator

from darkpixel.config import base


class Settings(base.Settings):
    """Settings of the sparse transformer (ours)."""

    width: int = Field(128, ge=8, description="channels of the transformer")
    layers: int = Field(4, ge=1, description="transformer blocks")
    heads: int = Field(4, ge=1, description="attention heads; they divide `width`")
    dropout: float = Field(
        0.0, ge=0, lt=1, description="outputs of attention and of the two-layer networks dropped"
    )
    reach: int = Field(
        7, ge=1, description="pixels that a near move may go, in rows and in columns"
    )
    neighbourhood: int = Field(
        3, ge=1, description="pixels in each direction that the charge sees around its place"
    )
    charge_bins: int = Field(
        128,
        ge=2,
        description="bins of the logarithm of the charge; uniform in the logarithm within a bin",
    )
    cluster_pixels: int = Field(
        4, ge=1, description="connected pixels from which a cluster is walked before single pixels"
    )
    symmetries: bool = Field(
        True, description="train on the eight rotations and reflections, drawn anew each time"
    )
    condition: Literal["species"] | None = Field(
        None,
        description="condition on the particle species; samples then have the species mix of the "
        "training images",
    )
    species: list[int] = Field(
        [11, 22, 13, 211, 2212],
        min_length=1,
        description="PDG codes of the species, for `condition` (those of LArTPC A.3)",
    )
    species_dropout: float = Field(
        0.2, ge=0, le=1, description="share of training images whose species is withheld"
    )
    longest: int = Field(
        2000, ge=1, description="pixels at which a sample is cut off, with a warning"
    )
    length_groups: int = Field(
        12, ge=1, description="groups of images of like length that a batch is padded in"
    )
    compile_blocks: bool = Field(
        False, description="torch.compile the blocks in training on a GPU (a minute at the start)"
    )

    @model_validator(mode="after")
    def _windows_fit(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"heads must divide width {self.width}, found {self.heads}")
        if self.neighbourhood > self.reach:
            raise ValueError(
                f"neighbourhood must not exceed reach {self.reach}, found {self.neighbourhood}"
            )
        return self
