"""What changes nothing in an overlay is told, with what would."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from repository import CONFIG

from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.reach import without_effect

BASE = CONFIG / "config.yaml"
ONLY_JETS: dict[str, Any] = {"muons": None, "lartpc": None, "lartpc_vertex": None}


def lines(tmp_path: Path, models: list[str], overlay: dict[str, Any]) -> list[str]:
    path = tmp_path / "my.yaml"
    datasets = {"jets": {"models": models}, **ONLY_JETS}
    path.write_text(yaml.safe_dump({"run": "mine", "datasets": datasets, **overlay}))
    return list(without_effect(load_run(read_yaml(BASE, path), [BASE, path]), [BASE, path]))


def test_a_key_that_every_model_has_of_its_own(tmp_path: Path) -> None:
    (line,) = lines(tmp_path, ["sparse_transformer"], {"training": {"epochs": 99}})
    assert line.startswith(f"{tmp_path}/my.yaml: training.epochs: changes nothing")
    assert "models.sparse_transformer." in line
    # The key that it names is one that does.
    key = line.rpartition("give ")[2]
    overlay: Any = 99
    for part in reversed(key.split(".")):
        overlay = {part: overlay}
    assert lines(tmp_path, ["sparse_transformer"], {"training": {"epochs": 99}} | overlay) == []


@pytest.mark.parametrize(
    "overlay",
    [
        {},
        {"training": {"device": "cpu"}},  # which no model sets
        {"models": {"sparse_transformer": {"training": {"epochs": 99}}}},
    ],
)
def test_keys_that_are_taken(tmp_path: Path, overlay: dict[str, Any]) -> None:
    assert lines(tmp_path, ["sparse_transformer", "lagan"], overlay) == []


def test_shipped_overlays_change_something() -> None:
    for name in ("study", "paper", "test"):
        files = [BASE, CONFIG / f"{name}.yaml"]
        assert list(without_effect(load_run(read_yaml(*files), files), files)) == []


@pytest.mark.parametrize(
    ("overlay", "key"),
    [
        ({"datasets": {"jets": {"orders": {}}}}, "datasets.jets.orders"),
        ({"search": {"studies": {}}}, "search.studies"),
        ({"models": {"sarm2_dd": {"where": {}}}}, "models.sarm2_dd.where"),
    ],
)
def test_an_empty_block_leaves_all_keys_where_they_are(
    tmp_path: Path, overlay: dict[str, Any], key: str
) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump({"run": "mine", **overlay}))
    files = [BASE, path]
    (line,) = without_effect(load_run(read_yaml(*files), files), files)
    assert line.startswith(f"{path}: {key}: {{}} changes nothing")


def test_an_empty_block_of_own_data_leaves_out_what_nobody_asked_for(tmp_path: Path) -> None:
    jets = {"source": "file", "file": {"a": "a.h5", "b": "b.h5"}, "orders": {}}
    path = tmp_path / "my.yaml"
    path.write_text(yaml.safe_dump({"run": "mine", "datasets": {"jets": jets, **ONLY_JETS}}))
    run = load_run(read_yaml(BASE, path), [BASE, path])
    assert run.datasets.jets is not None
    assert run.datasets.jets.orders == {}
    assert list(without_effect(run, [BASE, path])) == []
