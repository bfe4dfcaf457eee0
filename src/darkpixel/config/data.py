"""Settings of a data set: where its images come from and how many of each split."""

from typing import Literal, Self

from pydantic import Field, model_validator

from darkpixel.config.base import Settings
from darkpixel.config.jets import JetImaging, JetSimulation


class SplitSizes(Settings):
    """Images per label in each split."""

    train: int = Field(ge=1, description="training images per label")
    validation: int = Field(ge=1, description="validation images per label")
    test: int = Field(
        ge=2, description="test images per label; W1 uses half, the floor both halves"
    )

    @property
    def total(self) -> int:
        return self.train + self.validation + self.test


class JetData(Settings):
    """The data set `jets`."""

    source: Literal["simulate", "download", "file"] = Field(
        "simulate", description="simulate with Pythia 8, download the LAGAN file, or your own files"
    )
    images: SplitSizes = Field(description="images per label in each split")
    simulation: JetSimulation = Field(JetSimulation(), description="source simulate")
    imaging: JetImaging = Field(JetImaging(), description="source simulate")
    download: str = Field(
        "lagan_jets", description="entry of config/sources.yaml (source download)"
    )
    file: dict[str, str] = Field(
        {}, description="path per label, e.g. {signal: w.h5, background: qcd.h5} (source file)"
    )
    models: list[str] = Field([], description="names of the models trained on this data set")

    @model_validator(mode="after")
    def _own_files_are_named(self) -> Self:
        if self.source == "file" and not self.file:
            raise ValueError("source 'file' needs a path per label under `file`")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the data set; the user's own files may have others."""
        return tuple(self.file) if self.source == "file" else ("signal", "background")
