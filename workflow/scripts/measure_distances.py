"""Two-sample test on features, physics distances and memorisation of one label."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_rows
from darkpixel.metrics.sample_distances import sample_distances
from darkpixel.metrics.sources import sources
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    (dataset, label), params = snakemake.wildcards, snakemake.params
    tables = sample_distances(
        sources(params.samples, params.seeds),
        test=snakemake.input.test,
        train=snakemake.input.train,
        dataset=dataset,
        label=label,
        settings=SimpleNamespace(**params.settings),
        limits=params.limits,
    )
    for name, rows in tables.items():
        write_rows(rows, snakemake.output[name])
