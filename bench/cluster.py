"""What a run costs on a cluster, on paper, and how well 1, 10 and 100 nodes are used by it.

    python -m bench.cluster --configfile config/paper.yaml --out results/cluster \
        --like results/study --like-configfile config/study.yaml

The jobs and what each waits for are Snakemake's own plan. Training steps and samplers are timed
here, one core each, with the run's own networks on synthetic images (`bench.gpu.subjects`); they
are kept in OUT/rates.json, so that a run that was cut off goes on. All other jobs take what those
of the same rule took in a finished run (`--like`), longer in proportion where they have more
images. Early stopping is left out of account: every training has all its epochs.
"""

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

from bench.gpu.rates import draw_function, training_step
from bench.gpu.subjects import Kind, Subject
from bench.scheduling import longest_chain, makespan
from bench.timing import TimeUp, once, time_limit
from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.names import JETS, JOINT, LARTPC, MUONS
from darkpixel.config.run import Run
from darkpixel.pipeline.paths import Paths
from darkpixel.pipeline.trainings import Trainings, with_name
from darkpixel.simulation.muons.pileup import read_pileup
from darkpixel.studies.simulation_speed import simulation_speed

CPU = torch.device("cpu")
CORES = 16
"""Of a node."""
NODES = (1, 10, 100)
_BATCH = 64  # images of a timed step: on one core more at once are no faster
_PATIENCE = 120.0  # seconds for one call; what takes longer is named, not guessed
_SECONDS = 20.0  # of the repetitions of a simulation
SIMULATORS = {"simulate_jets": JETS, "simulate_muons": MUONS, "simulate_argon": LARTPC}


class Job(NamedTuple):
    """A job of the plan."""

    rule: str
    wildcards: dict[str, str]
    benchmark: str
    outputs: tuple[str, ...]
    needs: tuple[int, ...]
    """Positions of the jobs that it waits for."""

    @property
    def dataset(self) -> str:
        return self.wildcards.get("dataset", SIMULATORS.get(self.rule, ""))


class Estimate(NamedTuple):
    """Seconds of one core that a job takes, and what that rests on."""

    seconds: float
    basis: str


def planned(folder: Path, files: Sequence[Path]) -> list[Job]:
    """Every job of a run from nothing, in no order."""
    with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[path.resolve() for path in files]),
            snakefile=folder / "Snakefile",
            workdir=folder,
        )
        workflow.dag(DAGSettings(targets={"all"}, forceall=True))
        inner = workflow._workflow
        inner._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
        inner._build_dag()
        jobs = [job for job in inner.dag.jobs if job.rule.name not in inner.dag.targetrules]
        jobs = [job for job in jobs if job.output]
        places = {job: place for place, job in enumerate(jobs)}
        return [
            Job(
                job.rule.name,
                dict(job.wildcards_dict),
                str(job.benchmark),
                tuple(map(str, job.output)),
                tuple(places[other] for other in inner.dag.dependencies[job]),
            )
            for job in jobs
        ]


