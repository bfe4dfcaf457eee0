"""Settings of the measures that ask whether generated images can be told from real ones."""

from typing import Annotated, Any, Literal

from pydantic import Field

from darkpixel.config.base import Settings
from darkpixel.config.classifier import ClassifierTraining


class LowLevelTraining(ClassifierTraining):
    """Training of that network: as the classifier's, but shorter, since one judges one sample."""

    epochs: int = Field(5, ge=1, description="passes at most; early stopping ends it before")
    schedule: Literal["halve", "cosine", "constant"] = Field(
        "cosine", description="of the learning rate; the paper names none for a classifier"
    )
    early_stopping: int | None = Field(
        2, ge=1, description="stop after this many epochs without a better validation loss"
    )


class LowLevel(Settings):
    """The network of the two-sample test on pixels, trained anew for each sample."""

    model: str = Field("classifier", description="file of src/darkpixel/models/ that builds it")
    settings: dict[str, Any] = Field({}, description="keys of that model")
    training: LowLevelTraining = Field(
        LowLevelTraining(),
        description="its training (SARM 8.6: rate 0.001, batches of 128, early stopping)",
    )


class TwoSample(Settings):
    """Classifier two-sample test, physics distances and memorisation."""

    n: int = Field(
        10_000,
        ge=20,
        description="images a side; less where half the test images, the training images or the "
        "smallest sample are fewer, the same for all samples of a label",
    )
    kinds: Annotated[list[Literal["high_level", "low_level"]], Field(min_length=1)] = Field(
        ["high_level", "low_level"],
        description="classifiers: boosted trees on features of the images, a convolutional "
        "network on their pixels",
    )
    folds: int = Field(
        5, ge=2, description="folds of the cross-validation of the trees: each image is scored once"
    )
    trees: int = Field(60, ge=1, description="boosting iterations")
    leaves: int = Field(8, ge=2, description="leaves of a tree")
    bins: int = Field(
        32,
        ge=2,
        le=255,
        description="bins of a feature, as the trees see it; with many they see the levels of a "
        "D+D model's grid in the largest pixels, which is no physics: quantised Monte Carlo tells",
    )
    low_level: LowLevel = Field(LowLevel(), description="the network on pixels")
    kernel_batches: int = Field(
        10, ge=2, description="disjoint batches whose median is the kernel physics distance"
    )
    memorisation_images: int = Field(
        1000,
        ge=1,
        description="images whose nearest training image is sought, per sample; at most `n`",
    )
    seed: int = Field(1, ge=0, description="seed of folds, networks and resamplings")
