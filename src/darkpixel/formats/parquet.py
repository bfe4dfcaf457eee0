"""Rows on disk, as parquet files."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from darkpixel.formats.files import whole_file


def write_rows(rows: pd.DataFrame, path: str | Path) -> None:
    """Write rows, whole or not at all, without their index."""
    with whole_file(path) as temporary:
        rows.to_parquet(temporary, index=False)


def read_rows(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The rows of all files, one after the other."""
    return pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)


def read_filled_rows(paths: Iterable[str | Path]) -> pd.DataFrame:
    """As `read_rows`, but files without rows are passed over: their columns have no type."""
    found = [pd.read_parquet(path) for path in paths]
    return pd.concat([rows for rows in found if len(rows)], ignore_index=True)
