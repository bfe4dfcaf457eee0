"""Settings of the PixelCNN over the codes of a VQ-VAE (LArTPC section 2, table 3)."""

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from darkpixel.config import base


class Settings(base.PresetSettings):
    """Settings of the PixelCNN. The defaults are the paper's text; where it is silent, ours."""

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {
        "paper_text": {
            "blocks": 6,
            "filters": 128,
            "masks": "causal",
            "gate": "product",
            "vertical_residual": True,
            "head_filters": "codes",
        },
        "reference_code": {
            "blocks": 6,
            "filters": 128,
            "masks": "reference_code",
            "gate": "sum",
            "vertical_residual": False,
            "head_filters": "filters",
            "head_activation": "none",
            "embedding": "codebook",
        },
    }

    preset: Literal["paper_text", "reference_code"] | None = Field(
        None,
        description="paper_text: what the text says (table 3, A.2); reference_code: what the "
        "authors' code does, blind spot and summed gate; keys given beside it win",
    )
    autoencoder: dict[str, Any] | None = Field(
        None,
        description="settings of the VQ-VAE whose codes are modelled; the pipeline puts them here, "
        "those of the model that the entry's own key `autoencoder` names",
    )
    blocks: int = Field(6, ge=1, le=1000, description="gated blocks (LArTPC table 3)")
    filters: int = Field(128, ge=1, description="channels of each stack (LArTPC table 3)")
    first_kernel: int = Field(
        7, ge=3, description="side of the first block's kernels, odd (authors' code)"
    )
    kernel: int = Field(3, ge=3, description="side of the other kernels, odd (authors' code)")
    masks: Literal["causal", "reference_code"] = Field(
        "causal",
        description="causal: a cell sees all cells before it within reach; reference_code: the "
        "authors' masks, which never see the cell to the left and the row above",
    )
    gate: Literal["product", "sum"] = Field(
        "product", description="tanh times sigmoid, or their sum (authors' code)"
    )
    vertical_residual: bool = Field(
        True, description="residual before the vertical gate (LArTPC A.2); authors' code: none"
    )
    head_filters: Literal["codes", "filters"] = Field(
        "codes",
        description="outputs of the first of the last two convolutions: as many as codes (LArTPC "
        "A.2), or as `filters` (authors' code)",
    )
    head_activation: Literal["relu", "none"] = Field(
        "relu",
        description="before each of the last two convolutions (the text gives none; authors' code: "
        "none, so that the two are one linear map)",
    )
    embedding: Literal["learned", "codebook"] = Field(
        "learned",
        description="what the network sees of a code: a vector that starts at the codebook's and "
        "is learnt on (ours), or the codebook's (authors' code)",
    )
    condition: Literal["species"] | None = Field(
        None,
        description="condition all gates on the particle species (ours; planned in LArTPC "
        "section 4); samples then have the species mix of the training images, or those asked for",
    )
    species: list[int] = Field(
        [11, 22, 13, 211, 2212],
        min_length=1,
        description="PDG codes of the species, for `condition` (those of LArTPC A.3)",
    )
    dropout: float = Field(
        0.0, ge=0, lt=1, description="outputs of the horizontal gates dropped in training (ours)"
    )

    @model_validator(mode="after")
    def _kernels_have_a_middle(self) -> Self:
        for name in ("first_kernel", "kernel"):
            if getattr(self, name) % 2 == 0:
                raise ValueError(f"{name} must be odd, found {getattr(self, name)}")
        return self
