"""What the jobs of a finished run took: those of a folder, and those that are shipped.

    python -m darkpixel.pipeline.records results/demo

writes `shipped_records.csv`; let nothing else run on the computer while that run is made.
"""

import argparse
import csv
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from darkpixel.config.loading import load_run, read_yaml
from darkpixel.config.run import Run
from darkpixel.errors import DarkpixelError
from darkpixel.formats.files import whole_file
from darkpixel.pipeline.job_sizes import Sizes, dataset_of
from darkpixel.pipeline.planner import Job, planned_jobs

SHIPPED = Path(__file__).with_name("shipped_records.csv")
TRAININGS = {"train_model", "train_ssnet", "train_classifier"}
"""Rules whose files are as large as a network, however many images it has seen."""
_OF_ONE_NETWORK = TRAININGS | {
    "sample_model", "sample_whole", "search_hyperparameters", "label_images", "encode_codes",
    "reconstruct_test", "measure_two_sample", "measure_likelihood", "measure_codes",
    "measure_reconstruction", "measure_classifiers", "measure_widths", "measure_ssnet",
}  # fmt: skip
"""Rules whose time and memory depend on the size of a network, which may be larger in another run:
of them shipped records say at most how large the files are."""
_AN_ENTRY_EACH = (
    "simulate_", "prepare_", "sample_", "merge_samples", "join_labels", "quantise_test",
    "reconstruct_test", "label_images", "encode_codes", "measure_samples",
)  # fmt: skip
"""How rules begin whose files have an entry for each image; all others are as large as they are."""


class Record(NamedTuple):
    """What one job took; NaN where that is not known."""

    rule: str
    dataset: str
    """Empty where the job is about several data sets, or none."""
    model: str
    """Empty where it is about several models, or none."""
    seconds: float
    """Of one core."""
    memory: float
    """MB."""
    storage: float
    """Bytes of its files."""
    images: float
    """What its time is in proportion to."""


class Records:
    """What the jobs of a finished run took.

    Args:
        name: what the column that says where a number comes from calls it.
    """

    def __init__(self, name: str, rows: Sequence[Record]) -> None:
        self.name, self.rows = name, rows
        self._of: dict[tuple[str, ...], list[Record]] = defaultdict(list)
        for row in rows:
            for key in _keys(row.rule, row.dataset, row.model):
                self._of[key].append(row)

    @classmethod
    def of_run(cls, run: Run, jobs: Sequence[Job], folders: Sequence[Path]) -> "Records":
        """Those of a run.

        Args:
            run, jobs: its configuration and all of its jobs.
            folders: that it was made in (its files are `results/...` below); of several parts of
                it (one data set each), the first that has a job's files counts.
        """
        sizes, rows = Sizes(run), []
        for job in jobs:
            folder = next((f for f in folders if (f / job.benchmark).is_file()), folders[0])
            taken, memory = _benchmark(folder / job.benchmark, job.threads)
            size = _size([folder / path for path in job.outputs])
            rows.append(Record(*_kind(job), taken, memory, size, sizes.images(job)))
        return cls(f"run {run.run}", rows)

    def __len__(self) -> int:
        """Jobs whose time is known."""
        return sum(not math.isnan(row.seconds) for row in self.rows)

    def seconds(self, job: Job, images: float) -> float:
        """Of one core; NaN where no such job was in the run."""
        return self._scaled(job, images, "seconds")

    def storage(self, job: Job, images: float) -> float:
        """Bytes that it leaves; NaN where no such job was in the run.

        Of a training only where that was of the same model.
        """
        if job.rule == "sample_model":
            return 0.0  # shards are removed once they are merged into what one job would write
        if job.rule == "merge_samples":
            return self._scaled(job._replace(rule="sample_whole"), images, "storage")
        if job.rule.startswith(_AN_ENTRY_EACH):
            return self._scaled(job, images, "storage")
        if job.rule in TRAININGS:
            rows = self._of.get(_keys(*_kind(job))[0], [])
            return next((row.storage for row in rows if not math.isnan(row.storage)), math.nan)
        return self._scaled(job, 0.0, "storage")

    def memory(self, job: Job) -> float:
        """The largest of such jobs, MB; NaN where none was recorded."""
        for key in _keys(*_kind(job)):
            found = [row.memory for row in self._of.get(key, []) if not math.isnan(row.memory)]
            if found:
                return max(found)
        return math.nan

    def _scaled(self, job: Job, images: float, field: Literal["seconds", "storage"]) -> float:
        for key in _keys(*_kind(job)):
            rows = [row for row in self._of.get(key, []) if not math.isnan(getattr(row, field))]
            if rows:
                mean: float = sum(getattr(row, field) for row in rows) / len(rows)
                of_record = sum(row.images for row in rows) / len(rows)
                return mean * max(1.0, images / of_record)
        return math.nan


