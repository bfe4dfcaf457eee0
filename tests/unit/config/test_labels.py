"""What labels, models and data sets may be called, and that all that takes a name takes these."""

import re
from itertools import product
from pathlib import Path

import pytest
import yaml
from repository import CONFIG

import darkpixel.datasets
import darkpixel.models
from darkpixel.config.data import CustomData
from darkpixel.config.discovery import data_names, model_names
from darkpixel.config.labels import check_labels
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.run import Run
from darkpixel.config.sources import load_sources
from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.plan import one_of

BASE = CONFIG / "config.yaml"
RULES = CONFIG.parent / "workflow/rules"
ALLOWED = ("W+jets", "e+e-", "t.tbar", "2b", "żółć", "电子", "é", "W_jets", "W", "x" * 40)
REFUSED = {
    "../../..": "has '/'",
    "/etc": "has '/'",
    "": "is empty",
    "-11": "begins with a mark",
    ".hidden": "begins with a mark",
    "a,b": "has ','",
    "a(b": "has '('",
    "W jets": "has ' '",
    "W\njets": r"'W\njets' has '\n'",
    "W\0": r"has '\x00'",
    "Z'": 'has "\'"',
    "$HOME": "has '$'",
    "a%j": "has '%'",
    "a#b": "has '#'",
    "a{b}": "has '{'",
    "K*": "has '*'",
    "a|b": "has '|'",
    "b\\c": r"has '\\'",
    "a=b": "has '='",
    "<b>": "has '<'",
    "\u202ew": r"has '\u202e'",
    "x" * 41: "has 41 characters; at most 40",
    "joint": "is taken",
    "speed": "is taken",
    "w_order": "is taken",
}


def loaded(tmp_path: Path, *labels: str, dataset: str = "jets") -> Run:
    overlay = tmp_path / "mine.yaml"
    data = {"source": "file", "file": dict.fromkeys(labels, "a.h5")}
    overlay.write_text(yaml.safe_dump({"run": "mine", "datasets": {dataset: data}}))
    return load_run(read_yaml(BASE, overlay), [BASE, overlay])


@pytest.mark.parametrize("label", ALLOWED)
def test_a_label_that_physicists_use(tmp_path: Path, label: str) -> None:
    assert label in loaded(tmp_path, label, "other").datasets.present()["jets"].labels
    constraint = re.compile(one_of(["other", *ALLOWED]))
    path = Paths("mine").images("train", "jets", label)
    found = re.fullmatch(f"results/mine/data/jets/(?P<label>{constraint.pattern})/train.h5", path)
    assert found is not None
    assert found["label"] == label
    assert len(f"jets_{label}_two_sample_high_level.parquet".encode()) < 256


@pytest.mark.parametrize("label", REFUSED)
def test_a_label_that_some_program_would_take_apart(tmp_path: Path, label: str) -> None:
    with pytest.raises(DarkpixelError) as error:
        loaded(tmp_path, "signal", label)
    assert REFUSED[label] in str(error.value)
    assert str(error.value).startswith(f"{tmp_path}/mine.yaml: datasets.jets.file: label ")
    assert str(error.value).isprintable()


def test_labels_that_are_one_folder_on_some_disks(tmp_path: Path) -> None:
    for labels in (("Z", "z"), ("\u00e9", "e\u0301")):
        with pytest.raises(DarkpixelError, match="would be one folder where capitals do not count"):
            loaded(tmp_path, *labels)


def test_labels_that_are_no_text_are_told_to_be_quoted(tmp_path: Path) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("run: mine\ndatasets: {jets: {source: file, file: {11: a.h5}}}")
    with pytest.raises(DarkpixelError, match=r"datasets\.jets\.file\.11.*put it in quotes"):
        load_run(read_yaml(BASE, overlay), [BASE, overlay])


