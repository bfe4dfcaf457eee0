"""Settings of the evaluation of liquid-argon images: SSNet's labels, KL divergences, figures."""

from typing import Literal, Self

from pydantic import Field, model_validator

from darkpixel.config.comparison import Comparison
from darkpixel.config.two_sample import SparseLowLevel


class LArTPCEvaluation(Comparison):
    """Comparison of generated liquid-argon images with test images.

    The paper defines neither the direction of its KL divergence nor bins and smoothing.
    """

    threshold: float = Field(
        0.2,
        ge=0,
        description="pixels above it are labelled and counted, also as features of the "
        "two-sample test, in the unit of the prepared images: 0.2 on the authors' scale of 0 to 10 "
        "(figures 2 and 5)",
    )
    count_bins: int = Field(
        25, ge=2, description="bins of the histograms of labelled pixels per image (figure 2)"
    )
    count_range: tuple[float, float] = Field(
        (0.0, 500.0),
        description="range of those histograms, pixels; images beyond it count in the last bin, "
        "so that each histogram is a probability distribution",
    )
    score_bins: int = Field(
        50, ge=2, description="bins in [0, 1] of the histograms of SSNet scores (figure 5)"
    )
    low_confidence: float = Field(
        0.8,
        gt=0.5,
        lt=1,
        description="a shower pixel of low confidence has a shower score from 0.5 up to this; "
        "the paper names no number; only whole bins of the score are counted",
    )
    direction: Literal["test_generated", "generated_test"] = Field(
        "test_generated",
        description="the divergence that the paper's number is put beside: KL(test || generated) "
        "or KL(generated || test); both are in the table",
    )
    smoothing: float = Field(
        0.5,
        gt=0,
        description="pseudo-count added to each bin of both histograms before a KL divergence "
        "(Jeffreys' prior), which would be infinite for an empty bin",
    )
    bins: int = Field(30, ge=4, description="bins of the observables' distributions")
    low_level: SparseLowLevel = Field(
        SparseLowLevel(),
        description="network of the two-sample test on pixels: ours, of non-zero pixels; that of "
        "jets and muons does not see charges 5% too large",
    )
    examples: int = Field(30, ge=1, description="pairs of image and labels in figures 6 and 7")

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        low, high = self.count_range
        if not low < high:
            raise ValueError(f"count_range is ({low}, {high}); the first must be the smaller")
        return self
