"""Settings of SSNet (LArTPC A.5)."""

from typing import Literal

from pydantic import Field

from darkpixel.config import base


class Settings(base.Settings):
    """Settings of SSNet. The defaults are the paper's where no description says otherwise."""

    filters: int = Field(16, ge=1, description="channels at full size; doubled at each stride")
    depth: int = Field(
        4, ge=1, le=8, description="strides down and up (A.5: four); an image is padded to 2^depth"
    )
    normalise: Literal["fixed", "maximum"] = Field(
        "fixed",
        description="input as in the file, or each image's largest pixel becomes 10 (authors)",
    )
    reference_code: Literal["batch statistics"] | None = Field(
        None,
        description="batch statistics: batch norm always uses the batch at hand, as the authors' "
        "code does; the answer then depends on what else is in the batch",
    )
