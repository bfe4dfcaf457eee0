"""Settings of the classifier of signal against background (SARM 6.1.3, 8.6)."""

from typing import Any, Literal

from pydantic import Field

from darkpixel.config.base import Settings
from darkpixel.config.training import Training


class ClassifierTraining(Training):
    """Training of a classifier (SARM 8.6): the keys of `training`, but not the run's values."""

    epochs: int = Field(
        50, ge=1, description="largest number of passes; early stopping may end it before"
    )
    learning_rate: float = Field(1e-3, gt=0, description="Adam's step size (SARM 8.6)")
    schedule: Literal["halve", "cosine", "constant"] = Field(
        "constant", description="of the learning rate; the paper names none for the classifier"
    )
    early_stopping: int | None = Field(
        5,
        ge=1,
        description="stop after this many epochs without a better validation loss (SARM 8.6 does "
        "not give the number)",
    )


class ClassifierJudge(Settings):
    """Signal against background, trained on each model's images and tested on Monte Carlo."""

    model: str = Field("classifier", description="name in src/darkpixel/models/ of what builds it")
    settings: dict[str, Any] = Field({}, description="keys of that model, listed below")
    training: ClassifierTraining = Field(
        ClassifierTraining(),
        description="its training: as in SARM 8.6, Adam at a rate of 0.001 and early stopping",
    )
    repetitions: int = Field(
        5,
        ge=1,
        description="classifiers for each source of images, each with a seed and images of its "
        "own, of which 90% are for training and 10% for early stopping",
    )
    images: int | None = Field(
        None,
        ge=2,
        description="images of each class that a classifier is given, the same number from every "
        "source (SARM 6.1.3: 200,000); null: as many as the smallest source has",
    )
    test_images: int | None = Field(
        None,
        ge=2,
        description="Monte Carlo test images of each class (SARM 6.1.3: 20,000); null: all",
    )
