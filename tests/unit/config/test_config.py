"""The configuration: what is accepted, and the one line that says what is not."""

import re

import pytest
from overlays import loaded, problem
from repository import CONFIG

import darkpixel.datasets
import darkpixel.models
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.convergence import FEWEST_EPOCHS

OVERLAYS = ["test.yaml", "study.yaml", "paper.yaml"]


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


def test_wrong_value_in_the_base_names_the_base(tmp_path):
    base, overlay = tmp_path / "config.yaml", tmp_path / "mine.yaml"
    base.write_text(re.sub(r"(?m)^seed: .*$", "seed: -1", (CONFIG / "config.yaml").read_text()))
    overlay.write_text("run: mine")
    with pytest.raises(DarkpixelError, match=r"config\.yaml: seed: found -1"):
        load_run(read_yaml(base, overlay), [base, overlay])


def test_unknown_model_of_a_dataset(tmp_path):
    message = problem(tmp_path, "datasets: {jets: {models: [sarm2_d]}}")
    assert "mine.yaml: datasets.jets.models.0: unknown model 'sarm2_d'" in message
    assert "did you mean 'sarm2_d" in message


def test_unknown_model_file(tmp_path):
    message = problem(tmp_path, "models: {mine: {model: srm}}")
    assert "mine.yaml: models.mine.model: unknown model file 'srm'; did you mean 'sarm'?" in message


def test_not_yaml(tmp_path):
    assert "mine.yaml: not valid YAML" in problem(tmp_path, "run: [unclosed")


def test_files_must_be_named(tmp_path):
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
        (
            "{jets: {model: lagan}}",
            "unknown key 'model' (allowed: autoencoder, settings, training)",
        ),
        ("{jets: {where: {jets/signal: {}}}}", "unknown key 'where' (allowed: autoencoder,"),
        ("{jets/: {}}", "unknown label ''"),
    ],
)
def test_wrong_differences_are_refused(tmp_path, where, expected):
    message = problem(tmp_path, f"models: {{sarm2_dd: {{where: {where}}}}}")
    assert "mine.yaml: models.sarm2_dd.where." in message
    assert expected in message


def test_a_model_of_all_labels_does_not_differ_on_one(tmp_path):
    message = problem(tmp_path, "models: {lagan: {where: {jets/signal: {training: {epochs: 2}}}}}")
    assert "mine.yaml: models.lagan.where.jets/signal: a lagan is trained once" in message
    assert message.endswith("give what differs under `jets`")


def test_a_study_goes_with_its_data_set(tmp_path):
    assert set(loaded(tmp_path, "run: mine").studies) == {"sarm", "pixelcnnpp"}
    assert loaded(tmp_path, "datasets: {jets: null}").studies == {}


def test_symmetries_are_those_of_the_simulation_unless_told_otherwise(tmp_path):
    overlay = tmp_path / "mine.yaml"

    def symmetries(text):
        overlay.write_text(text)
        files = [CONFIG / "config.yaml", overlay]
        present = load_run(read_yaml(*files), files).datasets.present()
        return {name: data.image_symmetries for name, data in present.items()}

    own = {"jets": "none", "muons": "mirrors", "lartpc": "square", "lartpc_vertex": "square"}
    assert symmetries("{}") == own
    images = "{source: file, file: {all: a.h5}, columns: [species, momentum]}"
    mine = f"{{run: mine, datasets: {{lartpc: {images}}}}}"
    assert symmetries(mine) == own | {"lartpc": "none"}
    files = "{signal: a.h5, background: b.h5}"
    jets = f"{{source: file, file: {files}, symmetries: square}}"
    told = f"{{run: mine, datasets: {{jets: {jets}}}}}"
    assert symmetries(told) == own | {"jets": "square"}


def test_null_leaves_out_what_the_base_names(tmp_path):
    run = loaded(
        tmp_path,
        "datasets: {jets: {orders: {row: null, column: order_column}}}\n"
        "search: {studies: {sarm: null}}",
    )
    assert set(run.studies) == {"pixelcnnpp"}
    assert set(run.datasets.jets.orders) == {"spiral_out", "random_1", "column"}


