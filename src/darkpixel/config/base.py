"""Base class of all settings: unknown keys are errors, values cannot be changed."""

from collections.abc import Mapping
from typing import Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator


class Settings(BaseModel):
    """A block of configuration keys.

    Types, bounds, defaults and descriptions live on the fields and nowhere else: the JSON
    schema and the key table of `config/README.md` are generated from them.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _true_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Without it pydantic would take true for 1."""
        field = cls.model_fields[str(info.field_name)]
        if _has_bool(value) and not _may_be_bool(field.annotation):
            found = str(value).lower() if isinstance(value, bool) else value
            raise ValueError(f"true and false are no values of it, found {found}")
        return value

    joint: ClassVar[bool] = False
    """Of a model: trained once, on the images of all labels together."""

    @classmethod
    def is_joint(cls, settings: Mapping[str, Any]) -> bool:
        """Of a model: whether one with these keys is (default: what `joint` says)."""
        return cls.joint

    @classmethod
    def conditioned_on(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Of a model: columns of its images on which one with these keys is.

        Default: what the keys `conditions`, a list, and `condition`, a name, say, where it has any.
        """
        names = list(settings.get("conditions") or ())
        return tuple(names + [name for name in [settings.get("condition")] if name])

    @classmethod
    def needs_square(cls, settings: Mapping[str, Any]) -> bool:
        """Of a model: whether one with these keys takes square images only (default: no)."""
        return False

    def weight_count(self, height: int, width: int) -> int:
        """Of a model whose weights grow faster than its images: how many there are, about.

        They are counted before the model is built, which takes as much memory (default: 0).
        """
        return 0


def _has_bool(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_has_bool, value))
    return isinstance(value, bool)


def _may_be_bool(annotation: Any) -> bool:
    """Whether a field of this type takes true or false, or leaves it to others to say so."""
    if annotation is Any or annotation is bool or isinstance(annotation, bool):
        return True
    if isinstance(annotation, type) and issubclass(annotation, Mapping | BaseModel):
        return True
    return any(map(_may_be_bool, get_args(annotation)))


class PresetSettings(Settings):
    """Settings whose key `preset` names values for several keys; keys given beside it win.

    A subclass declares the field `preset` with the names of its `PRESETS`.
    """

    PRESETS: ClassVar[dict[str, dict[str, Any]]] = {}

    @model_validator(mode="before")
    @classmethod
    def _fill_preset(cls, keys: Any) -> Any:
        if isinstance(keys, Mapping) and str(keys.get("preset")) in cls.PRESETS:
            return {**cls.PRESETS[str(keys["preset"])], **keys}
        return keys


def without_nulls(entries: Any) -> Any:
    """A mapping without the entries that are null: an overlay removes with null what a base names.

    Args:
        entries: a mapping; null, which is an empty one; or anything else, which is given back for
            pydantic to refuse.
    """
    if entries is None:
        return {}
    if not isinstance(entries, dict):
        return entries
    return {key: value for key, value in entries.items() if value is not None}


def ascending(window: tuple[float, float]) -> tuple[float, float]:
    """Validate a window [low, high], GeV."""
    low, high = window
    if not 0 <= low < high:
        raise ValueError("must be [low, high] with 0 <= low < high, GeV")
    return window
