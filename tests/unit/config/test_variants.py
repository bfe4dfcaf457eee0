"""Variants of model entries: what they have of their base, and what is refused."""

from typing import Any

import pytest
from repository import CONFIG
from snakemake.utils import update_config

from darkpixel.cli import main
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.variants import resolve_variants
from darkpixel.errors import DarkpixelError

BASE = """
run: mine
datasets: {jets: {images: {train: 9, validation: 9, test: 9}}}
sampling: {images: 9}
training: {epochs: 9, early_stopping: 5}
widths: {model: base}
models:
  codes: {model: vqvae}
  base:
    model: sarm
    settings: {layers: 2, width: 5, centres: [3]}
    training: {batch_size: 7, early_stopping: 3}
    where:
      jets: {settings: {layers: 3}, training: {epochs: 4}}
      jets/signal: {settings: {power: 1.2}}
"""


@pytest.fixture
def run(tmp_path):
    """The run of `BASE` under overlays, one text each."""

    def load(*overlays):
        files = []
        for number, text in enumerate([BASE, *overlays]):
            files.append(tmp_path / f"file{number}.yaml")
            files[-1].write_text(text)
        return load_run(read_yaml(*files), files)

    return load


@pytest.fixture
def problem(run):
    """The one line that refuses `BASE` under overlays."""

    def message(*overlays):
        with pytest.raises(DarkpixelError) as error:
            run(*overlays)
        assert "\n" not in str(error.value)
        return str(error.value)

    return message


def test_a_variant_has_all_keys_of_its_base_but_its_own(run):
    models = run("models: {other: {variant_of: base, settings: {width: 6}}}").models
    base, other = models["base"].model_dump(), models["other"].model_dump()
    assert other["settings"] == {"layers": 2, "width": 6, "centres": [3]}
    for place in other["where"].values():
        assert place["settings"].pop("width") == 6
    for entry in (base, *base["where"].values()):
        entry["settings"].pop("width")
    other["settings"].pop("width")
    assert other == base


def test_the_resolved_entry_is_that_of_an_entry_without_the_key(run):
    """What rules and weights record does not depend on how an entry was written."""
    variant = run("models: {other: {variant_of: codes, settings: {codes: 9}}}")
    plain = run("models: {other: {model: vqvae, settings: {codes: 9}}}")
    assert variant.model_dump_json() == plain.model_dump_json()


def test_lists_are_replaced_and_mappings_merged(run):
    text = "models: {other: {variant_of: base, settings: {centres: []}, training: {epochs: 2}}}"
    other = run(text).models["other"]
    assert other.settings == {"layers": 2, "width": 5, "centres": []}
    assert (other.training.epochs, other.training.batch_size) == (2, 7)


def test_where_of_the_base_wins_there_unless_the_variant_has_a_word_on_it(run):
    first = run("models: {other: {variant_of: base, settings: {layers: 8}}}")
    assert first.model("other", "muons").settings["layers"] == 8
    assert first.model("other", "jets").settings["layers"] == 3
    second = run("models: {other: {variant_of: base, where: {jets: {settings: {layers: 9}}}}}")
    there = second.model("other", "jets", "signal")
    assert there.settings == {"layers": 9, "width": 5, "centres": [3], "power": 1.2}
    assert there.training.epochs == 4


def test_null_takes_away_what_the_base_says(run):
    text = "models: {other: {variant_of: base, settings: {layers: null}, where: null}}"
    other = run(text).models["other"]
    assert other.settings == {"width": 5, "centres": [3]}
    assert other.where == {}
    text = "models: {other: {variant_of: base, where: {jets/signal: null, muons: null}}}"
    assert set(run(text).models["other"].where) == {"jets"}
    text = "models: {other: {variant_of: base, training: {batch_size: null}}}"
    assert run(text).models["other"].training.batch_size == 128
    text = "models: {other: {variant_of: base, settings: null, training: null}}"
    other = run(text).models["other"]
    assert (other.settings, other.training.early_stopping) == ({}, 5)


def test_null_is_a_value_of_a_key_that_may_be_null(run):
    """Without this, the run's `early_stopping` would come back, or the model's `units`."""
    text = (
        "models: {other: {variant_of: base, training: {early_stopping: null},"
        "  settings: {units: 64}, where: {jets: {settings: {units: null}}}}}"
    )
    loaded = run(text)
    assert loaded.models["other"].training.early_stopping is None
    assert loaded.model("other", "jets").settings["units"] is None
    # At the top of `settings` there is only the default below, null itself.
    first = "models: {other: {variant_of: base, settings: {units: null}}}"
    assert (
        "units"
        not in run(first, "models: {base: {settings: {units: 64}}}").models["other"].settings
    )


def test_a_chain_of_variants_in_any_order(run):
    text = """
models:
  third: {variant_of: second, settings: {width: 7}}
  second: {variant_of: base, settings: {layers: 4}, where: null}
"""
    third = run(text).models["third"]
    assert third.settings == {"layers": 4, "width": 7, "centres": [3]}
    assert (third.model, third.where) == ("sarm", {})


def test_an_overlay_that_changes_the_base_changes_the_variant(run):
    first = "models: {other: {variant_of: base, training: {batch_size: 8}}}"
    second = "models: {base: {training: {learning_rate: 0.1, batch_size: 9}}}"
    training = run(first, second).models["other"].training
    assert (training.learning_rate, training.batch_size) == (0.1, 8)


