"""Measure the shapes of all liquid-argon images against those of the test images."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.lartpc_rows import lartpc_rows
from darkpixel.metrics.lartpc_shapes import SHAPE_OBSERVABLES, shape_observables
from darkpixel.metrics.observables import Source
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    settings = SimpleNamespace(**snakemake.params.settings)
    sources = [Source(*source) for source in snakemake.params.sources]
    observables = shape_observables(sources, snakemake.input.test, settings.threshold)
    about = {"dataset": "lartpc", "label": "all", "settings": settings}
    write_parquet(observables, snakemake.output.observables)
    write_parquet(
        lartpc_rows(observables, names=SHAPE_OBSERVABLES, **about), snakemake.output.distances
    )
