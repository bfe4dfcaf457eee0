"""Settings of PixelCNN++ (SARM section 8.5.2)."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from darkpixel.config import base


class Settings(base.PresetSettings):
    """Settings of PixelCNN++. The defaults are the jets' of SARM section 8.5.2."""

    discrete: ClassVar[bool] = True
    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "jets_text": {"filters": 20, "blocks": 3},
        # The text's 3 blocks give 0.54 million parameters; 4 give the 0.7 million it quotes.
        "jets_parameters": {"filters": 20, "blocks": 4},
        "muons_text": {"filters": 10, "blocks": 5},
    }

    preset: Literal["jets_text", "jets_parameters", "muons_text"] | None = Field(
        None,
        description="jets_text: 20 filters, 3 blocks (SARM 8.5.2); jets_parameters: 20 and 4, the "
        "paper's 0.7M; muons_text: 10 and 5; keys given beside it win",
    )
    filters: int = Field(20, ge=1, description="channels of each stream (SARM 8.5.2: 5, 10, 20)")
    blocks: int = Field(
        3,
        ge=1,
        le=1000,
        description="gated residual blocks of each resolution (SARM 8.5.2: 2, 3, 5)",
    )
    mixtures: int = Field(
        10, ge=2, description="logistics a pixel; one of them starts as the zeros (PixelCNN++)"
    )
    dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="values dropped within blocks in training (PixelCNN++ 2.5: 0.5, for networks "
        "200 times as large)",
    )
    step: float = Field(
        1.0,
        gt=0,
        description="GeV per level to which pixels are rounded; with a power above 1 their mean",
    )
    power: float = Field(
        1.0,
        ge=1,
        le=4,
        description="p of the transform x^(1/p) in which levels are equally far apart: above 1 "
        "they are finer for small pixels (as in SARM 4.1)",
    )
    drawn_values: Literal["spread", "levels"] = Field(
        "spread",
        description="a non-zero pixel of a generated image is spread evenly, in GeV, over the "
        "values that are rounded to its level, as the density says, or is the level itself; "
        "training is the same",
    )
    levels: int | None = Field(
        None,
        ge=1,
        description="levels above 0, up to `levels` x `step` GeV; null: up to the largest pixel of "
        "the training images",
    )

    @property
    def paper_space(self) -> dict[str, list[Any]]:
        """What the paper varies, and the choices (SARM 8.5.2)."""
        return {"filters": [5, 10, 20], "blocks": [2, 3]}
