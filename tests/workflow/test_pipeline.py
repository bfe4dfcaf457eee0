"""The whole pipeline on the test configuration: what it leaves, and what it does again."""

import copy
import csv
import json
import re
import shutil
import zipfile
from typing import Any

import h5py
import pytest
import yaml

import darkpixel

FIGURES = [
    "data/jets_statistics",
    "training/jets_curves",
    "sarm/fig01_typical_images",
    "sarm/fig05_pixel_values_by_region",
    "sarm/fig06_jet_examples",
    "sarm/fig07_jet_mean_images",
    "sarm/fig08_jet_observables",
    "sarm/fig15_toy_2d",
    "sarm/fig16_jet_mean_difference",
    "sarm/fig17_jet_pixel_values",
    "sarm/fig23_more_jet_examples",
    "data/muons_statistics",
    "training/muons_curves",
    "sarm/fig09_jet_roc",
    "sarm/fig10_generation_order",
    "sarm/fig11_muon_examples",
    "sarm/fig12_muon_mean_images",
    "sarm/fig13_muon_observables",
    "sarm/fig14_muon_roc",
    "sarm/fig18_lagan_muon_examples",
    "sarm/fig19_lagan_muon_mean",
    "sarm/fig20_lagan_muon_observables",
    "sarm/fig21_muon_mean_difference",
    "sarm/fig22_muon_pixel_values",
    "sarm/fig24_more_muon_examples",
    "sarm/upsampling_width",
    "data/lartpc_statistics",
    "data/lartpc_vertex_statistics",
    "training/lartpc_curves",
    "lartpc/fig01_generated_and_training",
    "lartpc/fig02_ssnet_pixel_counts",
    "lartpc/fig03_code_map",
    "lartpc/fig05_ssnet_by_epoch",
    "lartpc/fig06_labeled_generated",
    "lartpc/fig07_labeled_test",
    "lartpc/observables",
    "lartpc/observables_by_species",
    "lartpc/shape_observables",
    "lartpc/shape_observables_by_species",
    "lartpc/mixed_examples",
    "lartpc/momentum_response",
    "lartpc/reconstruction",
    "lartpc/reference_code_comparison",
    "lartpc/ssnet_confusion",
    "lartpc/ssnet_training",
]
TABLES = [
    "sarm/table1_jet_wasserstein",
    "sarm/table6_parameters",
    "sarm/quantisation",
    "sarm/jet_image_statistics",
    "sarm/jet_shape_wasserstein",
    "sarm/table2_jet_speed",
    "sarm/table3_muon_wasserstein",
    "sarm/table4_muon_speed",
    "sarm/table5_lagan_muon_wasserstein",
    "sarm/muon_quantisation",
    "sarm/muon_image_statistics",
    "sarm/muon_shape_wasserstein",
    "sarm/hyperparameter_search",
    "sarm/classifier_auc",
    "sarm/two_sample_auc",
    "sarm/physics_distances",
    "sarm/coverage",
    "sarm/memorisation",
    "sarm/diversity",
    "sarm/likelihood",
    "sarm/convergence",
    "sarm/improvement",
    "sarm/model_matrix",
    "lartpc/two_sample_auc",
    "lartpc/physics_distances",
    "lartpc/coverage",
    "lartpc/memorisation",
    "lartpc/diversity",
    "lartpc/table2_vqvae_parameters",
    "lartpc/table3_pixelcnn_parameters",
    "lartpc/table4_kl_by_checkpoint",
    "lartpc/codebook",
    "lartpc/codebook_ablation",
    "lartpc/momentum_response",
    "lartpc/observables",
    "lartpc/reconstruction",
    "lartpc/reference_code_comparison",
    "lartpc/shape_observables",
    "lartpc/species_mix",
    "lartpc/ssnet_accuracy",
]


# What follows from trained models, from samples of jets and muons, of liquid argon.
TRAINING = {"train_model", "quantise_test", "draw_training_curves", "measure_convergence"}
SAMPLING = {"sample_whole"}
JUDGING = {
    "measure_samples",
    "measure_diversity",
    "measure_distances",
    "measure_two_sample",
    "train_classifier",
    "measure_classifiers",
    "draw_roc",
    "draw_examples",
    "draw_mean_images",
    "draw_mean_differences",
    "draw_more_examples",
    "draw_observables",
    "draw_pixel_values",
    "tabulate_classifiers",
    "tabulate_distances",
    "tabulate_diversity",
    "tabulate_matrix",
    "tabulate_shapes",
    "tabulate_statistics",
    "tabulate_wasserstein",
}
ARGON = {
    "label_images",
    "measure_lartpc",
    "draw_lartpc_observables",
    "draw_labeled_generated",
    "draw_ssnet_by_epoch",
    "tabulate_divergences",
}
SIMULATION = {"simulate_jets", "simulate_muons", "simulate_argon", "prepare_jets", "prepare_muons"}


@pytest.fixture
def results(finished):
    return finished.folder / "results" / "test"


