"""Conditions: columns of the image file that a model's images may be conditioned on.

A condition is a column with one number an image, in training and in sampling: a class, such as the
particle's species, or a number, such as its momentum. `sample_events` of a model takes them as a
mapping of names to one value for all images, or one an image. A name that is not in the mapping is
left out; no value of a column stands for that.

- Nothing given: the conditions of every image are those of a training image drawn at random, so
  that the images have the mix of the training images (`ConditionTable.draw`).
- Something given: what is left out is withheld, where the model was trained with it withheld now
  and then. Elsewhere it is drawn from the training images of the given classes.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from darkpixel.errors import DarkpixelError

logger = logging.getLogger(__name__)

MIX = 8192
"""Training images whose conditions a model keeps, to draw from."""

_LARGEST = 2**24  # up to it float32 holds every integer


@dataclass(frozen=True)
class Condition:
    """One condition of a model.

    Attributes:
        name: of the column.
        values: of a class, the integers that the model knows; none: the condition is a number.
        low, high: of a number, smallest and largest among the training images, in its unit.
    """

    name: str
    values: tuple[int, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")

    @property
    def kind(self) -> Literal["class", "number"]:
        return "class" if self.values else "number"

    @property
    def dtype(self) -> torch.dtype:
        """Of the column that samples have."""
        return torch.int32 if self.values else torch.float32

    def unknown(self, found: Tensor) -> Tensor:
        """Which values (n,) no image can be conditioned on, (n,) bool."""
        if not self.values:
            return ~found.isfinite()
        return (found[:, None] != torch.tensor(self.values, device=found.device)).all(1)


def checked(
    model: str, known: Sequence[Condition], given: Mapping[str, Tensor], n: int
) -> dict[str, Tensor]:
    """The given conditions with one value an image, (n,) each, int32 or float32.

    Args:
        model: its name, for messages.
        known: the model's conditions.
        given: name to (), one value for all images, or (n,).
        n: images.

    Raises:
        DarkpixelError: a name or a class that the model does not know, another number of values, or
            a value that is not finite.
    """
    by_name = {condition.name: condition for condition in known}
    found = {}
    for name, values in given.items():
        if name not in by_name:
            have = f"the model takes {', '.join(by_name)}" if by_name else "the model takes none"
            raise DarkpixelError(f"model {model}: condition '{name}': {have}; leave it out.")
        if values.ndim > 1 or (values.ndim == 1 and len(values) != n):
            raise DarkpixelError(
                f"model {model}: condition '{name}': values of shape {tuple(values.shape)} for {n} "
                "images; give one for all, or one an image."
            )
        condition = by_name[name]
        values = values.expand(n) if values.ndim == 0 else values
        if (bad := condition.unknown(values)).any():
            raise DarkpixelError(
                f"model {model}: condition '{name}': {values[bad][0].item():g} is "
                + (
                    f"not among {', '.join(map(str, condition.values))}; give one of these."
                    if condition.values
                    else "not a number; give a finite one, or leave the condition out."
                )
            )
        found[name] = values.to(condition.dtype)
    return found


def warn_of_extrapolation(known: Sequence[Condition], given: Mapping[str, Tensor]) -> None:
    """Log a warning for each number (n,) of which some lie beyond those of the training images."""
    for condition in known:
        if condition.values or condition.name not in given:
            continue
        values = given[condition.name]
        outside = (values < condition.low) | (values > condition.high)
        if outside.any():
            unit = " MeV/c" if condition.name == "momentum" else ""
            logger.warning(
                "condition '%s': %d of %d values (%g%s the first) lie outside of the training "
                "images' %g to %g%s: there the model extrapolates",
                condition.name, int(outside.sum()), len(values), values[outside][0].item(), unit,
                condition.low, condition.high, unit,
            )  # fmt: skip


class ConditionTable(nn.Module):
    """What a model knows of its conditions: classes, ranges, and the mix of the training images.

    A part of the model, so that it is saved with the weights.

    Args:
        kinds: name of each column, with the values that a class can have, or none for a number.

    Raises:
        DarkpixelError: a class is numbered beyond 2^24.
    """

    rows: Tensor
    scale: Tensor

    def __init__(self, kinds: Mapping[str, Sequence[int]]) -> None:
        super().__init__()
        self.columns = tuple(kinds)
        self.classes = {name: tuple(values) for name, values in kinds.items() if values}
        self.measured = tuple(name for name, values in kinds.items() if not values)
        for name, values in self.classes.items():
            if large := [value for value in values if abs(value) > _LARGEST]:
                raise DarkpixelError(
                    f"condition '{name}': {large[0]} is too large for a class; number the classes "
                    f"within {_LARGEST:,}."
                )
        # Of evenly spaced training images. NaN until `fit`.
        rows = torch.full((MIX, len(kinds)), torch.nan)
        self.register_buffer("rows", rows)
        # Lowest, highest, mean and spread of each number, in its unit.
        scale = torch.tensor([-torch.inf, torch.inf, 0.0, 1.0])
        self.register_buffer("scale", scale.repeat(len(self.measured), 1))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions, in the order of the columns."""
        ranges = dict(zip(self.measured, self.scale.tolist(), strict=True))
        return tuple(
            Condition(name, self.classes[name])
            if name in self.classes
            else Condition(name, low=ranges[name][0], high=ranges[name][1])
            for name in self.columns
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each class has, in the order of `codes`."""
        return tuple(map(len, self.classes.values()))

    @torch.no_grad()
    def fit(self, model: str, columns: Mapping[str, Tensor]) -> None:
        """Take ranges and mix from the training images.

        Args:
            model: its name, for messages.
            columns: of all training images, (N,) each; others are ignored.

        Raises:
            DarkpixelError: a class that is not among the declared ones, or a number that is not
                finite.
        """
        for condition in self.conditions:
            values = columns[condition.name]
            if (bad := condition.unknown(values)).any():
                known = f"is not in the list {list(condition.values)}; add it"
                fault = known if condition.values else "is not finite; clean or drop that image"
                raise DarkpixelError(
                    f"model {model}: {condition.name}: {values[bad][0].item():g} among the images "
                    f"{fault}."
                )
        if not self.columns:
            return
        table = torch.stack([columns[name].double() for name in self.columns], 1)
        self.rows.copy_(table[torch.arange(MIX) * len(table) // MIX])
        for number, name in enumerate(self.measured):
            values = columns[name].double()
            spread = values.std(correction=0)
            summary = [values.min(), values.max(), values.mean(), spread if spread > 0 else 1.0]
            self.scale[number] = torch.tensor([float(value) for value in summary])

    def draw(
        self,
        model: str,
        n: int,
        generator: torch.Generator,
        given: Mapping[str, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Conditions (n,) of training images drawn at random, those of one image together.

        Args:
            model: its name, for messages.
            n: images.
            generator: one uniform an image is taken from it.
            given: conditions (n,) that are already known, of `checked`; they are kept, and the
                others are those of training images of the same classes.

        Raises:
            DarkpixelError: not fitted, or no training image has the classes.
        """
        u = torch.rand(n, generator=generator, device=generator.device, dtype=torch.float64)
        given = given or {}
        if bool(self.rows.isnan().any()):
            raise DarkpixelError(
                f"model {model}: the mix of conditions is that of the training images; train the "
                "model before sampling."
            )
        fixed = [name for name in self.classes if name in given]
        chosen = (u * MIX).long().clamp(max=MIX - 1).to(self.rows.device)
        if fixed:
            wanted = torch.stack([given[name].to(self.rows) for name in fixed], 1)
            held = self.rows[:, [self.columns.index(name) for name in fixed]]
            for values in wanted.unique(dim=0):
                mine = (wanted == values).all(1)
                rows = (held == values).all(1).nonzero()[:, 0]
                if not len(rows):
                    named = ", ".join(
                        f"{name} {int(value)}" for name, value in zip(fixed, values, strict=True)
                    )
                    raise DarkpixelError(
                        f"model {model}: no training image with {named}, so there is no mix of "
                        f"{', '.join(set(self.columns) - set(given))} to draw from; give these too."
                    )
                places = (u[mine.to(u.device)] * len(rows)).long().clamp(max=len(rows) - 1)
                chosen[mine] = rows[places.to(rows.device)]
        drawn = {}
        for number, condition in enumerate(self.conditions):
            values = self.rows[chosen, number].to(condition.dtype)
            drawn[condition.name] = given.get(condition.name, values)
        return drawn

    def codes(self, columns: Mapping[str, Tensor], n: int) -> Tensor:
        """Places of the classes among their values, (n, classes) int64: 1 and up, 0 withheld.

        Args:
            columns: (n,) each; those that are not there are withheld.
            n: images.

        Raises:
            DarkpixelError: a value that is not among the declared ones. On a GPU, where looking
                would make the host wait, its code is -1, which no embedding takes.
        """
        device = self.rows.device
        codes = torch.zeros(n, len(self.classes), dtype=torch.int64, device=device)
        for number, (name, values) in enumerate(self.classes.items()):
            if name not in columns:
                continue
            found = columns[name].to(device)
            match = found[:, None] == torch.tensor(values, device=device)
            known = match.any(1)
            if device.type == "cpu" and not bool(known.all()):
                raise DarkpixelError(
                    f"condition '{name}': {int(found[~known][0])} is not in the list "
                    f"{list(values)}; add it."
                )
            codes[:, number] = torch.where(known, match.int().argmax(1) + 1, -1)
        return codes

    def numbers(self, columns: Mapping[str, Tensor], n: int) -> tuple[Tensor, Tensor]:
        """Numbers less their mean in units of their spread, and which are there.

        Args:
            columns: (n,) each; those that are not there are withheld.
            n: images.

        Returns:
            (n, numbers) float32, 0 where withheld; (n, numbers) bool.
        """
        device = self.rows.device
        numbers = torch.zeros(n, len(self.measured), device=device)
        given = torch.zeros(n, len(self.measured), dtype=torch.bool, device=device)
        for number, name in enumerate(self.measured):
            if name in columns:
                mean, spread = self.scale[number, 2:]
                values = (columns[name].to(device, torch.float32) - mean) / spread
                numbers[:, number], given[:, number] = values, True
        return numbers, given
