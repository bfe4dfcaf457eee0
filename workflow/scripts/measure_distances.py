"""Two-sample test on features, physics distances, coverage and memorisation of one label."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.observables import sources_of
from darkpixel.metrics.sample_distances import sample_distances
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    (dataset, label), params = snakemake.wildcards, snakemake.params
    tables = sample_distances(
        sources_of(params.samples, params.seeds),
        test=snakemake.input.test,
        train=snakemake.input.train,
        dataset=dataset,
        label=label,
        settings=SimpleNamespace(**params.settings),
        limits=params.limits,
        threshold=params.threshold,
    )
    for name, rows in tables.items():
        write_parquet(rows, snakemake.output[name])
