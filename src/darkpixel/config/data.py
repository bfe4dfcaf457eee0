"""Settings of a data set: where its images come from and how many of each split."""

from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from darkpixel.config.base import Settings, without_nulls
from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.config.muons import MuonImaging, MuonSimulation


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


class Data(Settings):
    """What every data set has."""

    own_labels: ClassVar[tuple[str, ...]]
    """Labels, but for a user's own jets and muons, which may have others."""

    source: Literal["simulate", "download", "file"] = Field(
        "simulate", description="simulate, download public files, or read your own files"
    )
    images: SplitSizes = Field(description="images per label in each split")
    file: dict[str, str] = Field(
        {}, description="path per label, e.g. {signal: w.h5, background: qcd.h5} (source file)"
    )
    models: list[str] = Field([], description="names of the models trained on this data set")
    samples: int | None = Field(
        None, ge=2, description="images generated per model and label; null: `sampling.images`"
    )

    @model_validator(mode="after")
    def _own_files_are_named(self) -> Self:
        if self.source == "file" and not self.file:
            raise ValueError("source 'file' needs a path per label under `file`")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the data set."""
        return tuple(self.file) if self.source == "file" else self.own_labels


class JetData(Data):
    """The data set `jets`."""

    own_labels: ClassVar[tuple[str, ...]] = ("signal", "background")

    simulation: JetSimulation = Field(JetSimulation(), description="source simulate: Pythia 8")
    imaging: JetImaging = Field(
        JetImaging(),
        description="source simulate; `pixel_size` also for files that do not state theirs",
    )
    download: str = Field(
        "lagan_jets", description="entry of config/sources.yaml (source download)"
    )
    orders: dict[str, str] = Field(
        {},
        description="order of generation: name of the model that generates so, for figure 10 "
        "(SARM 6.1.4); trained on this data set and shown nowhere else; null leaves one out",
    )

    _given = field_validator("orders", mode="before", json_schema_input_type=dict[str, str | None])(
        without_nulls
    )


class MuonData(Data):
    """The data set `muons`."""

    own_labels: ClassVar[tuple[str, ...]] = ("signal", "background")

    simulation: MuonSimulation = Field(MuonSimulation(), description="source simulate: Pythia 8")
    imaging: MuonImaging = Field(
        MuonImaging(),
        description="source simulate; `pixel_size` also for files that do not state theirs",
    )
    match_pt: bool = Field(
        True,
        description="source simulate: leave out signal images until their muons have the pT "
        "spectrum of the background's (SARM 2.2 weights them); source file: keep each image of a "
        "UCI file with a probability proportional to its weight, if the file has weights",
    )
    signal_oversampling: float = Field(
        2.0,
        ge=1,
        description="signal images simulated per image needed; matching keeps 60 to 70 % of them",
    )

    @model_validator(mode="after")
    def _nothing_to_download(self) -> Self:
        if self.source == "download":
            raise ValueError(
                "no public file of muon images is known; use source 'simulate', or 'file' with "
                "your own (the UCI files' layout is read too)"
            )
        return self


class ArgonData(Data):
    """The data set `lartpc` or `lartpc_vertex`."""

    own_labels: ClassVar[tuple[str, ...]] = ("all",)

    simulation: ArgonSimulation = Field(
        ArgonSimulation(), description="source simulate: the compact simulator, not Geant4"
    )
    imaging: ArgonImaging = Field(
        ArgonImaging(), description="projection, crop and scale of the images, whatever the source"
    )
    download: list[str] = Field(
        [], description="entries of config/sources.yaml, LArCV files (source download)"
    )

    @model_validator(mode="after")
    def _downloads_are_named(self) -> Self:
        if self.source == "download" and not self.download:
            raise ValueError("source 'download' needs entries of sources.yaml under `download`")
        return self

    @model_validator(mode="after")
    def _charge_is_known(self) -> Self:
        if self.imaging.scaling == "maximum" and self.models:
            raise ValueError(
                "imaging.scaling 'maximum' leaves no charge scale, which the measures of `models` "
                "need; use 'fixed', or prepare the images alone with `models: []`"
            )
        return self

    @model_validator(mode="after")
    def _own_file_is_called_all(self) -> Self:
        if self.source == "file" and tuple(self.file) != self.own_labels:
            raise ValueError(f"`file` has the one label `all` here, found {sorted(self.file)}")
        return self


class OwnData(Data):
    """Base of the `Settings` of a data set of one file (docs/extending.md)."""

    in_every_run: ClassVar[bool] = False
    """Whether the data set is made without being named in a configuration."""

    source: Literal["simulate", "file"] = Field(
        "simulate", description="the images that its file makes, or your own files"
    )
    pixel_size: float = Field(0.1, gt=0, description="side of a pixel in eta and phi")
    unit: str = Field("GeV", description="of the pixel values")