def test_labels_of_a_custom_data_set_are_checked_too() -> None:
    class Settings(CustomData):
        own_labels = ("up,down",)

    images = {"train": 2, "validation": 2, "test": 2}
    with pytest.raises(ValueError, match="label 'up,down' has ','"):
        Settings.model_validate({"images": images})


def test_files_of_one_name_are_those_of_a_label_that_is_refused() -> None:
    """Whichever two patterns of files the rules have, no two allowed labels meet in them."""
    text = "".join(path.read_text() for path in RULES.glob("*.smk"))
    for kind, folder in (("metrics", ""), ("log", "metrics/"), ("benchmark", "metrics/")):
        stems = set(re.findall(rf'paths\.{kind}\("{folder}\{{dataset\}}_(\S+?)"\)', text))
        of_label = {stem.removeprefix("{label}") for stem in stems if "{label}" in stem}
        of_all = {f"_{stem}" for stem in stems if "{label}" not in stem}
        assert "_diversity" in of_label
        assert "_convergence" in of_all
        for end, other in product(of_label, of_label | of_all):
            label = other[: len(other) - len(end)].removeprefix("_")
            if other.endswith(end) and label:
                for taken in {label} | {f"w_{label}" for _ in of_label & {other}}:
                    with pytest.raises(ValueError, match="is taken"):
                        check_labels([taken])


@pytest.mark.parametrize("name", ["my-model", "2b", "a b", "a·b", "", "a\nb"])
def test_names_of_models_and_studies(tmp_path: Path, name: str) -> None:
    overlay = tmp_path / "mine.yaml"
    for block in ({"models": {name: {"model": "sarm"}}}, {"search": {"studies": {name: STUDY}}}):
        overlay.write_text(yaml.safe_dump(block))
        with pytest.raises(
            DarkpixelError, match="must be letters, digits and underscores"
        ) as error:
            load_run(read_yaml(BASE, overlay), [BASE, overlay])
        assert str(error.value).isprintable()


STUDY = {"model": "sarm2_dd", "trials": 1, "epochs": 1, "images": 9, "validation_images": 9}


@pytest.mark.parametrize("run", ["downloads", "GPU", "a b", "../x", "x" * 101, "a\n"])
def test_names_of_runs(tmp_path: Path, run: str) -> None:
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(yaml.safe_dump({"run": run}))
    with pytest.raises(DarkpixelError, match=r"mine\.yaml: run: found") as error:
        load_run(read_yaml(BASE, overlay), [BASE, overlay])
    assert str(error.value).isprintable()


@pytest.mark.parametrize(("package", "names"), [("models", model_names), ("datasets", data_names)])
def test_files_whose_name_is_no_name(tmp_path, monkeypatch, package, names) -> None:
    module = getattr(darkpixel, package)
    monkeypatch.setattr(module, "__path__", [*module.__path__, str(tmp_path)])
    (tmp_path / "not a name.py").write_text("nothing = 1\n")
    names()  # it declares nothing
    (tmp_path / "my-own.py").write_text("class Settings:\n    pass\n")
    with pytest.raises(DarkpixelError, match=r"my-own\.py: .*letters, digits and underscores"):
        names()


def test_names_of_public_files(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("a/b: {description: x, url: 'https://x.org/a'}")
    with pytest.raises(DarkpixelError, match="'a/b': files are named so"):
        load_sources(path)


def test_a_custom_data_set_that_shares_files_with_a_label(tmp_path, monkeypatch) -> None:
    (tmp_path / "jets_w.py").write_text(
        "from darkpixel.config.data import CustomData\n"
        "class Settings(CustomData):\n    own_labels = ('z',)\n    in_every_run = True\n"
        "    images: dict = {'train': 2, 'validation': 2, 'test': 2}\n"
    )
    monkeypatch.setattr(
        darkpixel.datasets, "__path__", [*darkpixel.datasets.__path__, str(tmp_path)]
    )
    loaded(tmp_path, "w", "b")
    with pytest.raises(DarkpixelError, match="'z' would share the files jets_w_z_"):
        loaded(tmp_path, "w_z", "b")