@pytest.fixture
def spots(tmp_path, monkeypatch):
    """A custom data set, and a function that adds a model with such a `trained_on`."""
    models = tmp_path / "models"
    for module in (darkpixel.datasets, darkpixel.models):
        folder = tmp_path / module.__name__.rpartition(".")[2]
        folder.mkdir()
        monkeypatch.setattr(module, "__path__", [*module.__path__, str(folder)])
    (tmp_path / "datasets/spots.py").write_text(
        "from typing import ClassVar\n"
        "from darkpixel.config.data import CustomData, SplitSizes\n"
        "class Settings(CustomData):\n"
        "    own_labels: ClassVar[tuple[str, ...]] = ('one', 'two')\n"
        "    in_every_run: ClassVar[bool] = True\n"
        "    images: SplitSizes = SplitSizes(train=9, validation=9, test=9)\n"
        "    models: list[str] = ['sarm2_dd']\n"
    )

    def model(trained_on):
        (models / "mine.py").write_text(
            "from darkpixel.config import base\n"
            "from typing import Any, ClassVar\n"
            "class Settings(base.Settings):\n"
            f"    trained_on: ClassVar[Any] = {trained_on}\n"
        )

    return model


def test_a_model_file_is_trained_where_it_says(tmp_path, spots):
    spots(("jets", "spots"))
    run = loaded(tmp_path, "run: mine")
    assert run.datasets.present()["spots"].models == ["sarm2_dd", "mine"]
    assert run.datasets.jets.models[-1] == "mine"
    assert "mine" not in run.datasets.muons.models
    left_out = loaded(tmp_path, "datasets: {jets: null, spots: null}")
    assert list(left_out.datasets.present()) == ["muons", "lartpc", "lartpc_vertex"]


@pytest.mark.parametrize(
    ("trained_on", "expected"),
    [
        ("('jet',)", "unknown data set 'jet'; did you mean 'jets'?"),
        ("('spotz',)", "unknown data set 'spotz'; did you mean 'spots'?"),
        ("'jets'", "found 'jets'; give a tuple of names"),
    ],
)
def test_a_model_trained_nowhere_is_refused(tmp_path, spots, trained_on, expected):
    spots(trained_on)
    message = problem(tmp_path, "run: mine")
    assert message.startswith("models/mine.py: Settings.trained_on: ")
    assert expected in message


