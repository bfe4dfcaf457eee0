"""Numbers published in the papers, from config/published.yaml."""

from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from darkpixel.config.names import JETS, MUONS
from darkpixel.config.yaml_files import load_yaml, read_text
from darkpixel.errors import DarkpixelError

WASSERSTEIN_TABLES = {JETS: "table1_jet_wasserstein", MUONS: "table3_muon_wasserstein"}
SPEED_TABLES = {JETS: "table2_jet_speed", MUONS: "table4_muon_speed"}
LAGAN_TABLES = {MUONS: "table5_lagan_muon_wasserstein"}

Table = dict[str, dict[str, Any]]


def load_published(path: str | Path, paper: str, table: str) -> Table:
    """One table of one paper: model -> quantity -> number, or label -> number.

    Raises:
        DarkpixelError: the file cannot be read, or has no such paper or table.
    """
    try:
        content = load_yaml(read_text(path))
    except (OSError, yaml.YAMLError) as error:
        problem = " ".join(str(error).split())
        raise DarkpixelError(f"{path}: cannot be read as YAML ({problem}).") from error
    tables = content.get(paper) if isinstance(content, dict) else None
    if not isinstance(tables, dict) or not isinstance(tables.get(table), dict):
        names = ", ".join(map(str, tables)) if isinstance(tables, dict) else ""
        raise DarkpixelError(
            f"{path}: no table `{table}` under `{paper}`; found {names or 'nothing'}."
        )
    return dict(tables[table])


def wasserstein_published(path: str | Path, dataset: str) -> Table:
    """The published W1 of all models for `dataset`: SARM table 1, or tables 3 and 5 together."""
    published: Table = {}
    for tables in (LAGAN_TABLES, WASSERSTEIN_TABLES):
        if dataset in tables:
            published |= load_published(path, "sarm", tables[dataset])
    return published


def with_published_speed(rows: pd.DataFrame, path: str | Path | None) -> pd.DataFrame:
    """The rows of a speed measurement with the paper's images/s, column `published`.

    Args:
        rows: `darkpixel.studies.speed.speed_rows` of one data set.
        path: of `config/published.yaml`; None: the papers' numbers say nothing about these images.
    """
    dataset = str(rows["dataset"].iloc[0])
    table: Table = {}
    if path is not None and dataset in SPEED_TABLES:
        table = load_published(path, "sarm", SPEED_TABLES[dataset])
    values = [published_value(table, model, "speed") for model in rows["model"]]
    place = list(rows.columns).index("ratio_to_monte_carlo")
    return pd.concat(
        [
            rows.iloc[:, :place],
            pd.Series(values, rows.index, name="published"),
            rows.iloc[:, place:],
        ],
        axis=1,
    )


def published_value(published: Table, model: str, quantity: str, label: str | None = None) -> float:
    """The paper's number, NaN where it gives none.

    Variants have none: a number belongs to the model of that name and no other.
    """
    value = published.get(model, {}).get(quantity, float("nan"))
    if isinstance(value, dict):
        value = value.get(label, float("nan"))
    return float(value)
