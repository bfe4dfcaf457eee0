"""The rules as Snakemake plans them: what makes a job run again, and what does not.

Plans are made in this process (`planning.py`); no job runs.
"""

import ast
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from planning import PROJECT, Job, Planned, planned

from darkpixel.config.loading import read_yaml
from darkpixel.pipeline import provenance
from darkpixel.pipeline.plan import Plan
from darkpixel.pipeline.resources import RULES

SCRIPTS = PROJECT / "workflow/scripts"
CONFIG = [PROJECT / "config/config.yaml", PROJECT / "config/test.yaml"]
TARGETS = {"all", "sarm", "lartpc", "figures", "tables", "report"}
REPORTS = {"write_report", "write_snakemake_report"}  # they hold the whole configuration
# Rules that the test configuration has no job of, and those that are asked for by their names.
UNPLANNED = {
    "download_data", "prepare_custom", "sample_model", "merge_samples", "import_ssnet",
    "pack_models", "pack_run",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def same_process() -> Iterator[None]:
    """The Snakefile sets variables of the environment for its jobs, and the path of imports."""
    variables, path, folder = dict(os.environ), list(sys.path), Path.cwd()
    yield
    os.environ.clear()
    os.environ.update(variables)
    sys.path[:] = path
    assert Path.cwd() == folder


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(read_yaml(*CONFIG), CONFIG, PROJECT)


@pytest.fixture(scope="module")
def test_run() -> Planned:
    return planned()


@pytest.fixture(scope="module")
def jobs(test_run: Planned) -> list[Job]:
    """A job for each rule and each set of modules that jobs of the rule find by name."""
    return [job for job in test_run.jobs if job.rule not in TARGETS]


def closure(plan: Plan, job: Job) -> set[str]:
    """Library modules behind a job."""
    named = plan.code.found_by_name(job.rule, Named(job.wildcards))
    return provenance.script_closure(SCRIPTS / f"{job.rule}.py", *named)


class Named:
    """Wildcards."""

    def __init__(self, values: dict[str, str]) -> None:
        self.__dict__.update(values)


def test_one_rule_one_script_of_its_name(test_run):
    rules = {name: rule for name, rule in test_run.rules.items() if name not in TARGETS}
    assert {name: rule.script for name, rule in rules.items()} == {
        name: f"../scripts/{name}.py" for name in rules
    }
    assert {path.stem for path in SCRIPTS.glob("*.py")} == set(rules)
    assert set(RULES) == set(rules)


def test_scripts_import_what_there_is():
    """A name that has moved would be missed only when the job runs."""
    for path in SCRIPTS.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("darkpixel"):
                module = importlib.import_module(str(node.module))
                for name in node.names:
                    assert hasattr(module, name.name), f"{path.name}: {node.module}.{name.name}"


def test_every_rule_takes_its_needs_from_the_table(test_run, plan):
    for name in RULES:
        rule = test_run.rules[name]
        assert rule.conda_env == plan.resources.conda(name)
        needs = plan.resources.of(name) | {"_cores": plan.resources.threads(name)}
        for key, expected in needs.items():
            found = rule.resources[key].evaluate({}, attempt=2).value
            assert found == (expected({}, attempt=2) if callable(expected) else expected), name
        assert needs["mem_mb"]({}, attempt=2) == 2 * needs["mem_mb"]({}, attempt=1)
        assert ("gpu" in rule.resources) == RULES[name].gpu


def test_trainings_take_the_configured_threads_on_any_number_of_cores():
    """Snakemake lowers `threads` to the cores there are, which would change the weights."""
    for name, needs in RULES.items():
        script = (PROJECT / f"workflow/scripts/{name}.py").read_text()
        assert ("snakemake.resources.cpus_per_task" in script) == (needs.threads == "training")
        assert needs.threads != "training" or "snakemake.threads" not in script


def test_every_rule_has_log_and_benchmark_of_one_name(test_run):
    for name in RULES:
        rule = test_run.rules[name]
        (log,), benchmark = map(str, rule.log), str(rule.benchmark)
        assert log.removesuffix(".log").replace("/logs/", "/benchmarks/") == benchmark.removesuffix(
            ".tsv"
        )
        assert set(rule.log[0].get_wildcard_names()) == set(rule.wildcard_names), name


def test_the_plan_holds_every_rule(test_run):
    assert {job.rule for job in test_run.jobs} == set(RULES) - UNPLANNED | {"all", "report"}


def test_code_is_the_digest_of_the_own_script_and_what_the_job_finds_by_name(jobs, plan):
    for job in jobs:
        named = plan.code.found_by_name(job.rule, Named(job.wildcards))
        script = SCRIPTS / f"{job.rule}.py"
        assert job.params["code"] == provenance.script_digest(script, *named), job.rule


def test_the_planned_rules_without_jobs_have_a_digest_too(test_run, plan):
    wildcards = Named({"dataset": "muons", "model": "sarm2_dd", "label": "signal"})
    for name in UNPLANNED - {"prepare_custom"}:
        code = test_run.rules[name].params["code"]
        assert code(wildcards) == plan.code(name)(wildcards) != plan.code("write_report")(wildcards)


def test_an_edit_counts_where_it_is_imported_and_nowhere_else(jobs, plan, monkeypatch):
    """Every module of the library, edited in turn, against every kind of job."""
    kinds = {
        (job.rule, *plan.code.found_by_name(job.rule, Named(job.wildcards))): closure(plan, job)
        for job in jobs
    }
    real = provenance._file_digest
    edited: Path | None = None
    monkeypatch.setattr(
        provenance, "_file_digest", lambda path: "edited" if path == edited else real(path)
    )

    def digests() -> dict[tuple[str, ...], str]:
        return {
            (rule, *named): provenance.script_digest(SCRIPTS / f"{rule}.py", *named)
            for rule, *named in kinds
        }

    before = digests()
    everywhere = set.union(*kinds.values())
    library = {
        ".".join(path.relative_to(provenance.SOURCE).with_suffix("").parts): path
        for path in provenance.SOURCE.rglob("*.py")
    }
    assert len(everywhere) > 100
    for module, path in library.items():
        name = module.removesuffix(".__init__")
        edited = path
        changed = {kind for kind, digest in digests().items() if digest != before[kind]}
        assert changed == {kind for kind, modules in kinds.items() if name in modules}, module
    for script in SCRIPTS.glob("*.py"):
        edited = script
        ruled = {kind[0] for kind, digest in digests().items() if digest != before[kind]}
        assert ruled <= {script.stem}


def test_who_loads_models_names_them(jobs, plan):
    """`models.build` imports a model by its name: the digest must know which."""
    for job in jobs:
        if "models.build" in closure(plan, job) and job.rule != "draw_toy":
            assert plan.code.found_by_name(job.rule, Named(job.wildcards)), job.rule


# Stages whose jobs take long; the others only measure, tabulate and draw.
EXPENSIVE = (
    "simulate_",
    "prepare_",
    "train_",
    "encode_",
    "sample_",
    "search_",
    "label_",
    "import_",
    "measure_speed",
    "measure_widths",
    "measure_two_sample",
    "measure_codes",
    "measure_likelihood",
)


WORDS = {"metrics.published", "metrics.order"}
"""What stands beside the numbers, and in which order rows are listed."""


def test_nothing_that_only_words_or_lays_out_is_behind_a_training_a_search_or_a_timing(jobs, plan):
    expensive = [job for job in jobs if job.rule.startswith(EXPENSIVE)]
    assert {"train_model", "train_ssnet", "train_classifier", "label_images", "measure_speed"} <= {
        job.rule for job in expensive
    }
    for job in expensive:
        words = {
            module
            for module in closure(plan, job)
            if module.startswith(("tables", "figures")) or module in WORDS
        }
        assert not words, (job.rule, words)


def test_a_training_depends_on_no_other_model(jobs, plan):
    packages = {path.parent.name for path in provenance.SOURCE.glob("models/*/model.py")}
    for job in jobs:
        if job.rule != "train_model":
            continue
        entry = plan.trainings.entry(*(job.wildcards[k] for k in ("dataset", "label", "model")))
        own = {entry.model} | ({"vqvae"} if entry.autoencoder else set())
        found = {name.split(".")[1] for name in closure(plan, job) if name.startswith("models.")}
        assert found & packages == own, entry.model


CHOOSING = ("train_model", "train_ssnet", "search_", "sample_", "join_labels", "measure_widths")
"""Rules whose jobs may choose something: epochs, powers, settings, images."""


def test_nothing_is_chosen_on_test_images(test_run):
    chosen = [job for job in test_run.jobs if job.rule.startswith(CHOOSING)]
    assert {"train_model", "search_hyperparameters", "sample_whole"} <= {job.rule for job in chosen}
    for job in chosen:
        assert not [path for path in job.inputs if Path(path).stem == "test"], job.rule


def change(path: str, value: object) -> dict[str, Any]:
    """A configuration of one key, `evaluation.n` for example."""
    for key in reversed(path.split(".")):
        value = {key: value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    ("key", "value", "rules"),
    [
        ("datasets.jets.simulation.images_per_chunk", 300, {"simulate_jets", "prepare_jets"}),
        ("datasets.jets.images.test", 110, {"simulate_jets", "prepare_jets"}),
        (
            "datasets.lartpc.imaging.minimum_filled",
            0.02,
            {"simulate_argon", "prepare_lartpc", "measure_speed"},
        ),
        ("datasets.muons.simulation.muon_pt", [11.0, 15.0], {"simulate_muons", "measure_speed"}),
        ("datasets.muons.symmetries", "up_down", set()),  # no training makes use of them
        ("datasets.muons.columns", ["muon_pt"], {"prepare_muons"}),
        ("datasets.muons.samples", 50, {"sample_whole", "train_classifier"}),
        ("datasets.jets.selection.mass", 9.0, {"sample_whole", "measure_speed"}),
        ("models.lagan.settings.latent", 9, {"train_model"}),
        ("models.pixelcnnpp.training.epochs", 3, {"train_model", "search_hyperparameters"}),
        ("judges.ssnet.training.epochs", 2, {"train_ssnet"}),
        ("judges.classifier.repetitions", 3, {"train_classifier"}),
        ("sampling.block_size", 16, {"sample_whole", "measure_speed"}),
        ("jobs.training_threads", 2, set()),
        ("search.studies.sarm.trials", 3, {"search_hyperparameters"}),
        ("widths.seconds", 0.1, {"measure_widths"}),
        ("toy.iterations", 60, {"draw_toy"}),
        ("speed.seconds", 0.1, {"measure_speed"}),
        ("speed.likelihood_images", 30, {"measure_likelihood"}),
        ("speed.likelihood_draws", 6, {"measure_likelihood"}),
        ("evaluation.n", 40, {"measure_samples", "measure_orders", "tabulate_quantisation"}),
        # The same number as another key has: Snakemake keeps the params as a set of texts.
        (
            "evaluation.floor_splits",
            20,
            {"measure_samples", "measure_orders", "tabulate_quantisation"},
        ),
        ("evaluation.diversity_images", 30, {"measure_diversity"}),
        ("evaluation.bins", 20, {"draw_observables"}),
        ("evaluation.two_sample.trees", 11, {"measure_distances"}),
        ("evaluation.two_sample.n", 30, {"measure_distances", "measure_two_sample"}),
        ("evaluation.two_sample.low_level.training.epochs", 2, {"measure_two_sample"}),
        ("evaluation.lartpc.low_level.training.epochs", 2, {"measure_two_sample"}),
        ("evaluation.lartpc.n", 10, {"measure_lartpc", "measure_lartpc_shapes"}),
        (
            "evaluation.lartpc.floor_splits",
            11,
            {"measure_lartpc", "measure_lartpc_shapes", "measure_momentum_response"},
        ),
        ("evaluation.lartpc.low_confidence", 0.7, {"measure_lartpc"}),
        ("evaluation.lartpc.examples", 4, {"draw_labeled_generated", "draw_labeled_test"}),
        (
            "evaluation.lartpc.bins",
            20,
            {
                "draw_lartpc_observables",
                "draw_observables_by_species",
                "draw_reference_code",
                "draw_lartpc_shapes",
                "draw_shapes_by_species",
            },
        ),
    ],
)
def test_a_key_reruns_the_rules_that_use_it_and_no_others(test_run, key, value, rules):
    """Those whose jobs themselves change; what follows from their results comes after them."""
    changed = test_run.changed(planned(change(key, value)))
    assert changed - REPORTS == rules


def test_an_edit_of_the_configuration_that_changes_nothing_reruns_nothing(test_run):
    assert test_run.changed(planned({"evaluation": {"n": 50}})) <= REPORTS


def test_nothing_that_is_recorded_names_the_checkouts_place(test_run):
    for job in test_run.jobs:
        for text in (*job.recorded, *job.inputs, *job.outputs):
            assert str(PROJECT) not in text, job.rule
    for rule in test_run.rules.values():
        assert str(PROJECT) not in (rule.run_func_src or "")
