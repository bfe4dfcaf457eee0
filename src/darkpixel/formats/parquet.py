"""Tables of rows as Parquet files: written whole or not at all, read one after the other."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from darkpixel.formats.files import whole_file


def write_parquet(rows: pd.DataFrame, path: str | Path) -> None:
    """Write the columns of a table, without its index.

    Raises:
        DarkpixelError: the disk is full or the folder cannot be written.
    """
    with whole_file(path) as temporary:
        rows.to_parquet(temporary, index=False)


def read_parquet(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The rows of several files, in order, counted through; empty files are left out.

    Empty tables have no types of their own and would change those of the others.
    """
    tables = [pd.read_parquet(path) for path in paths]
    return pd.concat([table for table in tables if len(table)] or tables, ignore_index=True)