def test_an_overlay_may_make_a_variant_independent(run):
    first = "models: {other: {variant_of: base, settings: {layers: 3}, where: %s}}"
    second = "models: {other: {variant_of: null, model: sarm}}"
    for where in ("null", "{jets: null}"):
        other = run(first % where, second).models["other"]
        assert (other.settings, other.where) == ({"layers": 3}, {})


def test_entries_without_the_key_stay_as_they_are():
    models = {"a": {"model": "sarm", "settings": {"units": None}, "where": None}, "b": 5}
    assert resolve_variants(models) == models


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (
            "a: {variant_of: bas}",
            "file1.yaml: models.a.variant_of: unknown model 'bas'; did you mean 'base'? (allowed: "
            "codes, base)",
        ),
        ("a: {variant_of: sarm}", "models.a.variant_of: unknown model 'sarm' (allowed: codes, bas"),
        (
            "a: {variant_of: a}",
            "file1.yaml: models.a.variant_of: found 'a', which leads back here (a -> a); give one",
        ),
        (
            "{a: {variant_of: b}, b: {variant_of: c}, c: {variant_of: b}}",
            "file1.yaml: models.c.variant_of: found 'b', which leads back here (b -> c -> b); give",
        ),
        ("a: {variant_of: [base]}", "models.a.variant_of: found ['base']; give the name of one"),
        (
            "a: {variant_of: base, model: lagan}",
            "file1.yaml: models.a.model: found 'lagan', but a variant of 'base' is a sarm; leave",
        ),
        (
            "a: {variant_of: base, settings: {widht: null}}",
            "file1.yaml: models.a.settings.widht: unknown key 'widht'; did you mean 'width'?",
        ),
        (
            "a: {variant_of: base, where: {jet: {}}}",
            "file1.yaml: models.a.where.jet: unknown data set 'jet'; did you mean 'jets'?",
        ),
        ("a: {vairant_of: base}", "models.a.vairant_of: unknown key 'vairant_of'; did you mean 'v"),
        ("a: {settings: {}}", "models.a.model: missing; add it"),
    ],
)
def test_wrong_variants_are_refused(problem, models, expected):
    text = f"models: {models}" if models.startswith("{") else f"models: {{{models}}}"
    assert expected in problem(text)


@pytest.mark.parametrize(
    ("mistake", "key"),
    [
        ("settings: {widht: 5}", "settings.widht: unknown key"),
        ("training: {epochs: 0}", "training.epochs: found 0"),
        ("where: {jets: {settings: {layers: x}}}", "where.jets.settings.layers: found 'x'"),
        ("where: jets", "where: found 'jets'"),
        ("settings: 5", "settings: found 5"),
    ],
)
def test_a_mistake_in_the_base_is_named_there(problem, mistake, key):
    """Also by a variant that is checked before its base."""
    variant = "models: {a: {variant_of: c, where: {muons: {}}}, b: {variant_of: a, settings: {}}}"
    assert f"file2.yaml: models.c.{key}" in problem(
        variant, f"models: {{c: {{model: sarm, {mistake}}}}}"
    )


@pytest.mark.parametrize("overlay", [None, "study.yaml", "paper.yaml", "test.yaml"])
def test_snakemake_merges_the_shipped_files_to_the_same_run(overlay):
    """Nulls among them, on which variants depend."""
    files = [CONFIG / "config.yaml", *([CONFIG / overlay] if overlay else [])]
    merged: dict[str, Any] = {}
    for path in files:
        update_config(merged, read_yaml(path))
    assert load_run(merged) == load_run(read_yaml(*files))


def test_the_shipped_variants_differ_only_in_what_they_are_for():
    files = [CONFIG / "config.yaml", CONFIG / "study.yaml"]
    run = load_run(read_yaml(*files), files)
    assert run.datasets.jets is not None
    orders = [run.model(name, "jets").model_dump() for name in run.datasets.jets.orders.values()]
    for entry in orders:
        entry["settings"] = {
            key: value for key, value in entry["settings"].items() if not key.startswith("order")
        }
    assert all(entry == orders[0] for entry in orders)
    main = run.model("vqvae_pixelcnn", "lartpc")
    for name, key in [
        ("vqvae_pixelcnn_256", None),
        ("vqvae_pixelcnn_reference_code", "preset"),
        ("vqvae_pixelcnn_blind_spot", "masks"),
        ("vqvae_pixelcnn_species", "condition"),
    ]:
        variant = run.model(name, "lartpc")
        assert variant.training == main.training.model_copy(update={"snapshots": []}), name
        assert {k: v for k, v in variant.settings.items() if k != key} == main.settings


def test_check_says_in_one_line_what_is_wrong(tmp_path, capsys):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("models: {mine: {variant_of: sarm2_d}}")
    assert main(["check", str(CONFIG / "config.yaml"), str(overlay)]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"darkpixel: {overlay}: models.mine.variant_of: unknown model 'sarm2_d'")
    assert "did you mean 'sarm2_d" in line
    assert line.count("\n") == 1
    overlay.write_text("run: mine\nmodels: {mine: {variant_of: sarm2_dd}}")
    assert main(["check", str(CONFIG / "config.yaml"), str(overlay)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("run 'mine': jets, muons, lartpc, lartpc_vertex (")
    assert said.count("\n") == 1
