"""Which figures and tables a run has, and the checks before any job."""

from collections import Counter

import numpy as np
import pytest
from image_files import write_images
from plans import make_plan

import darkpixel.datasets
from darkpixel.errors import DarkpixelError
from darkpixel.pipeline.plan import keys, one_of
from darkpixel.pipeline.resources import RULES

NO_SEARCH = {"search": {"studies": {"sarm": None, "pixelcnnpp": None}}}
DISTANCE_TABLES = ("two_sample_auc", "physics_distances", "coverage", "memorisation", "diversity")


@pytest.fixture(scope="module")
def plan():
    return make_plan()


def stems(plan, **which):
    return {path.partition("test/")[2].rpartition(".")[0] for path in plan.targets(**which)}


def test_papers_and_kinds_divide_all_targets(plan):
    every = Counter(plan.targets())
    assert set(every.values()) == {1}
    assert Counter(plan.targets(paper="sarm") + plan.targets(paper="lartpc")) == every
    assert Counter(plan.targets(kind="figures") + plan.targets(kind="tables")) == every
    assert len(every) == 2 * 86


def test_every_figure_has_its_two_files(plan):
    for kind, suffixes in {"figures": ("pdf", "png"), "tables": ("csv", "md")}.items():
        for stem in stems(plan, kind=kind):
            assert {f"results/test/{stem}.{s}" for s in suffixes} <= set(plan.targets(kind=kind))


def test_pages_are_made_by_rules_of_the_table(plan):
    assert {page.rule for page in plan._pages} <= set(RULES)


def test_a_page_about_a_data_set_has_a_name_of_its_own(plan):
    named = Counter(page.stem for page in plan._pages if page.dataset)
    assert set(named.values()) == {1}
    assert plan.page("sarm/fig20_lagan_muon_observables").models == ["lagan", "sarm2_dd"]
    assert plan.page("sarm/fig06_jet_examples").models is None


def test_without_a_data_set_its_pages_are_left_out():
    plan = make_plan(datasets={"muons": None, "lartpc": None, "lartpc_vertex": None})
    found = stems(plan)
    assert not [stem for stem in found if "muon" in stem or "lartpc" in stem]
    assert {"figures/sarm/fig06_jet_examples", "tables/sarm/model_matrix"} <= found
    assert plan.targets(paper="lartpc") == []


def test_pages_of_named_models_need_the_first_of_them():
    plan = make_plan(datasets={"muons": {"models": ["sarm2_dd"]}})
    assert "figures/sarm/fig18_lagan_muon_examples" not in stems(plan)
    plan = make_plan(datasets={"muons": {"models": ["lagan"]}})
    assert plan.page("sarm/fig20_lagan_muon_observables").models == ["lagan"]


def test_without_models_there_are_pages_of_the_data_alone():
    plan = make_plan(
        datasets={"jets": None, "muons": None, "lartpc": {"models": []}},
        search={"studies": {"sarm": None, "pixelcnnpp": None}},
    )
    assert stems(plan) == {
        "figures/data/lartpc_statistics",
        "figures/data/lartpc_vertex_statistics",
    }


def test_variants_of_the_lartpc_study_have_their_pages_where_they_are():
    plan = make_plan(datasets={"lartpc": {"models": ["vqvae_pixelcnn"]}})
    found = stems(plan, paper="lartpc")
    assert "tables/lartpc/table2_vqvae_parameters" in found
    assert not found & {
        "tables/lartpc/codebook_ablation",
        "tables/lartpc/reference_code_comparison",
        "figures/lartpc/observables_by_species",
    }


def test_shapes_need_no_segmentation_network(tmp_path):
    """They are measured of any model, and by species where the images are not a user's own."""
    shapes = {
        "figures/lartpc/shape_observables",
        "figures/lartpc/shape_observables_by_species",
        "tables/lartpc/shape_observables",
    }
    plan = make_plan(datasets={"lartpc": {"models": ["sarm1_dd"]}})
    distances = {f"tables/lartpc/{name}" for name in DISTANCE_TABLES}
    assert {stem for stem in stems(plan) if "/lartpc/" in stem} == shapes | distances
    path = tmp_path / "mine.h5"
    path.touch()
    own = {"source": "file", "file": {"all": str(path)}, "models": ["sarm1_dd"]}
    found = stems(make_plan(datasets={"lartpc": own}))
    assert shapes - found == {"figures/lartpc/shape_observables_by_species"}


