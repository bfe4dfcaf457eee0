"""Pack a run's models, tables, figures and provenance as an RO-Crate."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.pipeline.crate import write_crate
from darkpixel.pipeline.job import job
from darkpixel.pipeline.run_record import read_run_record

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    results = Path(snakemake.params.results)
    record = Path(snakemake.params.record)
    models = Path(snakemake.input.models)
    files = {f"models/{path.name}": path for path in sorted(models.iterdir())}
    for path in map(Path, snakemake.input.pages):
        files[path.relative_to(results).as_posix()] = path
    files["run.yaml"] = record
    write_crate(snakemake.output.crate, files, read_run_record(record))
