"""Measure the samples of the study of generation orders against the test images."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_rows
from darkpixel.metrics.observables import measure_observables
from darkpixel.metrics.published import wasserstein_published
from darkpixel.metrics.rows import image_statistics, wasserstein_rows
from darkpixel.metrics.sources import sources
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    (dataset, label), params = snakemake.wildcards, snakemake.params
    # The papers' numbers say nothing about a user's own images.
    own = params.source == "file"
    published = {} if own else wasserstein_published(snakemake.input.published, dataset)
    observables = measure_observables(sources(params.samples, params.seeds), snakemake.input.test)
    distances = wasserstein_rows(
        observables,
        dataset=dataset,
        label=label,
        settings=SimpleNamespace(**params.settings),
        names=("pt", "mass", "nonzero", "girth", "maximum"),
        published=published,
    )
    write_rows(observables, snakemake.output.observables)
    write_rows(distances, snakemake.output.distances)
    write_rows(
        image_statistics(observables, dataset=dataset, label=label), snakemake.output.statistics
    )
