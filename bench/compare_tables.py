"""Whether two runs have the same tables, timings aside: `python bench/compare_tables.py OLD NEW`.

OLD and NEW are folders `results/{run}/tables`. After a change that must not change numbers, run the
demo before and after it. Exits with 1 and a line for each difference.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

TIMINGS = {
    "hardware", "load", "seconds", "speed", "speed_error", "ratio_to_monte_carlo", "ratio_error",
}  # fmt: skip
"""Columns that hold times, or the machine's name and load."""
TIMED = {"table2_jet_speed", "table4_muon_speed"}
"""Tables of speeds: their values, batches and conditions are measured."""
TIMED_COLUMNS = {"value", "error", "n", "repetitions", "condition"}


def differences(old: Path, new: Path) -> list[str]:
    """What differs between two folders of tables, a line each."""
    files = {path.relative_to(folder) for folder in (old, new) for path in folder.rglob("*.csv")}
    lines = []
    for file in sorted(files):
        missing = [str(folder) for folder in (old, new) if not (folder / file).is_file()]
        if missing:
            lines.append(f"{file}: not in {missing[0]}")
            continue
        ignored = TIMINGS | (TIMED_COLUMNS if file.stem in TIMED else set())
        # As text: the same digits, not nearly the same numbers.
        first, second = (
            pd.read_csv(folder / file, dtype=str, keep_default_na=False) for folder in (old, new)
        )
        columns = [[name for name in rows if name not in ignored] for rows in (first, second)]
        if columns[0] != columns[1] or len(first) != len(second):
            lines.append(f"{file}: other columns or another number of rows")
            continue
        unequal = first[columns[0]] != second[columns[0]]
        lines += [
            f"{file}: row {row + 2}, {name}: {first.at[row, name]} and {second.at[row, name]}"
            for row, name in zip(*unequal.to_numpy().nonzero(), strict=True)
            for name in [columns[0][name]]
        ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the tables of two runs, timings aside.")
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    options = parser.parse_args()
    lines = differences(options.old, options.new)
    count = len(list(options.new.rglob("*.csv")))
    print("\n".join(lines) or f"{count} tables are the same, digit for digit, timings aside")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
