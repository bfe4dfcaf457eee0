"""Settings of the data sets: where their images come from, and how many are in each split."""

from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from darkpixel.config.base import Settings, without_nulls
from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.config.labels import check_labels
from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.config.selection import Selection

Symmetries = Literal["none", "up_down", "left_right", "mirrors", "square"]
"""Symmetries of a data set's images: what they are is in `darkpixel.training.symmetries`."""


TAKEN_COLUMNS = (
    "images", "event", "source_event", "class", "margin", "pixel_labels", "pixel_label_margin",
    "charge_scale", "codes", "charged", "phase", "self",
)  # fmt: skip
"""Columns of image files that darkpixel writes and that are no conditions, and names of arguments
beside which a model's loss takes conditions."""


class SplitSizes(Settings):
    """Images per label in each split."""

    train: int = Field(ge=1, description="training images per label")
    validation: int = Field(ge=1, description="validation images per label")
    test: int = Field(
        ge=2,
        description="test images per label; W1 uses half of them, its noise floor both halves",
    )

    @property
    def total(self) -> int:
        return self.train + self.validation + self.test


class Data(Settings):
    """Settings that all data sets have."""

    own_labels: ClassVar[tuple[str, ...]]
    """Labels of its images; those of a user's files of jets or muons may be others."""

    own_symmetries: ClassVar[Symmetries] = "none"
    """Symmetries of its images, if they are no files of a user's."""

    source: Literal["simulate", "download", "file"] = Field(
        "simulate", description="simulate, download public files, or read files of yours"
    )
    images: SplitSizes = Field(description="images per label in each split")
    file: dict[str, str] = Field(
        {},
        description="with source file: a path for each label, e.g. {signal: w.h5, background: "
        "qcd.h5}; labels are letters and digits, with _ + - . after the first",
    )
    models: list[str] = Field([], description="names of the models trained on this data set")
    samples: int | None = Field(
        None,
        ge=2,
        description="images generated for each model and label; null: `sampling.images`",
    )

    columns: list[str] = Field(
        [],
        description="columns of the images on which models may be conditioned, one finite number "
        "an image: of your file's, or those that the simulation stores; the images are refused "
        "where one is missing",
    )
    symmetries: Symmetries | None = Field(
        None,
        description="symmetries of the images, which training with `training.symmetries` makes use "
        "of: up_down and left_right mirror images, mirrors (both), square (mirrors, and rows and "
        "columns swapped: eight in all) or none; null: those that the simulation has (square for "
        "liquid argon, mirrors for muons, none for jets), none of files of yours",
    )

    @property
    def image_symmetries(self) -> Symmetries:
        """The symmetries of the images, null resolved."""
        if self.symmetries is not None:
            return self.symmetries
        return "none" if self.source == "file" else self.own_symmetries

    @field_validator("columns")
    @classmethod
    def _columns_are_free(cls, columns: list[str]) -> list[str]:
        for name in columns:
            if name in TAKEN_COLUMNS:
                raise ValueError(
                    f"column '{name}' has a meaning of its own ({', '.join(TAKEN_COLUMNS)} have); "
                    "give yours another name"
                )
            if not name.isidentifier():
                raise ValueError(f"column '{name}' must be letters, digits and underscores")
        if len(set(columns)) < len(columns):
            raise ValueError("a column occurs twice; name each once")
        return columns

    @field_validator("file")
    @classmethod
    def _labels_are_folders(cls, file: dict[str, str]) -> dict[str, str]:
        check_labels(tuple(file))
        return file

    @model_validator(mode="after")
    def _files_are_named(self) -> Self:
        if self.source == "file" and not self.file:
            raise ValueError("source 'file' needs a path per label under `file`")
        check_labels(self.labels)  # those of a custom data set stand in its file
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the data set."""
        return tuple(self.file) if self.source == "file" else self.own_labels


class JetData(Data):
    """The data set `jets`."""

    own_labels: ClassVar[tuple[str, ...]] = ("signal", "background")

    simulation: JetSimulation = Field(JetSimulation(), description="with source simulate: Pythia 8")
    imaging: JetImaging = Field(
        JetImaging(),
        description="with source simulate; `pixel_size` also with files that do not state theirs",
    )
    download: str = Field(
        "lagan_jets", description="with source download: an entry of config/sources.yaml"
    )
    orders: dict[str, str] = Field(
        {},
        description="orders in which the pixels are generated, each with the name of the model "
        "that does so, whose `settings.order` counts, for figure 10 (SARM 6.1.4), as in `{row: "
        "order_row}`; the models are trained on this data set and shown nowhere else; null leaves "
        "an order out",
    )

    selection: Selection | None = Field(
        None, description="images redrawn until their pT and mass fit; null: none"
    )

    @model_validator(mode="after")
    def _the_imaging_leaves_no_symmetry(self) -> Self:
        if self.source != "file" and self.image_symmetries != "none":
            raise ValueError(
                f"symmetries '{self.symmetries}': the imaging turns each jet so that the second "
                "subjet is below and mirrors it so that the right half is the heavier one, which "
                "leaves none; use 'none', or null"
            )
        return self

    _given = field_validator(
        "orders", mode="before", json_schema_input_type=dict[str, str | None] | None
    )(without_nulls)


class MuonData(Data):
    """The data set `muons`."""

    own_labels: ClassVar[tuple[str, ...]] = ("signal", "background")
    own_symmetries: ClassVar[Symmetries] = "mirrors"

    simulation: MuonSimulation = Field(
        MuonSimulation(), description="with source simulate: Pythia 8"
    )
    imaging: MuonImaging = Field(
        MuonImaging(),
        description="with source simulate; `pixel_size` also with files that do not state theirs",
    )
    match_pt: bool = Field(
        True,
        description="with source simulate: leave out signal images so that their muons have the "
        "pT spectrum of the background's (SARM 2.2 weights them instead); with source file: keep "
        "each image of a UCI file with a probability proportional to its weight, if it has weights",
    )
    signal_oversampling: float = Field(
        2.0,
        ge=1,
        description="signal images simulated for each one needed; matching keeps 60 to 70 % of "
        "them",
    )

    selection: Selection | None = Field(
        None, description="images redrawn until their pT and mass fit; null: none"
    )

    @model_validator(mode="after")
    def _nothing_to_download(self) -> Self:
        if self.source == "download":
            raise ValueError(
                "no public file of muon images is known; use source 'simulate', or 'file' with "
                "files of yours (the layout of the UCI files is read too)"
            )
        return self


class LArTPCData(Data):
    """The data set `lartpc` or `lartpc_vertex`."""

    own_labels: ClassVar[tuple[str, ...]] = ("all",)
    own_symmetries: ClassVar[Symmetries] = "square"

    simulation: ArgonSimulation = Field(
        ArgonSimulation(), description="with source simulate: the compact simulator, not Geant4"
    )
    imaging: ArgonImaging = Field(
        ArgonImaging(), description="projection, crop and scale of the images, from any source"
    )
    download: list[str] = Field(
        [], description="with source download: entries of config/sources.yaml that are LArCV files"
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
                "imaging.scaling 'maximum' loses the scale of the charge, which the evaluation of "
                "`models` needs; use 'fixed', or prepare the images alone with `models: []`"
            )
        return self

    @model_validator(mode="after")
    def _file_is_called_all(self) -> Self:
        if self.source == "file" and tuple(self.file) != self.own_labels:
            raise ValueError(f"`file` has the one label `all` here, found {sorted(self.file)}")
        return self


class CustomData(Data):
    """Base class of the `Settings` of a custom data set (docs/extending.md)."""

    in_every_run: ClassVar[bool] = False
    """Whether the data set is made without being named in a configuration."""

    source: Literal["simulate", "file"] = Field(
        "simulate", description="images that its module makes, or files of yours"
    )
    pixel_size: float = Field(0.1, gt=0, description="side of a pixel in eta and phi")
    unit: str = Field("GeV", description="unit of the pixel values")


OwnData = CustomData
"""The former name, which users' files import."""
