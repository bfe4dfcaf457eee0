"""Measure all samples of one data set and label against its test images."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.sample_rows import sample_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    rows = sample_rows(
        params.samples,
        paths.test,
        params.seeds,
        **snakemake.wildcards,
        settings=SimpleNamespace(**params.settings),
        # The papers' numbers say nothing about a user's own images.
        published=None if params.source == "file" else paths.published,
    )
    for name, table in rows._asdict().items():
        write_parquet(table, snakemake.output[name])
