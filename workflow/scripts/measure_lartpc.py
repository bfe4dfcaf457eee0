"""Measure all liquid-argon images that SSNet has labelled against the test images."""

from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.divergence import divergence_rows
from darkpixel.metrics.lartpc_observables import labelled_observables
from darkpixel.metrics.lartpc_rows import lartpc_rows
from darkpixel.metrics.observables import Source
from darkpixel.metrics.published import load_published
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    test, params = snakemake.input.test, snakemake.params
    settings = SimpleNamespace(**params.settings)
    sources = [Source(*source) for source in params.sources]
    # The paper's numbers say nothing about a user's own images.
    own = params.source == "file"
    published = load_published(snakemake.input.published, "lartpc", "table4_kl_by_checkpoint")
    about = {"dataset": "lartpc", "label": "all", "settings": settings}
    observables = labelled_observables(sources, test, settings.low_confidence)
    divergences = divergence_rows(sources, test, published={} if own else published, **about)
    write_parquet(observables, snakemake.output.observables)
    write_parquet(lartpc_rows(observables, **about), snakemake.output.distances)
    write_parquet(divergences, snakemake.output.divergences)