def records_of(folder: Path) -> Records:
    """What the jobs of a finished run took, from its `run.yaml` and its benchmarks.

    Args:
        folder: `results/NAME` of the checkout.

    Raises:
        DarkpixelError: it is none of a finished run.
    """
    file = folder / "run.yaml"
    if not file.is_file():
        raise DarkpixelError(
            f"{file}: not found; --like takes the folder of a finished run, results/demo."
        )
    config = read_yaml(file).get("configuration")
    if not isinstance(config, dict):
        raise DarkpixelError(f"{file}: no key 'configuration'; is it a run's record?")
    run = load_run(config, [file])
    if folder.resolve().name != run.run or folder.resolve().parent.name != "results":
        raise DarkpixelError(
            f"{folder}: the files of run '{run.run}' are in a folder results/{run.run}; name that."
        )
    jobs = planned_jobs(Path.cwd(), config=config)
    records = Records.of_run(run, jobs, [folder.resolve().parents[1]])
    if not len(records):
        raise DarkpixelError(f"{folder}: no times of jobs in benchmarks/; has the run finished?")
    return records


def shipped_records() -> Records:
    """Those of a demo, of all jobs whose time does not depend on the size of a network."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        name = file.readline().removeprefix("#").strip()
        rows = [
            Record(row["rule"], row["dataset"], row["model"],
                   *(_number(row[field]) for field in Record._fields[3:]))
            for row in csv.DictReader(file)
        ]  # fmt: skip
    return Records(name, rows)


def write_shipped(records: Records, about: str, path: Path = SHIPPED) -> None:
    """Keep records for `shipped_records`.

    Args:
        about: the run, commit and computer, a line.
    """
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {about}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Record._fields)
        for row in sorted(records.rows):
            if row.rule in TRAININGS or (math.isnan(row.seconds) and math.isnan(row.storage)):
                continue
            taken = (math.nan, math.nan) if row.rule in _OF_ONE_NETWORK else row[3:5]
            writer.writerow([*row[:3], *(f"{value:.4g}" for value in (*taken, *row[5:]))])


def _kind(job: Job) -> tuple[str, str, str]:
    """Rule, data set and model."""
    return job.rule, dataset_of(job), job.wildcards.get("model", "")


def _keys(rule: str, dataset: str, model: str) -> list[tuple[str, ...]]:
    """Kinds of jobs that this one belongs to, the narrowest first."""
    return [(rule, dataset, model), (rule, dataset), (rule,)]


def _benchmark(path: Path, threads: int) -> tuple[float, float]:
    """Seconds of one core, for which a job held its cores, and MB; NaN where not recorded."""
    if not path.is_file():
        return math.nan, math.nan
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[Mapping[str, str]] = list(csv.DictReader(file, delimiter="\t"))
    if not rows:
        return math.nan, math.nan
    return _number(rows[-1].get("s")) * threads, _number(rows[-1].get("max_rss"))


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:  # Snakemake writes "-" or "NA" for what it did not see
        return math.nan


def _size(paths: Sequence[Path]) -> float:
    """Bytes of those that are there; NaN where none is."""
    found = [float(path.stat().st_size) for path in paths if path.is_file()]
    return sum(found) if found else math.nan


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m darkpixel.pipeline.records", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="of a finished run, results/demo")
    folder = parser.parse_args(arguments).folder
    records, record = records_of(folder), read_yaml(folder / "run.yaml")
    commit, cores = str(record["commit"])[:7], record["computer"]["cores"]
    write_shipped(records, f"{records.name} on record ({commit}, {cores} cores)")


if __name__ == "__main__":
    main()
