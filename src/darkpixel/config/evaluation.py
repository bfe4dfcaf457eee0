"""Settings of the measures, tables and figures."""

from pydantic import Field

from darkpixel.config.base import Settings
from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.config.two_sample import TwoSample


class Evaluation(Settings):
    """How samples are compared with test images that no training has seen."""

    n: int = Field(
        10_000,
        ge=2,
        description="images a side in a Wasserstein distance; at most half the test images are "
        "used, so that the floor has two disjoint halves",
    )
    bootstrap_repetitions: int = Field(
        200, ge=2, description="bootstrap resamplings for the error of a distance"
    )
    floor_splits: int = Field(
        20, ge=2, description="random half-splits of the test images behind the noise floor"
    )
    seed: int = Field(1, ge=0, description="seed of bootstrap and half-splits")
    bins: int = Field(40, ge=4, description="bins of the observables' histograms")
    pixel_bins: int = Field(56, ge=4, description="bins of the pixel-value histograms")
    centre: int = Field(
        3, ge=1, description="side of the central region, pixels (SARM figure 5; muons: 7)"
    )
    examples: int = Field(
        5, ge=1, description="images per model in the figures of more examples (SARM 23, 24)"
    )
    diversity_images: int = Field(
        2000,
        ge=3,
        description="images a side in the diversity of samples; at most half the test images are "
        "used, and two tables of images x images numbers are held",
    )
    two_sample: TwoSample = Field(
        TwoSample(),
        description="two-sample test, physics distances and memorisation (jets and muons)",
    )
    lartpc: LArTPCEvaluation = Field(
        LArTPCEvaluation(), description="measures of liquid-argon images (LArTPC section 3)"
    )
