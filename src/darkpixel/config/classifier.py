"""Settings of the classifier that judges images by what can be learned from them."""

from typing import Any, Literal

from pydantic import Field

from darkpixel.config.base import Settings
from darkpixel.config.training import Training


class ClassifierTraining(Training):
    """Training of a classifier (SARM 8.6); keys as in `training`, which it does not inherit."""

    epochs: int = Field(50, ge=1, description="passes at most; early stopping ends it before")
    learning_rate: float = Field(1e-3, gt=0, description="Adam's step size (SARM 8.6)")
    schedule: Literal["halve", "cosine", "constant"] = Field(
        "constant", description="of the learning rate; the paper names none for the classifier"
    )
    early_stopping: int | None = Field(
        5,
        ge=1,
        description="stop after this many epochs without a better validation loss (SARM 8.6 stops "
        "early and does not say how)",
    )


class ClassifierJudge(Settings):
    """Signal against background, learned from each model's images, tested on Monte Carlo."""

    model: str = Field("classifier", description="file of src/darkpixel/models/ that builds it")
    settings: dict[str, Any] = Field({}, description="keys of that model, listed below")
    training: ClassifierTraining = Field(
        ClassifierTraining(),
        description="its training: as SARM 8.6, Adam at 0.001 and early stopping",
    )
    repetitions: int = Field(
        5,
        ge=1,
        description="classifiers per source of images, each with its own seed, images and split "
        "into 90% for training and 10% for early stopping",
    )
    images: int | None = Field(
        None,
        ge=2,
        description="images per class that a classifier is given, of every source the same number "
        "(SARM 6.1.3: 200,000); null: as many as the poorest source has",
    )
    test_images: int | None = Field(
        None,
        ge=2,
        description="Monte Carlo test images per class (SARM 6.1.3: 20,000); null: all",
    )