def test_momentum_is_shown_of_the_models_that_are_told_it_and_the_species():
    response = {f"{kind}/lartpc/momentum_response" for kind in ("figures", "tables")}
    conditions = {
        "both": ["species", "momentum"],
        "more": ["start_row", "momentum", "species"],
        "species": ["species"],
        "momentum": ["momentum"],
        "none": [],
    }
    models = {
        name: {"model": "sparse_transformer", "settings": {"conditions": some}}
        for name, some in conditions.items()
    }
    models["elsewhere"] = {"model": "sparse_transformer", "where": {
        "lartpc": {"settings": {"conditions": ["momentum", "species"]}}
    }}  # fmt: skip
    shown = [*models, "sarm1_dd", "vqvae_pixelcnn_species"]
    plan = make_plan(models=models, datasets={"lartpc": {"models": shown}})
    assert plan.lartpc.told_momentum == ["both", "more", "elsewhere"]
    assert plan.lartpc.sparse_transformers == list(models)
    assert response | {"figures/lartpc/mixed_examples"} <= stems(plan)
    shown = ["species", "momentum", "none", "sarm1_dd"]
    plan = make_plan(models=models, datasets={"lartpc": {"models": shown}})
    assert plan.lartpc.told_momentum == []
    assert not response & stems(plan)


def test_species_are_shown_of_every_model_that_is_told_them():
    """Whether it is a prior of codes or draws pixels; the -log p of these priors is given more."""
    models = {
        "told": {"model": "sparse_transformer", "settings": {"conditions": ["species"]}},
        "not_told": {"model": "sparse_transformer", "settings": {"conditions": ["momentum"]}},
    }
    shown = [*models, "vqvae_pixelcnn", "vqvae_pixelcnn_species"]
    plan = make_plan(models=models, datasets={"lartpc": {"models": shown}})
    assert plan.lartpc.conditioned == ["told", "vqvae_pixelcnn_species"]
    assert plan.lartpc.over_same_codes == ["vqvae_pixelcnn"]
    page = "figures/lartpc/observables_by_species"
    assert page in stems(plan)
    shown = ["not_told", "vqvae_pixelcnn"]
    assert page not in stems(make_plan(models=models, datasets={"lartpc": {"models": shown}}))


def test_each_paper_has_its_own_tables_of_distances():
    both = {f"tables/{paper}/{name}" for paper in ("sarm", "lartpc") for name in DISTANCE_TABLES}
    assert both <= stems(make_plan())
    alone = make_plan(
        datasets={"jets": None, "muons": None, "lartpc": {"models": ["sarm1_dd"]}},
        search={"studies": {"sarm": None, "pixelcnnpp": None}},
    )  # without the paper's model
    assert both & stems(alone) == {f"tables/lartpc/{name}" for name in DISTANCE_TABLES}
    without = make_plan(datasets={"lartpc": {"models": []}})
    assert both & stems(without) == {f"tables/sarm/{name}" for name in DISTANCE_TABLES}


def test_a_constraint_of_nothing_matches_no_file():
    assert one_of(["a", "b"]) == "a|b"
    assert one_of([]) == "none"


def test_keys_are_those_that_are_named(plan):
    assert keys(plan.run.evaluation, "n", "seed") == {"n": 50, "seed": 1}


def test_threads_and_gpus_are_the_configurations():
    plan = make_plan(jobs={"training_threads": 3, "gpus": 2}, speed={"threads": 4})
    assert plan.resources.threads("train_model") == 3
    assert plan.resources.threads("measure_speed") == 4
    assert plan.resources.threads("draw_roc") == 1
    found = plan.resources.of("train_model")
    del found["mem_mb"]
    assert found == {"runtime": 1440, "gpu": 2, "cpus_per_task": 3}
    assert {"gpu", "cpus_per_task"}.isdisjoint(plan.resources.of("draw_roc"))


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        ("train_model", 4000),
        ("measure_speed", 4 * 4000),  # each core has images of its own
        ("sample_whole", 4000),
    ],
)
def test_memory_grows_with_the_attempt(rule, first):
    memory = make_plan(speed={"threads": 4}).resources.of(rule)["mem_mb"]
    assert callable(memory)
    assert [memory(None, attempt=attempt) for attempt in (1, 2, 3)] == [first, 2 * first, 3 * first]