@pytest.mark.parametrize(
    ("datasets", "expected"),
    [
        ("spots: 5", "mine.yaml: datasets.spots: found 5; input should be"),
        ("spots: {source: download}", "datasets.spots.source: found 'download'; input should be"),
        ("spots: {image: 5}", "datasets.spots.image: unknown key 'image'; did you mean 'images'?"),
        ("spotz: {}", "datasets.spotz: unknown key 'spotz'; did you mean 'spots'?"),
    ],
)
def test_wrong_entries_of_custom_data_sets_are_refused(tmp_path, spots, datasets, expected):
    assert expected in problem(tmp_path, f"datasets: {{{datasets}}}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("run: 2024", "mine.yaml: run: found 2024; input should be a valid string; put it in quot"),
        ("seeds: [-1]", "seeds.0: found -1"),
        ("seeds: [1, 2, 1]", "seeds: found [1, 2, 1]; each seed is a training run of its own"),
        ("training: {adam_betas: [1.5, 0.9]}", "training.adam_betas.0: found 1.5"),
        ("models: {monte_carlo: {model: sarm}}", "model name 'monte_carlo' is taken"),
        ("models: {reconstructed_x: {model: sarm}}", "model name 'reconstructed_x' is taken"),
        ("models: {mine_selected: {model: sarm}}", "model name 'mine_selected' is taken"),
        (
            "datasets: {jets: {source: file, file: {joint: a.h5, other: b.h5}}}",
            "mine.yaml: datasets.jets.file: label 'joint' is taken, as files of the results",
        ),
        (
            "datasets: {lartpc: {source: file, file: {mine: a.root}}}",
            "`file` has the one label `all` here, found ['mine']",
        ),
        (
            "datasets: {jets: {symmetries: left_right}}",
            "datasets.jets: symmetries 'left_right': the imaging turns each jet so that",
        ),
        (
            "datasets: {muons: {symmetries: eight}}",
            "datasets.muons.symmetries: found 'eight'; input should be 'none', 'up_down',",
        ),
        (
            "datasets: {muons: {columns: [muon_pt, class]}}",
            "datasets.muons.columns: found ['muon_pt', 'class']; column 'class' has a meaning of",
        ),
        ("datasets: {muons: {columns: [muon_pt, muon_pt]}}", "a column occurs twice; name each"),
        ("datasets: {muons: {columns: [phase]}}", "column 'phase' has a meaning of its own"),
        ("datasets: {muons: {columns: [muon pt]}}", "column 'muon pt' must be letters, digits"),
        ("models: {sarm2_dc: {settings: {log_scale: [3, -7]}}}", "log_scale must rise"),
        (
            "models: {sarm2_dd_totals: {settings: {total_noise: [-1, 2]}}}",
            "mine.yaml: models.sarm2_dd_totals.settings.total_noise.0: found -1; input should be "
            "greater than or equal to 0",
        ),
        (
            "models: {sarm2_dd_totals: {settings: {total_noise: [1, 2, 3]}}}",
            "settings: total_noise: one number, or one for each of pt, mass; found [1.0, 2.0,",
        ),
        (
            "datasets: {jets: {selection: {pt: -3}}}",
            "datasets.jets.selection.pt: found -3; input should be greater than 0",
        ),
        (
            "datasets: {jets: {selection: {models: [sarm2_d]}}}",
            "datasets.jets.selection.models.0: unknown model 'sarm2_d'; did you mean",
        ),
        (
            "models: {sarm2_dd: {settings: {shared_units: 3}}}",
            "settings: shared_units see the running sums only; set sums: true",
        ),
        (
            "datasets: {jets: null, muons: null, lartpc: null, lartpc_vertex: null}",
            "datasets: empty; give one, jets for example",
        ),
        (
            "datasets: {lartpc_vertex: null}",
            "datasets.lartpc_vertex: left out, but SSNet, which labels the images of `lartpc`, is "
            "trained on it; add it, or name trained weights in `judges.ssnet.weights`",
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
        (
            "datasets: {lartpc: {models: [lagan]}}",
            "datasets.lartpc.models.0: a lagan learns to tell labels apart, and there is only "
            "'all'; leave it out",
        ),
        ("widths: {model: sarm2_d}", "widths.model: unknown model 'sarm2_d'; did you mean 'sarm"),
        ("widths: {model: sarm2_dc}", "widths.model: 'sarm2_dc' has no upsampling layer; name a"),
        (
            "evaluation: {two_sample: {low_level: {model: classifer}}}",
            "evaluation.two_sample.low_level.model: unknown model file 'classifer'; did you mean",
        ),
        (
            "evaluation: {lartpc: {low_level: {settings: {filters: 8}}}}",
            "evaluation.lartpc.low_level.settings.filters: unknown key 'filters'",
        ),
        (
            "evaluation: {two_sample: {low_level: {settings: {filterz: 8}}}}",
            "evaluation.two_sample.low_level.settings.filterz: unknown key 'filterz'",
        ),
        (
            "search: {studies: {sarm: {dataset: jet}}}",
            "search.studies.sarm.dataset: unknown data set 'jet'; did you mean 'jets'?",
        ),
        (
            "datasets: {jets: null}\nsearch: {studies: {sarm: {model: sarm2}}}",
            "search.studies.sarm.model: unknown model 'sarm2'",
        ),
    ],
)
def test_values_that_would_fail_later_are_refused(tmp_path, text, expected):
    assert expected in problem(tmp_path, text)


def test_training_runs_of_the_study_are_long_enough_to_converge():
    """But for the six orders, which are compared with each other."""
    files = [CONFIG / "config.yaml", CONFIG / "study.yaml"]
    run = load_run(read_yaml(*files), files)
    for dataset in ("jets", "muons"):
        for name in getattr(run.datasets, dataset).models:
            for label in ("signal", "background"):
                epochs = run.model(name, dataset, label).training.epochs
                assert epochs >= FEWEST_EPOCHS, (dataset, name)


def test_the_papers_sizes_train_on_all_images():
    """An overlay inherits the demo's `epoch_images` where it does not say otherwise."""
    files = [CONFIG / "config.yaml", CONFIG / "paper.yaml"]
    run = load_run(read_yaml(*files), files)
    labels = {
        "jets": ("signal", "background"),
        "muons": ("signal", "background"),
        "lartpc": ("all",),
    }
    for dataset, some in labels.items():
        for name in getattr(run.datasets, dataset).models:
            for label in some:
                images = run.model(name, dataset, label).training.epoch_images
                assert images is None, (dataset, name, label)
