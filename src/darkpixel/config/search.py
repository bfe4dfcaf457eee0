"""Settings of the hyper-parameter searches and of the study of the upsampling layer's width."""

from typing import Any, Literal, Protocol

from pydantic import Field, PositiveInt, ValidationError, field_validator

from darkpixel.config.base import Settings, without_nulls
from darkpixel.config.discovery import model_settings
from darkpixel.config.labels import is_name

Space = dict[str, list[Any]]
"""Choices of each key of a model's settings that is varied."""


class Study(Settings):
    """One search: some keys of one model are varied, the others stay as they are."""

    model: str = Field(description="entry of `models` whose settings are varied")
    dataset: str = Field("jets", description="data set that it is trained on")
    label: str = Field("signal", description="label that it is trained on")
    space: Space = Field(
        {},
        description="keys of the model's settings and the choices of each; {}: those of the paper, "
        "for SARM and PixelCNN++ (SARM 8.5.2, 8.6)",
    )
    trials: int = Field(
        ge=1,
        description="combinations to try: all of them, in turn, if there are no more than this (a "
        "grid); otherwise those that Optuna's TPE proposes, of which the first ten are random",
    )
    epochs: int = Field(ge=1, description="passes over the training images in a trial")
    images: int = Field(ge=1, description="training images of a trial; all, if there are fewer")
    validation_images: int = Field(
        ge=2, description="validation images on which trials are compared; all, if there are fewer"
    )

    @field_validator("space")
    @classmethod
    def _choices_differ(cls, space: Space) -> Space:
        for key, choices in space.items():
            if not choices or any(choice in choices[:i] for i, choice in enumerate(choices)):
                raise ValueError(f"'{key}' needs at least one choice and none twice")
        return space


class Search(Settings):
    """The architecture search of SARM section 8.6."""

    studies: dict[str, Study] = Field(
        {},
        description="studies by name, all in one table; null leaves one out, and so does leaving "
        "out its data set, or giving files of other labels than its own",
    )

    _given = field_validator(
        "studies", mode="before", json_schema_input_type=dict[str, Study | None] | None
    )(without_nulls)

    @field_validator("studies")
    @classmethod
    def _names_are_paths(cls, studies: dict[str, Study]) -> dict[str, Study]:
        for name in studies:
            if not is_name(name):
                raise ValueError(f"study name {name!r} must be letters, digits and underscores")
        return studies


class Widths(Settings):
    """Speed and memory of D+D by width of its upsampling layer (SARM 6.1.5)."""

    model: str = Field(
        "sarm2_dd", description="entry of `models` whose width is varied, a SARM (D+D)"
    )
    widths: list[PositiveInt] = Field(
        [5, 10, 20, 50, 100],
        min_length=2,
        description="widths (SARM 8.6: 10; about 50 gives the 21 million parameters of table 6)",
    )
    batch: int = Field(256, ge=1, description="images in a batch, in sampling and in training")
    seconds: float = Field(
        1.0, gt=0, description="shortest time of a measurement, s, after one call"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where to measure")


class Entry(Protocol):
    """What a search needs of an entry of `models`."""

    @property
    def model(self) -> str: ...
    @property
    def autoencoder(self) -> str | None: ...
    @property
    def settings(self) -> dict[str, Any]: ...


def search_space(study: Study, entry: Entry) -> Space:
    """The study's choices: its own, or the paper's for the model; {} where there are none.

    The paper's are the property `paper_space` of the model's settings.
    """
    if study.space:
        return study.space
    settings = model_settings(entry.model).model_validate(entry.settings)
    space: Space = getattr(settings, "paper_space", {})
    return space


def space_problem(study: Study, entry: Entry) -> tuple[tuple[str, ...], str] | None:
    """What a study varies that its model does not take.

    Args:
        study: to check.
        entry: its model, as it is on the study's data set and label, with valid settings.

    Returns:
        The key below the study and the reason; None if all is well.
    """
    settings = model_settings(entry.model)
    if entry.autoencoder is not None or settings.is_joint(entry.settings):
        return ("model",), f"'{study.model}' has no likelihood of its images; choose another"
    space = search_space(study, entry)
    if not space:
        return ("space",), f"the paper has none for {entry.model}; give keys and choices"
    for key, choices in space.items():
        for choice in choices:
            try:
                settings.model_validate({**entry.settings, key: choice})
            except ValidationError as error:
                reason = error.errors()[0]["msg"]
                return ("space", key), f"{entry.model} refuses {choice!r}: {reason}"
    return None


def has_width(entry: Entry) -> bool:
    """Whether a model has an upsampling layer whose width can be varied: SARM (D+D)."""
    resolved = model_settings(entry.model).model_validate(entry.settings)
    return entry.model == "sarm" and getattr(resolved, "likelihood", None) == "discrete"
