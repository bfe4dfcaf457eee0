"""What jobs cost: from records, from measurements, or not known; never from nothing."""

import math
from pathlib import Path

import pytest
from repository import CONFIG, ROOT

from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.run import Run
from darkpixel.pipeline.costs import UNKNOWN, Costs
from darkpixel.pipeline.job_sizes import Network, Simulation, Sizes
from darkpixel.pipeline.planner import Job
from darkpixel.pipeline.records import Record, Records, shipped_records, write_shipped

TRAIN = {"dataset": "jets", "label": "signal", "model": "sarm2_dd", "seed": "1"}


@pytest.fixture(scope="module")
def run() -> Run:
    files = [CONFIG / "config.yaml"]
    return load_run(read_yaml(*files), files)


def job(rule: str, benchmark: str = "", **wildcards: str) -> Job:
    outputs = (f"{benchmark}.out",) if rule != "train_model" else (f"{benchmark}.safetensors",)
    return Job(rule, wildcards, benchmark, outputs, (), 2, 4000.0)


class Speeds:
    """Two seconds an image in training, three in sampling, none for simulations."""

    def training(self, network: Network) -> float | None:
        assert network.pixels == 28
        assert network.settings["model"] == "sarm"
        return 2.0

    def sampling(self, network: Network) -> float | None:
        return 3.0

    def weights(self, network: Network) -> float | None:
        return 4e6

    def simulation(self, simulation: Simulation) -> float | None:
        return None


@pytest.fixture
def records(run: Run, tmp_path: Path) -> Records:
    """One training of 10 s on two cores, with a file of 3 bytes, and a job without a record."""
    (tmp_path / "a.tsv").write_text("s\tmax_rss\n10\t512\n")
    for suffix in ("out", "safetensors"):
        (tmp_path / f"a.tsv.{suffix}").write_text("abc")
    jobs = [job("train_model", "a.tsv", **TRAIN), job("draw_roc", "b.tsv")]
    return Records.of_run(run, jobs, [tmp_path])


def sizes(run: Run, of: Job) -> float:
    return Sizes(run).images(of)


def test_a_job_takes_what_it_took(run: Run, records: Records, tmp_path: Path) -> None:
    assert len(records) == 1
    training = job("train_model", **TRAIN)
    costs = Costs(run, [training], speeds=None, records=records)
    assert costs.estimate(training) == (20.0, "run demo")
    assert costs.storage(training) == 3
    assert costs.memory(training) == 512
    # Another model is as the same rule on the same data set, with more epochs in proportion.
    files = [CONFIG / "config.yaml"]
    config = read_yaml(*files)
    config["datasets"]["jets"]["images"]["train"] *= 3
    changed = load_run(config, files)
    longer = Costs(changed, [training], speeds=None, records=records)
    assert longer.estimate(training).seconds == pytest.approx(60)
    assert longer.storage(training) == 3  # the same network
    data = job("prepare_jets", "a.tsv", dataset="jets")
    held = Records.of_run(run, [data], [tmp_path])
    whole = job("sample_whole", "a.tsv", **TRAIN)
    shards = Costs(run, [], speeds=None, records=Records.of_run(run, [whole], [tmp_path]))
    assert shards.storage(job("merge_samples", **TRAIN)) == 3
    assert shards.storage(job("sample_model", **TRAIN)) == 0
    grown = Costs(changed, [data], speeds=None, records=held).storage(data)
    assert grown == pytest.approx(3 * sizes(changed, data) / sizes(run, data))
    assert grown > 3


def test_what_nobody_knows_is_unknown(run: Run, records: Records) -> None:
    figure = job("draw_roc")
    for known in (None, records):
        estimate = Costs(run, [figure], speeds=Speeds(), records=known).estimate(figure)
        assert math.isnan(estimate.seconds)
        assert estimate.basis == UNKNOWN
    simulation = job("simulate_jets", label="signal", chunk="0")
    assert Costs(run, [], speeds=Speeds(), records=None).estimate(simulation).basis == UNKNOWN
    assert Costs(run, [], speeds=None, records=None).estimate(figure).basis == UNKNOWN


def test_a_measurement_is_taken_where_there_is_no_record(run: Run, records: Records) -> None:
    training, sample = job("train_model", **TRAIN), job("sample_whole", **TRAIN)
    costs = Costs(run, [], speeds=Speeds(), records=records)
    assert costs.estimate(training).basis == "run demo"
    samples = run.datasets.jets.samples if run.datasets.jets else None
    drawn = 3.0 * (samples or run.sampling.images)
    assert costs.estimate(sample) == (drawn, "measured sampler")
    first = Costs(run, [], speeds=Speeds(), records=records, records_first=False)
    seen = costs.sizes.seen(training)
    assert first.estimate(training) == (2.0 * seen, "measured training step")


def test_what_neither_knows_is_taken_from_what_is_shipped(
    run: Run, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But no time of a job that depends on the size of a network."""
    path = tmp_path / "shipped.csv"
    monkeypatch.setattr("darkpixel.pipeline.records.SHIPPED", path)
    rows = [
        Record("draw_roc", "", "", 4.0, 300.0, 1e5, 1.0),
        Record("train_model", "jets", "lagan", 100.0, 900.0, 5e6, 1e4),
        Record("label_images", "lartpc", "vqvae_pixelcnn", 60.0, 900.0, 2e6, 100.0),
        Record("draw_toy", "", "", math.nan, math.nan, math.nan, 1.0),
    ]
    write_shipped(Records("any", rows), "a demo at 1234567, 2 cores", path)
    shipped = shipped_records()
    assert shipped.name == "a demo at 1234567, 2 cores"
    assert [row.rule for row in shipped.rows] == ["draw_roc", "label_images"]
    figure, training = job("draw_roc"), job("train_model", **TRAIN)
    costs = Costs(run, [], speeds=None, records=None, shipped=shipped)
    assert costs.estimate(figure) == (4.0, "a demo at 1234567, 2 cores")
    assert (costs.memory(figure), costs.storage(figure)) == (300, 1e5)
    assert costs.estimate(training).basis == UNKNOWN
    assert math.isnan(costs.storage(training))
    assert Costs(run, [], speeds=Speeds(), records=None).storage(training) == 4e6
    labels = job("label_images", dataset="lartpc", model="vqvae_pixelcnn")
    assert costs.estimate(labels).basis == UNKNOWN
    assert costs.storage(labels) > 2e6
    both = Costs(run, [], speeds=None, records=records, shipped=shipped)
    assert both.estimate(training) == (20.0, "run demo")
    assert both.estimate(figure).seconds == 4


def test_the_records_that_are_shipped_are_of_rules_that_there_are() -> None:
    text = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    shipped = shipped_records()
    assert len(shipped) > 100
    rules = {row.rule for row in shipped.rows}
    assert {rule for rule in rules if f"rule {rule}:" not in text} == set()
