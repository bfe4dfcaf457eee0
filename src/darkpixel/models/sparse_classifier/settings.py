"""Settings of the classifier of non-zero pixels."""

from typing import ClassVar

from pydantic import Field

from darkpixel.config import base


class Settings(base.Settings):
    """Settings of the classifier of non-zero pixels; it is ours, the papers have none."""

    joint: ClassVar[bool] = True
    """Trained on the images of all labels together."""

    units: int = Field(64, ge=1, description="units of each layer")
    reach: int = Field(
        2, ge=0, description="pixels, and blocks of pixels, seen on each side of a pixel"
    )
    block: int = Field(4, ge=1, description="side of a block of pixels, seen by its mean")
    bins: int = Field(
        16, ge=2, description="bumps of equal width that the logarithm of a charge is given as"
    )
