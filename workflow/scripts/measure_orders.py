"""Measure the samples of the study of generation orders against the test images."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.observables import measure_observables, sources_of
from darkpixel.metrics.published import wasserstein_published
from darkpixel.metrics.rows import image_statistics, wasserstein_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    (dataset, label), params = snakemake.wildcards, snakemake.params
    # The papers' numbers say nothing about a user's own images.
    own = params.source == "file"
    published = {} if own else wasserstein_published(snakemake.input.published, dataset)
    observables = measure_observables(
        sources_of(params.samples, params.seeds), snakemake.input.test
    )
    distances = wasserstein_rows(
        observables,
        dataset=dataset,
        label=label,
        settings=SimpleNamespace(**params.settings),
        names=("pt", "mass", "nonzero", "girth", "maximum"),
        published=published,
    )
    write_parquet(observables, snakemake.output.observables)
    write_parquet(distances, snakemake.output.distances)
    write_parquet(
        image_statistics(observables, dataset=dataset, label=label), snakemake.output.statistics
    )
