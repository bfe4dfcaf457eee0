"""Settings of the liquid-argon measures, tables and figures."""

from typing import Literal

from pydantic import Field, model_validator

from darkpixel.config.base import Settings


class LArTPCEvaluation(Settings):
    """How generated liquid-argon images are compared with test images that no training has seen.

    The paper defines neither the direction of its KL divergence nor bins and smoothing.
    """

    threshold: float = Field(
        0.2,
        ge=0,
        description="pixels above it are labelled and counted; in the unit of the prepared "
        "images, 0.2 on the authors' 0-10 scale (figures 2 and 5)",
    )
    count_bins: int = Field(
        25, ge=2, description="bins of the histograms of labelled pixels per image (figure 2)"
    )
    count_range: tuple[float, float] = Field(
        (0.0, 500.0),
        description="range of those histograms, pixels; images beyond count in the last bin, so "
        "that each histogram is a probability distribution",
    )
    score_bins: int = Field(
        50, ge=2, description="bins in [0, 1] of the histograms of SSNet scores (figure 5)"
    )
    low_confidence: float = Field(
        0.8,
        gt=0.5,
        lt=1,
        description="a shower pixel of low confidence has a shower score of at least 0.5 and "
        "less than this; the paper names no number; whole score bins are counted",
    )
    direction: Literal["test_generated", "generated_test"] = Field(
        "test_generated",
        description="divergence that stands beside the paper's: KL(test || generated) or "
        "KL(generated || test); both are in the table",
    )
    smoothing: float = Field(
        0.5,
        gt=0,
        description="pseudo-count added to each bin of both histograms before a KL divergence "
        "(Jeffreys' prior): empty bins cost much, but not infinitely much",
    )
    n: int = Field(
        10_000,
        ge=2,
        description="images a side in a comparison; at most half the test images are used, so "
        "that the floor has two disjoint halves",
    )
    bootstrap_repetitions: int = Field(
        200, ge=2, description="bootstrap resamplings of images for the error of a distance"
    )
    floor_splits: int = Field(
        20, ge=2, description="random half-splits of the test images behind the noise floor"
    )
    seed: int = Field(1, ge=0, description="seed of bootstrap and half-splits")
    bins: int = Field(30, ge=4, description="bins of the observables' distributions")
    examples: int = Field(30, ge=1, description="image and label pairs in figures 6 and 7")

    @model_validator(mode="after")
    def _ascending(self) -> "LArTPCEvaluation":
        low, high = self.count_range
        if not low < high:
            raise ValueError(f"count_range is ({low}, {high}); the first must be the smaller")
        return self
