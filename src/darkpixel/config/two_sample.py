"""Settings of the two-sample test, of physics distances (FPD, KPD), coverage and memorisation."""

from typing import Annotated, Any, Literal

from pydantic import Field

from darkpixel.config.base import Settings
from darkpixel.config.classifier import ClassifierTraining


class LowLevelTraining(ClassifierTraining):
    """Training of that network: shorter than the classifier's, since each sample needs its own."""

    epochs: int = Field(
        5, ge=1, description="largest number of passes; early stopping may end it before"
    )
    schedule: Literal["halve", "cosine", "constant"] = Field(
        "cosine", description="of the learning rate; the paper names none for a classifier"
    )
    early_stopping: int | None = Field(
        2, ge=1, description="stop after this many epochs without a better validation loss"
    )


class LowLevel(Settings):
    """The network of the two-sample test on pixels; each sample has one trained for it."""

    model: str = Field("classifier", description="name in src/darkpixel/models/ of what builds it")
    settings: dict[str, Any] = Field({}, description="keys of that model, listed below")
    training: LowLevelTraining = Field(
        LowLevelTraining(),
        description="its training (SARM 8.6: rate 0.001, batches of 128, early stopping)",
    )


class SparseTraining(LowLevelTraining):
    """Training of the network of liquid-argon images, which learns nothing for a while at first."""

    epochs: int = Field(10, ge=1, description="passes over the images")
    batch_size: int = Field(64, ge=1, description="images in a step")
    learning_rate: float = Field(4e-3, gt=0, description="Adam's step size at the start")
    weight_decay: float = Field(
        0.01, ge=0, description="decoupled weight decay, of matrices and not of biases"
    )
    early_stopping: int | None = Field(
        None, ge=1, description="stop after this many epochs without a better validation loss"
    )
    keep: Literal["best", "last"] = Field("last", description="weights to keep")


class SparseLowLevel(LowLevel):
    """The network of the two-sample test on the pixels of liquid-argon images."""

    model: str = Field(
        "sparse_classifier", description="name in src/darkpixel/models/ of what builds it"
    )
    training: SparseTraining = Field(
        SparseTraining(),
        description="its training: 10 epochs, rate 0.004, batches of 64, weight decay 0.01, no "
        "early stopping; the last weights are kept",
    )


class TwoSample(Settings):
    """Classifier two-sample test, physics distances (FPD, KPD), coverage and memorisation."""

    n: int = Field(
        10_000,
        ge=20,
        description="images on each side; fewer if half of the test images, the training images or "
        "the smallest sample are fewer, and the same number for all samples of a label",
    )
    kinds: Annotated[list[Literal["high_level", "low_level"]], Field(min_length=1)] = Field(
        ["high_level", "low_level"],
        description="classifiers: high_level, boosted trees on features of the images; low_level, "
        "a network on their pixels",
    )
    folds: int = Field(
        5,
        ge=2,
        description="folds of the trees' cross-validation, in which each image is scored once",
    )
    trees: int = Field(60, ge=1, description="boosting iterations")
    leaves: int = Field(8, ge=2, description="leaves of a tree")
    bins: int = Field(
        32,
        ge=2,
        le=255,
        description="bins of a feature as the trees see it; with many bins they recognise the grid "
        "of a D+D model in the largest pixels, which is not physics (quantised Monte Carlo shows "
        "how much this counts)",
    )
    low_level: LowLevel = Field(
        LowLevel(), description="network on the pixels; of liquid argon see `evaluation.lartpc`"
    )
    kernel_batches: int = Field(
        10,
        ge=2,
        description="disjoint batches; the kernel physics distance is the median over them",
    )
    memorisation_images: int = Field(
        1000,
        ge=1,
        description="images of each sample whose nearest training image is looked for; at most `n`",
    )
    seed: int = Field(1, ge=0, description="seed of the folds, networks and resamplings")
