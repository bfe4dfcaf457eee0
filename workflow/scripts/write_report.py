"""Write the report of a run: a folder of pages with its figures, tables and events."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.pages.report import write_report_folder
from darkpixel.pages.run_facts import run_facts
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    index, params = snakemake.output.index, snakemake.params
    results = Path(index).parents[1]
    write_report_folder(
        index,
        results,
        pages=params.pages,
        events=params.events,
        most=params.settings["events"],
        threshold=params.settings["threshold"],
        facts=run_facts(params.record, results, snakemake.input.shown),
    )
