"""Settings of the measurements of speed and likelihood."""

from pydantic import Field

from darkpixel.config.base import Settings


class Speed(Settings):
    """How fast images are generated (SARM tables 2 and 4), and how likely test images are."""

    seconds: float = Field(
        5.0,
        gt=0,
        description="time to spend on each model and on the simulation of each label, s; at least "
        "three repetitions are timed, however long they take",
    )
    batch: int | None = Field(
        None,
        ge=1,
        description="images generated at once on each core; null: for each model the fastest of "
        "64, 256, 1024, ... up to `sampling.block_size`",
    )
    threads: int = Field(
        1,
        ge=1,
        description="CPU cores of every model, and of the simulation that it is compared with; "
        "with as many as the run has, no other job runs beside the measurement",
    )
    likelihood_images: int = Field(
        2000, ge=2, description="test images of each label in the mean likelihood of a model"
    )
    likelihood_draws: int = Field(
        64,
        ge=2,
        description="totals drawn for each of these images, for a bound of the likelihood of those "
        "models that draw totals before the pixels: more make it tighter",
    )
