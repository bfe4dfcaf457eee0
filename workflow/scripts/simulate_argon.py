"""Simulate one chunk of events in liquid argon: one seed, one job."""

from typing import TYPE_CHECKING

from darkpixel.config.lartpc import ArgonImaging, ArgonSimulation
from darkpixel.pipeline.job import job
from darkpixel.simulation.argon.simulation import simulate

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    settings = ArgonSimulation(**snakemake.params.settings)
    simulate(
        settings,
        ArgonImaging(**snakemake.params.imaging),
        kind=snakemake.params.kind,
        images=snakemake.params.images,
        seed=snakemake.params.seed,
        path=snakemake.output.events,
        first_event=int(snakemake.wildcards.chunk) * settings.images_per_chunk,
    )