def test_gres_takes_the_place_of_gpus():
    found = make_plan(jobs={"gres": "gpu:a100:1"}).resources.of("train_model")
    assert found["gres"] == "gpu:a100:1"
    assert "gpu" not in found
    with pytest.raises(DarkpixelError, match=r"jobs\.gres"):
        make_plan(jobs={"gres": "--gres=gpu:1"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"datasets": {"jets": {"source": "file", "file": {"signal": "no.h5", "b": "no.h5"}}}},
            "datasets.jets.file.signal: no file no.h5; correct the path",
        ),
        ({"judges": {"ssnet": {"weights": "no"}}}, "judges.ssnet.weights: no file no/model"),
        (
            {"judges": {"ssnet": {"weights": "no.safetensors"}}},
            "judges.ssnet.weights: no file no.safetensors",
        ),
        (
            {"datasets": {"jets": {"source": "download", "download": "lagan_jet"}}},
            "no entry 'lagan_jet'; did you mean 'lagan_jets'?",
        ),
    ],
)
def test_what_could_not_finish_is_refused_before_it_starts(changes, message):
    with pytest.raises(DarkpixelError) as error:
        make_plan(**changes, search={"studies": {"sarm": None, "pixelcnnpp": None}})
    assert message in str(error.value)


def test_a_file_without_a_column_that_is_asked_for_is_refused_before_it_starts(tmp_path):
    path = write_images(tmp_path / "mine.h5", np.ones((8, 6, 6)), {"temperature": np.ones(8)})
    jets = {"source": "file", "file": {"hot": str(path), "cold": str(path)}}
    with pytest.raises(DarkpixelError) as error:
        make_plan(datasets={"jets": {**jets, "columns": ["temperature", "pressure"]}}, **NO_SEARCH)
    line = str(error.value)
    assert line.startswith(f"datasets.jets.file.hot: {path} has no column 'pressure', which ")
    assert "(found temperature)" in line
    assert "\n" not in line
    make_plan(datasets={"jets": {**jets, "columns": ["temperature"]}}, **NO_SEARCH)


def test_a_fixed_order_of_images_that_are_not_square_is_refused_before_it_starts(
    tmp_path, monkeypatch
):
    """A walk goes through them."""
    own = tmp_path / "datasets"
    own.mkdir()
    monkeypatch.setattr(darkpixel.datasets, "__path__", [*darkpixel.datasets.__path__, str(own)])
    (own / "mine.py").write_text(
        "from typing import ClassVar\n"
        "from darkpixel.config.data import CustomData\n"
        "class Settings(CustomData):\n"
        "    own_labels: ClassVar[tuple[str, ...]] = ('one',)\n"
    )
    path = write_images(tmp_path / "mine.h5", np.ones((8, 4, 6)))
    walk = {"variant_of": "sparse_transformer", "settings": {"order": "walk"}}
    mine = {
        "source": "file", "file": {"one": str(path)},
        "images": {"train": 4, "validation": 2, "test": 2},
    }  # fmt: skip

    def plan_of(*models):
        return make_plan(models={"by_walk": walk}, datasets={"mine": {**mine, "models": models}})

    plan_of("by_walk")
    with pytest.raises(DarkpixelError) as error:
        plan_of("by_walk", "sparse_transformer")
    line = str(error.value)
    assert line.startswith(f"datasets.mine.file.one: {path} has images of 4 x 6 pixels, and ")
    assert "'sparse_transformer' takes square ones only" in line
    assert "\n" not in line


def test_the_label_of_joint_models_is_taken(tmp_path):
    path = tmp_path / "mine.h5"
    path.touch()
    files = {"signal": str(path), "joint": str(path)}
    with pytest.raises(DarkpixelError, match="label 'joint' is taken"):
        make_plan(datasets={"jets": {"source": "file", "file": files}})
