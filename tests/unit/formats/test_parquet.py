"""Rows in Parquet files: the same again, in order, with their types."""

import pandas as pd
import pytest

from darkpixel.errors import DarkpixelError
from darkpixel.formats.parquet import read_parquet, write_parquet


def test_rows_come_back_in_order_and_counted_through(tmp_path):
    first = pd.DataFrame({"model": ["a", "b"], "value": [0.1, 0.2]}, index=[7, 8])
    write_parquet(first, tmp_path / "new" / "1.parquet")
    write_parquet(first.iloc[:1], tmp_path / "2.parquet")
    rows = read_parquet([tmp_path / "new" / "1.parquet", tmp_path / "2.parquet"])
    assert rows["model"].tolist() == ["a", "b", "a"]
    assert rows.index.tolist() == [0, 1, 2]


def test_an_empty_table_changes_no_type(tmp_path):
    rows = pd.DataFrame({"n": [1, 2], "converged": pd.array([True, pd.NA], dtype="boolean")})
    write_parquet(rows, tmp_path / "rows.parquet")
    write_parquet(pd.DataFrame(columns=["n", "converged"]), tmp_path / "empty.parquet")
    both = read_parquet([tmp_path / "empty.parquet", tmp_path / "rows.parquet"])
    pd.testing.assert_frame_equal(both, rows)
    assert read_parquet([tmp_path / "empty.parquet"]).columns.tolist() == ["n", "converged"]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises((DarkpixelError, OSError)):
        write_parquet(pd.DataFrame({"n": [1]}), tmp_path / "file" / "rows.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
