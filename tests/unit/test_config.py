"""The configuration: what is accepted, and the one line that says what is not."""

import json
from pathlib import Path

import pytest
import yaml

from darkpixel.config.documentation import key_table, schema, with_keys
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.errors import DarkpixelError

CONFIG = Path(__file__).resolve().parents[2] / "config"
OVERLAYS = ["test.yaml", "study.yaml", "paper.yaml"]


def problem(tmp_path, text):
    """The message for `config.yaml` under an overlay with this text."""
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(text)
    files = [CONFIG / "config.yaml", overlay]
    with pytest.raises(DarkpixelError) as error:
        load_run(read_yaml(*files), files)
    message = str(error.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("overlay", [None, *OVERLAYS])
def test_shipped_configurations_are_valid(overlay):
    files = [CONFIG / "config.yaml"] + ([CONFIG / overlay] if overlay else [])
    assert load_run(read_yaml(*files), files).datasets.jets is not None


def test_unknown_key_names_file_key_and_the_closest(tmp_path):
    message = problem(tmp_path, "trainig: {epochs: 3}")
    assert "mine.yaml: trainig: unknown key 'trainig'; did you mean 'training'?" in message
    assert "datasets" in message  # the allowed keys are listed


def test_unknown_nested_key(tmp_path):
    message = problem(tmp_path, "datasets: {jets: {imaging: {pixel: 28}}}")
    assert "mine.yaml: datasets.jets.imaging.pixel: unknown key 'pixel'" in message
    assert "did you mean 'pixels'?" in message


def test_unknown_key_of_a_model(tmp_path):
    message = problem(tmp_path, "models: {sarm2_dd: {settings: {widht: 5}}}")
    assert "mine.yaml: models.sarm2_dd.settings.widht: unknown key 'widht'" in message
    assert "did you mean 'width'?" in message


def test_unknown_key_of_a_models_training(tmp_path):
    message = problem(tmp_path, "models: {sarm2_dd: {training: {epoch: 5}}}")
    assert "mine.yaml: models.sarm2_dd.training.epoch: unknown key" in message
    assert "did you mean 'epochs'?" in message


def test_wrong_value_is_shown_with_what_is_allowed(tmp_path):
    message = problem(tmp_path, "training: {epochs: -3}")
    expected = "mine.yaml: training.epochs: found -3; input should be greater than or equal to 1"
    assert message.endswith(expected)


def test_wrong_choice(tmp_path):
    message = problem(tmp_path, "datasets: {jets: {source: simulated}}")
    assert "datasets.jets.source: found 'simulated'" in message
    assert "'simulate', 'download' or 'file'" in message


def test_wrong_value_in_the_base_names_the_base():
    config = read_yaml(CONFIG / "config.yaml") | {"seed": -1}
    with pytest.raises(DarkpixelError, match=r"config\.yaml: seed: found -1"):
        load_run(config, [CONFIG / "config.yaml"])


def test_unknown_model_of_a_dataset(tmp_path):
    message = problem(tmp_path, "datasets: {jets: {models: [sarm2_d]}}")
    assert "mine.yaml: datasets.jets.models.0: unknown model 'sarm2_d'" in message
    assert "did you mean 'sarm2_d" in message


def test_unknown_model_file(tmp_path):
    message = problem(tmp_path, "models: {mine: {model: srm}}")
    assert "mine.yaml: models.mine.model: unknown model file 'srm'; did you mean 'sarm'?" in message


def test_not_yaml(tmp_path):
    assert "mine.yaml: not valid YAML" in problem(tmp_path, "run: [unclosed")


def test_own_files_must_be_named(tmp_path):
    message = problem(tmp_path, "datasets: {jets: {source: file}}")
    assert "source 'file' needs a path per label" in message


def test_training_of_the_run_reaches_every_model_and_yields_to_its_own():
    config = read_yaml(CONFIG / "config.yaml")
    config["training"] = {"epochs": 7, "batch_size": 64}
    config["models"]["sarm2_dd"]["training"] = {"epochs": 9}
    run = load_run(config)
    assert run.models["sarm1_dd"].training.epochs == 7
    assert run.models["sarm2_dd"].training.epochs == 9
    assert run.models["sarm2_dd"].training.batch_size == 64


def test_a_data_set_or_label_may_differ_in_some_keys(tmp_path):
    overlay = tmp_path / "mine.yaml"
    overlay.write_text(
        "training: {epochs: 9, batch_size: 7}\n"
        "models:\n"
        "  own:\n"
        "    model: sarm\n"
        "    settings: {layers: 2, width: 5}\n"
        "    where:\n"
        "      jets/signal: {settings: {power: 1.2}}\n"
        "      jets: {settings: {layers: 3}, training: {epochs: 4}}\n"
    )
    files = [CONFIG / "config.yaml", overlay]
    run = load_run(read_yaml(*files), files)
    plain, jets = run.model("own", "lartpc"), run.model("own", "jets", "background")
    signal = run.model("own", "jets", "signal")
    assert (plain.settings, plain.training.epochs) == ({"layers": 2, "width": 5}, 9)
    assert (jets.settings, jets.training.epochs) == ({"layers": 3, "width": 5}, 4)
    assert signal.settings == {"layers": 3, "width": 5, "power": 1.2}
    assert (signal.training.epochs, signal.training.batch_size) == (4, 7)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{jet: {}}", "unknown data set 'jet'; did you mean 'jets'?"),
        ("{jets/signa: {}}", "unknown label 'signa'; did you mean 'signal'?"),
        ("{jets: {settings: {layer: 2}}}", "unknown key 'layer'; did you mean 'layers'?"),
        ("{jets: {training: {epochs: 0}}}", "epochs: found 0"),
        ("{jets: {autoencoder: nothing}}", "unknown model 'nothing'"),
    ],
)
def test_wrong_differences_are_refused(tmp_path, where, expected):
    message = problem(tmp_path, f"models: {{sarm2_dd: {{where: {where}}}}}")
    assert "mine.yaml: models.sarm2_dd.where." in message
    assert expected in message


