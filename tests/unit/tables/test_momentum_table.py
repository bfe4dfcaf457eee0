"""The table by momentum: what is measured in its cells, brackets where the control fails."""

import pandas as pd
import pytest
from momentum_toys import particles

from darkpixel.metrics.momentum_response import NOT_SEEN, momentum_response
from darkpixel.tables.momentum import momentum_table

MODEL = "sparse_transformer"


def table_of(rows, folder):
    momentum_table(rows, folder / "momentum")
    text = (folder / "momentum.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return cells[0], cells[2:]


@pytest.fixture(scope="module")
def rows():
    table = pd.concat([particles(1000, 1), particles(900, 2, MODEL)])
    return momentum_response(table, [MODEL], splits=10, seed=1)[1]


def test_floor_and_control_follow_the_models_of_each_particle(rows, tmp_path):
    header, body = table_of(rows, tmp_path)
    assert header[:5] == ["model", "particle", "length: χ²/ndf", "largest, σ", "mean, %"]
    assert header[-2:] == ["bins", "n"]
    names = ["sparse transformer", "*noise floor*", "*control: momentum shuffled*"]
    assert [line[:2] for line in body] == [
        [name, particle] for particle in ("all", "µ⁻", "p") for name in names
    ]
    chosen = rows[(rows["model"] == MODEL) & (rows["species"] == "p")].set_index("observable")
    length = chosen.loc["length"]
    assert body[6][2] == f"{length['chi2_ndf']:.3g}"
    assert body[6][3] == f"{length['largest']:+.1f}"
    assert float(body[6][4].split(" ± ")[0]) == pytest.approx(100 * length["deviation"], abs=0.1)
    assert body[6][-2:] == [str(length["ndf"]), str(length["n"])]
    written = pd.read_csv(tmp_path / "momentum.csv")
    assert written["model"].tolist() == rows["model"].tolist()


def test_brackets_where_the_control_fails_and_dashes_where_nothing_is_compared(rows, tmp_path):
    weak = rows.assign(verdict=NOT_SEEN)
    _, body = table_of(weak, tmp_path)
    assert all(cell.startswith("(") and cell.endswith(")") for cell in body[0][2:-2])
    few = pd.concat([particles(8, 1), particles(9, 2, MODEL)])
    none = momentum_response(few, [MODEL], splits=2, seed=1)[1]
    _, body = table_of(none, tmp_path)
    assert set(body[0][2:-2]) == {"–"}
    assert body[0][-2] == "0"