class Sizes:
    """How many images a job has to do with."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.data: dict[str, Any] = run.datasets.present()
        self.trainings = Trainings(run, Paths(run.run))

    def images(self, job: Job) -> float:
        """Of the job, one way or another: what its time is in proportion to."""
        data = self.data.get(job.dataset)
        two_sample, classifier = self.run.evaluation.two_sample, self.run.judges.classifier
        if job.rule == "simulate_pileup":
            return float(self.run.datasets.muons.simulation.pileup_events)  # type: ignore[union-attr]
        if job.rule == "train_ssnet":
            vertex = self.data["lartpc_vertex"]
            epochs = self.run.judges.ssnet.training.epochs or 1
            return float(vertex.images.train * epochs * vertex.imaging.pixels**2)
        if job.rule == "train_classifier":
            return float((classifier.images or 1) * (classifier.training.epochs or 1))
        if data is None:
            return 1.0
        if job.rule.startswith("simulate"):
            return float(data.simulation.images_per_chunk)
        if job.rule.startswith("prepare") or job.rule == "encode_codes":
            return float(data.images.train + data.images.validation + data.images.test)
        if job.rule == "measure_two_sample":
            network = self.run.evaluation.network(job.dataset).training.epochs or 1
            return float(two_sample.n * network)
        if job.rule == "train_model":
            return self.seen(job)
        return float(data.samples or self.run.sampling.images)

    def seen(self, job: Job) -> float:
        """Images that a training sees."""
        entry = self.entry(job)
        data, training = self.data[job.dataset], entry.training
        labels = len(data.labels) if job.wildcards["label"] == JOINT else 1
        return float((training.epoch_images or data.images.train * labels) * training.epochs)

    def entry(self, job: Job) -> Any:
        return self.trainings.entry(job.dataset, job.wildcards["label"], job.wildcards["model"])


class Measured:
    """Seconds of an image in training and sampling, measured once and kept in a file."""

    def __init__(self, path: Path, sizes: Sizes) -> None:
        self.path, self.sizes = path, sizes
        self.rates: dict[str, dict[str, float]] = {}
        if path.exists():
            self.rates = json.loads(path.read_text(encoding="utf-8"))

    def of(self, job: Job) -> dict[str, float]:
        """`training` and `sampling`: seconds of an image on one core; absent where none."""
        name = f"{job.wildcards['model']} {job.dataset}"
        if name not in self.rates:
            self._keep(name, self._measure(name, job))
        return self.rates[name]

    def simulation(self, job: Job, pool: Path) -> float:
        """Seconds of an image on one core, with the run's own settings."""
        data, label = self.sizes.data[job.dataset], job.wildcards.get("label", "all")
        name = f"simulation of {job.dataset} {label}"
        if name not in self.rates:
            rate = simulation_speed(
                job.dataset,
                label,
                1,
                data.simulation.model_dump(exclude={"images_per_chunk"}),
                data.imaging.model_dump(),
                read_pileup(pool) if job.dataset == MUONS else None,
                seconds=_SECONDS,
                cores=1,
            )
            self._keep(name, {"simulation": 1 / rate.value})
        return self.rates[name]["simulation"]

    def _keep(self, name: str, found: dict[str, float]) -> None:
        self.rates[name] = found
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.rates, indent=1), encoding="utf-8")
        print(f"{name}: {found}", flush=True)

    def _measure(self, name: str, job: Job) -> dict[str, float]:
        entry, data = self.sizes.entry(job), self.sizes.data[job.dataset]
        settings = with_name(entry)
        if entry.autoencoder is not None:
            labels = (job.dataset, job.wildcards["label"])
            settings["autoencoder"] = self.sizes.trainings.settings(*labels, entry.autoencoder)
        subject = Subject(name, settings, _kind(job.dataset), data.imaging.pixels)
        model = subject.build(500)
        found: dict[str, float] = {}
        draws = draw_function(model, subject, CPU)
        if draws is not None:
            with torch.inference_mode():
                found["sampling"] = _seconds(draws[1], _BATCH)
        batch = min(entry.training.batch_size or _BATCH, _BATCH)
        found["training"] = _seconds(training_step(model, subject, CPU, autocast=False), batch)
        return found


def _kind(dataset: str) -> Kind:
    kinds: dict[str, Kind] = {"jets": "jets", "muons": "muons"}
    return kinds.get(dataset, "lartpc")


def _seconds(call: Any, n: int) -> float:
    """Of an image: the second of two calls with n images, or of one where it is long."""
    try:
        with time_limit(_PATIENCE):
            first = once(lambda: call(n), CPU)
            return (first if first > _PATIENCE / 3 else once(lambda: call(n), CPU)) / n
    except TimeUp:
        return math.inf


