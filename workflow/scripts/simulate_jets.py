"""Simulate one chunk of jets: one Pythia run, one seed, one job."""

from typing import TYPE_CHECKING

from darkpixel.config.jets import JetSimulation
from darkpixel.pipeline.job import job
from darkpixel.simulation.jets.simulation import simulate

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    simulate(
        JetSimulation(**snakemake.params.settings),
        label=snakemake.wildcards.label,
        images=snakemake.params.images,
        seed=snakemake.params.seed,
        path=snakemake.output.events,
    )
