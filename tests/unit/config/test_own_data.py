"""A run on own files trains what was asked for, and nothing of the papers."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from repository import CONFIG

from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.own_data import without_paper_studies
from darkpixel.config.run import Run
from darkpixel.errors import DarkpixelError

BASE = CONFIG / "config.yaml"
FILES = {"signal": "w.h5", "background": "q.h5"}
OWN: dict[str, Any] = {
    "run": "mine",
    "datasets": {"jets": {"source": "file", "file": FILES}, "muons": None, "lartpc": None,
                 "lartpc_vertex": None},
}  # fmt: skip


def loaded(tmp_path: Path, *overlays: dict[str, Any]) -> Run:
    files = [BASE]
    for number, overlay in enumerate(overlays):
        files.append(tmp_path / f"{number}.yaml")
        files[-1].write_text(yaml.safe_dump(overlay))
    return load_run(read_yaml(*files), files)


def studies(run: Run) -> dict[str, bool]:
    assert run.datasets.jets is not None
    return {
        "orders": bool(run.datasets.jets.orders),
        "search": bool(run.studies),
        "toy": run.toy is not None,
        "widths": run.widths is not None,
    }


def test_nothing_of_the_papers_on_own_files(tmp_path: Path) -> None:
    assert set(studies(loaded(tmp_path, OWN)).values()) == {False}


def test_nor_where_the_whole_configuration_is_the_overlay(tmp_path: Path) -> None:
    """As in the second Snakemake, which writes the report and is given all of it in one file."""
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(yaml.safe_dump(OWN))
    whole = read_yaml(BASE, overlay)
    assert True in studies(loaded(tmp_path, whole)).values()
    asked = without_paper_studies(whole, [BASE, overlay])
    assert set(studies(loaded(tmp_path, asked)).values()) == {False}


def test_all_of_it_on_simulated_images(tmp_path: Path) -> None:
    assert set(studies(loaded(tmp_path)).values()) == {True}
    assert set(studies(loaded(tmp_path, {"run": "other"})).values()) == {True}


@pytest.mark.parametrize(
    ("overlay", "name"),
    [
        ({"datasets": {"jets": {"orders": {"row": "order_row"}}}}, "orders"),
        ({"search": {"studies": {"sarm": {"trials": 5}}}}, "search"),
        ({"toy": {"pairs": 500}}, "toy"),
        ({"widths": {"seconds": 0.2}}, "widths"),
    ],
)
def test_what_an_overlay_names_is_there(tmp_path: Path, overlay: dict[str, Any], name: str) -> None:
    """In whichever overlay it is named."""
    for order in ((OWN, overlay), (overlay, OWN)):
        found = studies(loaded(tmp_path, *order))
        assert [key for key, there in found.items() if there] == [name]


def test_a_second_data_set_that_is_simulated_keeps_its_own(tmp_path: Path) -> None:
    """Muons of UCI's file beside simulated jets, as for the paper."""
    muons = {"source": "file", "file": FILES}
    run = loaded(tmp_path, {"run": "mine", "datasets": {"muons": muons}})
    assert set(studies(run).values()) == {True}


def test_of_six_orders_the_one_that_is_named(tmp_path: Path) -> None:
    run = loaded(tmp_path, OWN, {"datasets": {"jets": {"orders": {"row": "order_row"}}}})
    assert run.datasets.jets is not None
    assert run.datasets.jets.orders == {"row": "order_row"}


def test_null_means_nothing(tmp_path: Path) -> None:
    overlay: dict[str, Any] = {"run": "x", "search": None, "toy": None, "widths": None}
    run = loaded(tmp_path, {**overlay, "datasets": {"jets": {"orders": None}}})
    assert set(studies(run).values()) == {False}


def test_a_run_on_own_files_needs_a_name(tmp_path):
    overlay = tmp_path / "my.yaml"
    own = {"datasets": {"jets": {"source": "file", "file": FILES}}}
    overlay.write_text(yaml.safe_dump(own))
    with pytest.raises(DarkpixelError, match=r"my\.yaml: run: not given"):
        load_run(read_yaml(BASE, overlay), [BASE, overlay])
    overlay.write_text(yaml.safe_dump({"run": "mine", **own}))
    assert load_run(read_yaml(BASE, overlay), [BASE, overlay]).run == "mine"
