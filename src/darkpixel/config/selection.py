"""Settings of the selection of generated images by their pT and mass."""

from pydantic import Field, PositiveFloat

from darkpixel.config.base import Settings


class Selection(Settings):
    """Models whose images are also shown redrawn until pT and mass fit (ours)."""

    models: list[str] = Field(
        [],
        description="of the data set's `models` (others are left out): each has further images, "
        "called `{model}_selected`. A pT and a mass are drawn first, by a model that draws them "
        "before the pixels, else from a training image, and the image is drawn anew while it "
        "misses one of them",
    )
    pt: PositiveFloat = Field(description="largest miss of the pT, GeV")
    mass: PositiveFloat = Field(description="largest miss of the mass, GeV")
    redraws: int = Field(
        20, ge=1, description="most times that an image is drawn anew; then it stays as it is"
    )
