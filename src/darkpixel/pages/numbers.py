"""Numbers that the prose of the result pages quotes, looked up in the recorded tables."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.errors import DarkpixelError
from darkpixel.pages.tables import read_rows
from darkpixel.tables import layout


class Numbers:
    """Look-ups in a folder of .csv files; every method is a function of the templates.

    Tables are named without `.csv`. Rows are chosen by the values of their columns, as in
    `pick("sarm_table1_jet_wasserstein", model="sarm2_dd", observable="pt", label="signal")`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: dict[str, pd.DataFrame] = {}

    def functions(self) -> dict[str, Callable[..., object]]:
        """What the templates may call, by name."""
        return {
            name: getattr(self, name) for name in ("pick", "each", "values", "ratios", "settings")
        }

    def pick(self, table: str, **where: object) -> dict[str, Any]:
        """The one row that has these values.

        Raises:
            DarkpixelError: no row has them, or more than one.
        """
        rows = self._select(table, where)
        if len(rows) != 1:
            raise DarkpixelError(f"{self._named(table, where)}: {len(rows)} rows, not one")
        row: dict[str, Any] = rows.iloc[0].to_dict()
        return row

    def values(self, table: str, column: str = "value", **where: object) -> list[float]:
        """A column of all rows that have these values, in the order of the table.

        Args:
            column: or two with `/` between, of which the ratio is taken (`value/floor`).
        """
        rows = self._select(table, where)
        names = column.split("/")
        if unknown := set(names) - set(rows):
            raise DarkpixelError(f"{self._named(table, where)}: no column {unknown.pop()}")
        numbers = rows[names[0]].astype(float)
        for name in names[1:]:
            numbers = numbers / rows[name].astype(float)
        return [float(number) for number in numbers]

    def each(
        self,
        table: str,
        digits: int,
        column: str = "value",
        scale: float = 1.0,
        between: str = " and ",
        **where: object,
    ) -> str:
        """The values of all rows that have these values, "9.7 and 5.6"."""
        values = self.values(table, column, **where)
        return between.join(fixed(scale * value, digits) for value in values)

    def ratios(self, table: str, model: str, to: str, **where: object) -> list[float]:
        """Values of a model over those of another, by label and observable."""
        keys = ["label", "observable"]
        above = self._select(table, where | {"model": model}).set_index(keys)["value"]
        below = self._select(table, where | {"model": to}).set_index(keys)["value"]
        if set(above.index) != set(below.index):
            raise DarkpixelError(f"{self._named(table, where)}: {model} and {to} differ in rows")
        return [float(above[key] / below[key]) for key in above.index]

    def settings(self, table: str, **where: object) -> dict[str, Any]:
        """The settings that a row of the search stands for, by name."""
        found: dict[str, Any] = json.loads(self.pick(table, **where)["settings"])
        return found

    def _select(self, table: str, where: dict[str, Any]) -> pd.DataFrame:
        if table not in self._rows:
            self._rows[table] = read_rows(self.folder / f"{table}.csv")
        rows = self._rows[table]
        for column, value in where.items():
            if column not in rows:
                raise DarkpixelError(f"{self._named(table, where)}: no column {column}")
            wanted = value if isinstance(value, list | tuple) else [value]
            rows = rows[rows[column].isin(wanted)]
        if rows.empty:
            raise DarkpixelError(f"{self._named(table, where)}: no such row")
        return rows

    def _named(self, table: str, where: dict[str, object]) -> str:
        chosen = ", ".join(f"{key}={value}" for key, value in where.items())
        return f"{self.folder / table}.csv ({chosen})"


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals and thousands set off by commas; minus as a minus sign."""
    return f"{value:,.{digits}f}".replace("-", "−")


def plus_minus(
    row: dict[str, Any], digits: int | None = None, scale: float = 1.0, column: str = "value"
) -> str:
    """Value and error of a row: 0.15 ± 0.03.

    Args:
        row: of a table.
        digits: decimals; left out, as many as the tables give (`darkpixel.tables.layout.measured`).
        scale: 100 for percent.
        column: of the value; that of its error is `error`, or the column's name and `_error`.
    """
    error = "error" if column == "value" else f"{column}_error"
    numbers = scale * row[column], scale * row[error]
    if digits is None:
        return layout.measured(*numbers).replace("-", "−")
    return " ± ".join(fixed(number, digits) for number in numbers)


def span(values: Iterable[float], digits: int, between: str = " to ") -> str:
    """The smallest and the largest of several numbers: 3.5 to 9.5; one where they read alike."""
    numbers = list(values)
    ends = dict.fromkeys(fixed(end, digits) for end in (np.min(numbers), np.max(numbers)))
    return between.join(ends)


FILTERS: dict[str, Callable[..., object]] = {
    "fixed": fixed,
    "plus_minus": plus_minus,
    "span": span,
}
