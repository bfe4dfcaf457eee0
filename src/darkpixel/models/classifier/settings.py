"""Settings of the classifier of signal against background (SARM 8.6)."""

from typing import ClassVar, Literal

from pydantic import Field

from darkpixel.config import base


class Settings(base.Settings):
    """Settings of the classifier. The defaults are the paper's where no description says so."""

    joint: ClassVar[bool] = True
    """Trained on the images of all labels together."""

    filters: int = Field(30, ge=1, description="filters of each convolution (SARM 8.6)")
    units: int = Field(100, ge=1, description="units of each dense layer (SARM 8.6)")
    inputs: Literal["scaled", "value"] = Field(
        "scaled",
        description="pixel values as the network sees them: divided by the root mean square of all "
        "training pixels, so that the rate suits jets and muons alike; or as they are, in GeV, "
        "which the paper does not say but the authors' code does",
    )
    reference_code: Literal["architecture"] | None = Field(
        None,
        description="architecture: the authors' code in place of their text: convolutions without "
        "padding, one filter in the last, 3 x 3 maxima of stride 1, one dense layer without "
        "rectification; images of 13 x 13 pixels or more",
    )
