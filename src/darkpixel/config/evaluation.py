"""Settings of the evaluation of generated images: distances, tables and figures."""

from pydantic import Field

from darkpixel.config.comparison import Comparison
from darkpixel.config.lartpc_evaluation import LArTPCEvaluation
from darkpixel.config.names import LARTPC
from darkpixel.config.two_sample import LowLevel, TwoSample


class Evaluation(Comparison):
    """Comparison of jets, muons and custom data sets, and what the figures show of it."""

    bins: int = Field(40, ge=4, description="bins of the observables' histograms")
    pixel_bins: int = Field(56, ge=4, description="bins of the histograms of pixel values")
    centre: int = Field(
        3, ge=1, description="side of the central region, pixels (SARM figure 5; muons: 7)"
    )
    examples: int = Field(
        5, ge=1, description="images per model in the figures of more examples (SARM 23, 24)"
    )
    diversity_images: int = Field(
        2000,
        ge=3,
        description="images on each side of the measure of diversity; at most half of the test "
        "images are used, and memory holds two matrices of images x images numbers",
    )
    two_sample: TwoSample = Field(
        TwoSample(),
        description="two-sample test, physics distances, coverage and memorisation",
    )
    lartpc: LArTPCEvaluation = Field(
        LArTPCEvaluation(), description="measures of liquid-argon images (LArTPC section 3)"
    )

    def network(self, dataset: str) -> LowLevel:
        """The network of the two-sample test on the pixels of a data set."""
        return self.lartpc.low_level if dataset == LARTPC else self.two_sample.low_level