def test_schema_and_key_table_follow_the_settings():
    """Run `python -m darkpixel.config.documentation` when this fails."""
    assert json.loads((CONFIG / "schema.json").read_text()) == schema()
    readme = (CONFIG / "README.md").read_text()
    assert readme == with_keys(readme)
    assert "| `datasets.jets.imaging.pixels` | integer, ≥ 2 | `28` |" in key_table()


def test_every_key_has_a_description():
    def check(definition, name):
        for key, value in definition.get("properties", {}).items():
            assert "description" in value or "$ref" in value, f"{name}.{key}"

    content = schema()
    for name, definition in [("run", content), *content["$defs"].items()]:
        check(definition, name)


def test_shipped_files_hold_no_key_twice():
    """YAML keeps the last of two equal keys without a word."""

    class Loader(yaml.SafeLoader):
        pass

    def mapping(loader, node):
        keys = [loader.construct_object(key) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"repeated key in {node.start_mark}"
        return loader.construct_mapping(node, deep=True)

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    for path in CONFIG.glob("*.yaml"):
        yaml.load(path.read_text(), Loader)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seeds: [-1]", "seeds.0: found -1"),
        ("training: {adam_betas: [1.5, 0.9]}", "training.adam_betas.0: found 1.5"),
        ("models: {monte_carlo: {model: sarm}}", "model name 'monte_carlo' is taken"),
        ("models: {reconstructed_x: {model: sarm}}", "model name 'reconstructed_x' is taken"),
        (
            "datasets: {lartpc: {source: file, file: {mine: a.root}}}",
            "`file` has the one label `all` here, found ['mine']",
        ),
        ("models: {sarm2_dc: {settings: {log_scale: [3, -7]}}}", "log_scale must rise"),
        (
            "datasets: {jets: null, lartpc: null, lartpc_vertex: null}",
            "datasets: empty; give one, jets for example",
        ),
        (
            "datasets: {lartpc_vertex: null}",
            "datasets.lartpc_vertex: left out, but the judge of `lartpc` trains on it; add it, or "
            "name trained weights in `judges.ssnet.weights`",
        ),
        (
            "datasets: {lartpc: {source: download}}",
            "source 'download' needs entries of sources.yaml under `download`",
        ),
        (
            "models: {vqvae_pixelcnn: {autoencoder: vqva}}",
            "models.vqvae_pixelcnn.autoencoder: unknown model 'vqva'; did you mean 'vqvae'?",
        ),
        (
            "models: {vqvae_pixelcnn: {autoencoder: sarm1_dc}}",
            "models.vqvae_pixelcnn.autoencoder: 'sarm1_dc' is a sarm, not a vqvae",
        ),
        (
            "judges: {ssnet: {settings: {filter: 8}}}",
            "unknown key 'filter'; did you mean 'filters'",
        ),
        ("judges: {ssnet: {model: ssnt}}", "judges.ssnet.model: unknown model file 'ssnt'"),
        ("models: {vqvae_pixelcnn: {settings: {kernel: 4}}}", "kernel must be odd, found 4"),
    ],
)
def test_values_that_would_fail_later_are_refused(tmp_path, text, expected):
    assert expected in problem(tmp_path, text)