class Costs:
    """Estimates for the jobs of one run, from those of a finished one.

    Args:
        run, jobs: to be estimated.
        like: jobs and configuration of a finished run, and the folders that it was made in: of
            several parts of it (one data set each), the first that has a job's files counts.
        rates: where measured seconds are kept.
    """

    def __init__(
        self, run: Run, jobs: Sequence[Job], like: tuple[list[Job], Run, list[Path]], rates: Path
    ) -> None:
        self.run, self.jobs, self.sizes = run, jobs, Sizes(run)
        self.measured = Measured(rates, self.sizes)
        self.known: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        self.bytes: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        old_jobs, old_run, folders = like
        name = Paths(old_run.run).pileup()
        self.pool = next((f / name for f in folders if (f / name).is_file()), folders[0] / name)
        old = Sizes(old_run)
        for job in old_jobs:
            folder = next((f for f in folders if (f / job.benchmark).is_file()), folders[0])
            taken = _taken(folder / job.benchmark)
            size = sum(_size(folder / name) for name in job.outputs)
            for key in ((job.rule, job.dataset), (job.rule, "")):
                if taken is not None:
                    self.known[key].append((taken, old.images(job)))
                if size:
                    self.bytes[key].append((size, old.images(job)))

    def estimate(self, job: Job) -> Estimate:
        if job.rule == "train_model":
            each = self.measured.of(job)["training"]
            return Estimate(self.sizes.seen(job) * each, "measured step")
        if SIMULATORS.get(job.rule) == job.dataset != "":
            each = self.measured.simulation(job, self.pool)
            return Estimate(self.sizes.images(job) * each, "measured simulation")
        if job.rule in ("sample_whole", "sample_model"):
            each = self.measured.of(self._training(job)).get("sampling", math.nan)
            shards = self.run.sampling.shards if job.rule == "sample_model" else 1
            return Estimate(self.sizes.images(job) / shards * each, "measured sampler")
        if job.rule == "search_hyperparameters":
            study = self.run.search.studies[job.wildcards["study"]]
            training = self._training_of(study.dataset, study.model)
            seen = study.trials * study.epochs * study.images
            return Estimate(seen * self.measured.of(training)["training"], "measured step")
        seconds = self._scaled(self.known, job)
        return Estimate(seconds, "no measurement" if math.isnan(seconds) else "finished run")

    def storage(self, job: Job) -> float:
        """Bytes that it leaves."""
        return self._scaled(self.bytes, job)

    def _scaled(
        self, known: Mapping[tuple[str, str], list[tuple[float, float]]], job: Job
    ) -> float:
        rows = known.get((job.rule, job.dataset)) or known.get((job.rule, "")) or []
        if not rows:
            return math.nan
        mean = sum(value for value, _ in rows) / len(rows)
        images = sum(images for _, images in rows) / len(rows)
        return mean * max(1.0, self.sizes.images(job) / images)

    def _training(self, job: Job) -> Job:
        """The training whose model a sampling job draws from."""
        model = job.wildcards["model"].removesuffix("_selected")
        return self._training_of(job.dataset, model)

    def _training_of(self, dataset: str, model: str) -> Job:
        return next(
            other for other in self.jobs
            if other.rule == "train_model" and other.dataset == dataset
            and other.wildcards["model"] == model
        )  # fmt: skip


def _taken(benchmark: Path) -> float | None:
    if not benchmark.is_file():
        return None
    return float(pd.read_csv(benchmark, sep="\t")["s"].iloc[-1])


def _size(path: Path) -> float:
    return float(path.stat().st_size) if path.is_file() else 0.0


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--configfile", nargs="+", default=["config/paper.yaml"])
    parser.add_argument("--like", nargs="+", required=True, help="folders of finished runs")
    parser.add_argument("--like-configfile", nargs="+", default=["config/study.yaml"])
    parser.add_argument("--out", default="results/cluster")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    project, out = Path.cwd(), Path(options.out)
    jobs, run = _plan(project, options.configfile)
    old = (*_plan(project, options.like_configfile), [Path(folder) for folder in options.like])
    costs = Costs(run, jobs, old, out / "rates.json")
    rows = pd.DataFrame(
        {"rule": job.rule, "seconds": costs.estimate(job).seconds, "files": len(job.outputs),
         "bytes": costs.storage(job), "basis": costs.estimate(job).basis}
        for job in jobs
    )  # fmt: skip
    unknown = sorted(set(rows.rule[rows.seconds.isna()]))
    rows = rows.fillna({"seconds": 0.0, "bytes": 0.0})
    print(f"no job of a finished run, left out: {', '.join(unknown) or 'none'}")
    by_rule = rows.groupby("rule").agg(
        jobs=("seconds", "size"), core_hours=("seconds", lambda all_: all_.sum() / 3600),
        longest_hours=("seconds", lambda all_: all_.max() / 3600), files=("files", "sum"),
        gigabytes=("bytes", lambda all_: all_.sum() / 1e9), basis=("basis", "first"),
    ).sort_values("core_hours", ascending=False)  # fmt: skip
    by_rule.to_csv(out / "rules.csv", float_format="%.3g")
    print(by_rule.to_string(float_format="%.3g"))
    seconds, needs = list(rows.seconds), [job.needs for job in jobs]
    total, chain = sum(seconds), longest_chain(seconds, needs)
    print(
        f"together: {len(jobs)} jobs, {total / 3600:,.0f} core hours, {by_rule.files.sum()} files, "
        f"{by_rule.gigabytes.sum():.0f} GB; the longest chain {chain / 3600:,.0f} hours"
    )
    table = []
    for nodes in NODES:
        taken = makespan(seconds, needs, nodes * CORES)
        table.append((nodes, nodes * CORES, taken / 3600, total / (nodes * CORES * taken)))
    frame = pd.DataFrame(table, columns=["nodes", "cores", "hours", "efficiency"])
    frame.to_csv(out / "nodes.csv", index=False, float_format="%.3g")
    print(frame.to_string(index=False, float_format="%.3g"))


def _plan(project: Path, files: Sequence[str]) -> tuple[list[Job], Run]:
    paths = [project / "config/config.yaml", *map(Path, files)]
    return planned(project, [Path(file) for file in files]), load_run(read_yaml(*paths), paths)


if __name__ == "__main__":
    main()
