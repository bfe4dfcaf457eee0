"""Settings of the VQ-VAE (LArTPC section 2, table 2)."""

from typing import Literal

from pydantic import Field

from darkpixel.config import base


class Settings(base.Settings):
    """Settings of the VQ-VAE. The defaults are the paper's text."""

    codes: int = Field(512, ge=2, description="vectors of the codebook (paper table 2)")
    dimension: int = Field(8, ge=1, description="dimension of a vector (paper table 2)")
    encoder_filters: list[int] = Field(
        [16, 32],
        min_length=1,
        description="filters of the downsampling blocks (paper table 2); each halves the image, so "
        "that two make a code of 4x4 pixels, one of 2x2",
    )
    decoder_filters: list[int] = Field(
        [32, 16], min_length=1, description="filters of the decoder's blocks (paper table 2)"
    )
    architecture: Literal["paper_text", "reference_code"] = Field(
        "paper_text",
        description="paper_text: the decoder's first block keeps the size and all blocks have "
        "batch normalisation (A.1); reference_code: every block of the decoder upsamples, a "
        "3x3 convolution makes the image, no batch normalisation after the encoder's last "
        "downsampling (23,785 parameters with 512 x 8 vectors)",
    )
    block: Literal["relu_bn_relu", "bn_relu"] = Field(
        "relu_bn_relu",
        description="what follows a convolution: the paper finds that ReLU-BN-ReLU generates more "
        "realistic images than BN-ReLU (A.1)",
    )
    pixels: Literal["linear", "root"] = Field(
        "linear",
        description="what the network sees of a pixel x, how reconstructions are scored: linear, "
        "x itself and the mean squared error (the paper); root, for pixels over several decades "
        "(jets, muons; ours), (x / pixel_scale + 1/4)^(1/2) - 1/2 and the Poisson deviance; "
        "pixels below the smallest of the training images are then decoded as zero",
    )
    pixel_scale: float = Field(
        1.0, gt=0, description="pixels: root: well below a quarter of it linear, in the file's unit"
    )
    commitment: float = Field(
        1.0, ge=0, description="weight of the commitment loss (the text gives none; authors' code)"
    )
    codebook_update: Literal["loss", "ema"] = Field(
        "loss",
        description="learn the vectors by the codebook loss (A.4), or as moving averages of the "
        "encoder's outputs (arXiv:1711.00937, A.1)",
    )
    ema_decay: float = Field(
        0.99, gt=0, lt=1, description="of the moving averages, per step, with codebook_update: ema"
    )
    kmeans_start: bool = Field(
        False, description="start the vectors at k-means centres of the untrained encoder's outputs"
    )
    replace_after: int | None = Field(
        None,
        ge=1,
        description="steps after which an unused vector is put on an encoder output that the "
        "codebook describes badly; null: never (the paper)",
    )
    collapse_after: int = Field(
        3, ge=0, description="epochs after which a collapsed codebook stops the training"
    )
    least_perplexity: float = Field(
        4.0,
        ge=1,
        description="collapsed: a smaller perplexity of the codes of cells that hold charge",
    )
