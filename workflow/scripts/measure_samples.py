"""Measure all samples of one data set and label against its test images."""

from typing import TYPE_CHECKING

from darkpixel.config.evaluation import Evaluation
from darkpixel.formats.files import whole_file
from darkpixel.metrics.observables import Source, measure_observables
from darkpixel.metrics.published import wasserstein_published
from darkpixel.metrics.rows import image_statistics, wasserstein_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    dataset, label = snakemake.wildcards
    # The papers' numbers say nothing about a user's own images.
    own = snakemake.params.source == "file"
    published = {} if own else wasserstein_published(snakemake.input.published, dataset)
    sources = [
        Source(model, seed, path)
        for model, paths in snakemake.params.samples.items()
        for seed, path in zip(snakemake.params.seeds, paths, strict=False)
    ]
    observables = measure_observables(sources, snakemake.input.test)
    tables = {
        "observables": observables,
        "distances": wasserstein_rows(
            observables,
            dataset=dataset,
            label=label,
            settings=Evaluation(**snakemake.params.evaluation),
            names=("pt", "mass", "nonzero", "girth", "maximum"),
            published=published,
        ),
        "statistics": image_statistics(observables, dataset=dataset, label=label),
    }
    for name, table in tables.items():
        with whole_file(getattr(snakemake.output, name)) as path:
            table.to_parquet(path, index=False)
