"""The recorded tables of `make gpu` are those of its recorded answers."""

from pathlib import Path

import pytest

from bench.gpu import tables

RESULTS = Path(__file__).parents[3] / "docs/results"
CALLS = [RESULTS / f"gpu/call{number}" for number in (1, 3, 5)]
ROWS = {
    "gpu_speed": lambda: tables.speeds(CALLS),
    "gpu_lartpc_distances": lambda: tables.distances(CALLS[-1]),
    "gpu_lartpc_divergences": lambda: tables.divergences(CALLS[-1]),
    "gpu_lartpc_shapes": lambda: tables.shapes(CALLS[-1]),
    "gpu_lartpc_momentum": lambda: tables.momentum(CALLS[-1]),
}


@pytest.mark.parametrize("name", ROWS)
def test_recorded_tables_are_made_of_recorded_answers(name, tmp_path):
    tables.write(tmp_path / "table.csv", ROWS[name]())
    recorded = RESULTS / f"csv/by_hand/{name}.csv"
    assert (tmp_path / "table.csv").read_text() == recorded.read_text()