@pytest.mark.parametrize("figure", FIGURES)
def test_figure_is_made(results, figure):
    assert (results / f"figures/{figure}.png").read_bytes().startswith(b"\x89PNG")
    assert (results / f"figures/{figure}.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("table", TABLES)
def test_table_is_made(results, table):
    text = (results / f"tables/{table}.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert rows
    assert (results / f"tables/{table}.md").read_text().count("|") > 8


def test_distances_carry_what_a_reader_needs(results):
    text = (results / "tables/sarm/table1_jet_wasserstein.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    names = {row["model"] for row in rows}
    assert names == {
        "pixelcnnpp",
        "quantised_pixelcnnpp",
        "sarm2_dd",
        "quantised_sarm2_dd",
        "sarm2_dd_selected",
        "sparse_transformer",
    }
    assert {row["converged"] for row in rows} <= {"True", "False", ""}
    for row in rows:
        assert float(row["error"]) > 0
        assert float(row["floor"]) > 0
        assert int(row["n"]) == 50
    published = {(row["model"], row["observable"], row["label"]): row["published"] for row in rows}
    assert float(published["sarm2_dd", "pt", "signal"]) == 1.43


def test_model_folder(results):
    folder = results / "models/jets/signal/sarm2_dd/seed1"
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.yaml",
        "history.csv",
        "model.safetensors",
    ]
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["images"]["label"] == "signal"
    assert config["model"]["likelihood"] == "discrete"


def test_snapshots_stand_beside_the_model_and_their_samples_beside_its_samples(results):
    folder = results / "models/lartpc/all/vqvae_pixelcnn/seed1"
    samples = results / "samples/lartpc/all/vqvae_pixelcnn"
    # The second epoch is the last: its samples are the trained model's own.
    for epoch, name in ((1, "seed1-epoch1"), (2, "seed1")):
        assert (folder / f"epoch{epoch}.safetensors").is_file()
        with h5py.File(samples / f"{name}.h5") as file:
            assert file["images"].shape == (24, 32, 32)
            assert file["codes"].shape == (24, 8, 8)
    text = (results / "tables/lartpc/table4_kl_by_checkpoint.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert {"vqvae_pixelcnn-epoch1", "vqvae_pixelcnn-epoch2", "reconstructed_vqvae"} <= {
        row["model"] for row in rows
    }


def test_code_maps_are_those_of_the_images(results):
    for split, count in (("train", 80), ("validation", 20), ("test", 40)):
        with (
            h5py.File(results / f"codes/lartpc/all/vqvae/{split}.h5") as codes,
            h5py.File(results / f"data/lartpc/all/{split}.h5") as images,
        ):
            assert codes["images"].shape == (count, 8, 8)
            assert codes["images"][:].max() < 24
            assert (codes["event"][:] == images["event"][:]).all()


def test_the_judge_trains_on_other_events_than_it_is_tested_on(results):
    seen: set[Any] = set()
    for split in ("train", "validation", "test"):
        with h5py.File(results / f"data/lartpc_vertex/all/{split}.h5") as file:
            events = set(file["event"][:].tolist())
            assert len(events) == len(file["images"])
            assert not events & seen
            seen |= events


def test_no_checkpoint_is_left_but_those_of_the_searches(results):
    """The trials of a search stay: a larger number of trials goes on from them."""
    folder = results / "checkpoints"
    left = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert {path.parts[0] for path in left} == {"search"}


def test_splits_share_no_event(results):
    seen: set[Any] = set()
    for split in ("train", "validation", "test"):
        with h5py.File(results / f"data/jets/signal/{split}.h5") as file:
            events = set(zip(file["chunk_seed"][:], file["event"][:], strict=True))
            assert len(events) == len(file["images"])
            assert not events & seen
            seen |= events


def test_one_lagan_makes_images_of_both_labels(results):
    folder = results / "models/muons/joint/lagan/seed1"
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["images"]["classes"] == ["signal", "background"]
    images = {}
    for label in ("signal", "background"):
        with h5py.File(results / f"samples/muons/{label}/lagan/seed1.h5") as file:
            assert file.attrs["label"] == label
            images[label] = file["images"][:]
    assert (images["signal"] != images["background"]).any()


def test_samples_are_image_files(results):
    with h5py.File(results / "samples/jets/signal/sarm2_dd/seed1.h5") as file:
        assert file["images"].shape == (64, 12, 12)
        assert file.attrs["split"] == "generated"


def test_report_works_offline(results):
    html = (results / "report.html").read_text()
    assert "fig07_jet_mean_images" in html
    assert re.findall(r'<(?:script|link)[^>]+(?:src|href)="https?://', html) == []


def test_every_job_has_log_and_benchmark(results):
    logs = {
        path.relative_to(results / "logs").with_suffix("") for path in results.glob("logs/**/*.log")
    }
    times = {
        path.relative_to(results / "benchmarks").with_suffix("")
        for path in results.glob("benchmarks/**/*.tsv")
    }
    assert logs == times
    assert len(logs) > 30


def test_second_run_does_nothing(finished):
    done = finished.run("all", "report")
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def test_the_run_is_packed_for_others(finished, tmp_path):
    packed = copy.copy(finished)
    packed.folder = tmp_path / "packed"
    shutil.copytree(finished.folder, packed.folder, symlinks=True)
    assert packed.run("pack_models", "pack_run").returncode == 0
    release = packed.folder / "results/test/release"
    lagan = release / "models/muons-joint-lagan.safetensors"
    assert lagan.name in json.loads((release / "models/models.json").read_text())["packed"]
    assert "Nothing was measured" not in lagan.with_suffix(".md").read_text()
    assert darkpixel.load(lagan, label="signal").sample(3, seed=1).shape == (3, 12, 12)
    with zipfile.ZipFile(release / "darkpixel-test.zip") as crate:
        names = set(crate.namelist())
        graph = json.loads(crate.read("ro-crate-metadata.json"))["@graph"]
    assert {"LICENSE", "CITATION.cff", "run.yaml", "report.html", "report/index.html"} <= names
    assert {f"models/{lagan.stem}.md", f"models/{lagan.name}", "models/jets.md"} <= names
    assert {f"figures/{name}.pdf" for name in FIGURES} <= names
    assert {f"tables/{name}.csv" for name in TABLES} <= names
    assert "The darkpixel authors" in [entity.get("name") for entity in graph]


@pytest.mark.parametrize(
    ("module", "again", "never"),
    [
        ("figures/sarm/mean_images.py", {"draw_mean_images", "draw_mean_differences"}, None),
        (
            "training/monitors/observables.py",
            TRAINING | SAMPLING | JUDGING,
            SIMULATION | {"train_ssnet", "encode_codes", "measure_lartpc"},
        ),
        (
            "models/sample_file.py",
            SAMPLING | JUDGING | ARGON,
            SIMULATION | {"train_model", "train_ssnet", "encode_codes", "search_hyperparameters"},
        ),
        (
            "models/vqvae_pixelcnn/gated_pixelcnn.py",
            {"train_model", "measure_codes", "measure_reconstruction"} | SAMPLING | ARGON,
            SIMULATION | {"train_ssnet", "encode_codes", "search_hyperparameters"},
        ),
        (
            "metrics/rows.py",
            {"measure_samples", "tabulate_wasserstein", "measure_lartpc"},
            SIMULATION | SAMPLING | {"train_model", "train_ssnet", "label_images"},
        ),
        (
            "simulation/muons/calorimeter.py",
            {"simulate_muons", "prepare_muons", "train_model", "measure_samples"},
            {"simulate_jets", "simulate_argon", "prepare_jets", "train_ssnet", "label_images"},
        ),
        (
            "metrics/two_sample.py",
            {"measure_distances", "measure_two_sample", "tabulate_distances"},
            SIMULATION | SAMPLING | {"train_model", "measure_samples", "train_classifier"},
        ),
    ],
)
def test_edited_module_reruns_what_depends_on_it_and_nothing_else(finished, module, again, never):
    """`never: None`: nothing but `again`. The edit is undone: other tests share the project."""
    path = finished.folder / "src/darkpixel" / module
    text = path.read_text()
    try:
        path.write_text(text + "\nEXTRA = 1\n")
        planned = finished.planned_rules()
    finally:
        path.write_text(text)
    assert again <= planned
    if never is None:
        assert planned == again
    else:
        assert not planned & never


def test_unedited_modules_rerun_nothing(finished):
    assert finished.planned_rules() == set()


def test_edited_docstring_reruns_nothing(finished):
    module = finished.folder / "src/darkpixel/training/loop.py"
    text = module.read_text()
    try:
        module.write_text(text.replace('"""The training loop', '"""This is the training loop', 1))
        assert module.read_text() != text
        assert finished.planned_rules() == set()
    finally:
        module.write_text(text)


def test_paper_configuration_plans_the_full_sizes(project):
    done = project.snakemake("-n", "--quiet", "rules", "--configfile", "config/paper.yaml")
    assert done.returncode == 0, done.stdout[-2000:]


def test_judge_from_a_file_of_weights_is_not_trained(project):
    (project.folder / "ssnet.safetensors").touch()
    project.edit("config/test.yaml", "  ssnet:\n", "  ssnet:\n    weights: ssnet.safetensors\n")
    planned = project.planned_rules()
    assert "import_ssnet" in planned
    assert not {"train_ssnet", "draw_ssnet_training"} & planned


def test_a_data_set_can_be_left_out(project):
    path = project.folder / "config/test.yaml"
    text = path.read_text()
    start, stop = text.index("  muons:\n"), text.index("\nmodels:\n")
    left_out = "  muons: null\n  lartpc: null\n  lartpc_vertex: null\n"
    path.write_text(text[:start] + left_out + text[stop:])
    planned = project.planned_rules()
    assert {"simulate_jets", "tabulate_wasserstein"} <= planned
    assert not {"simulate_muons", "simulate_argon", "train_ssnet", "label_images"} & planned
