"""Pack a run's models, tables, figures, report and provenance as an RO-Crate."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.pipeline.crate import read_authors, write_crate
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
    report = Path(snakemake.input.report).parent
    for path in sorted(report.rglob("*")):
        if path.is_file():
            files[path.relative_to(results).as_posix()] = path
    files["report.html"] = Path(snakemake.input.snakemake_report)  # the report links to it
    files["run.yaml"] = record
    files["LICENSE"] = Path(snakemake.input.licence)
    files["CITATION.cff"] = Path(snakemake.input.citation)
    authors = read_authors(snakemake.input.citation)
    write_crate(snakemake.output.crate, files, read_run_record(record), authors=authors)
