"""Settings that every comparison of a sample with test images shares: sizes, error, noise floor."""

from pydantic import Field

from darkpixel.config.base import Settings


class Comparison(Settings):
    """How a sample is compared with test images that no training has seen."""

    n: int = Field(
        10_000,
        ge=2,
        description="images on each side of a distance; at most half of the test images are used, "
        "so that the noise floor has two disjoint halves",
    )
    bootstrap_repetitions: int = Field(
        200, ge=2, description="bootstrap resamplings for the error of a distance"
    )
    floor_splits: int = Field(
        20, ge=2, description="random half-splits of the test images behind the noise floor"
    )
    seed: int = Field(1, ge=0, description="seed of the bootstrap and the half-splits")

    @property
    def comparison(self) -> "Comparison":
        """These keys alone: what a rule needs that measures distances and draws nothing."""
        return Comparison(**{key: getattr(self, key) for key in Comparison.model_fields})
