"""Simulate the pool of soft collisions for the muons' pile-up."""

from typing import TYPE_CHECKING

from darkpixel.config.muons import MuonSimulation
from darkpixel.pipeline.job import job
from darkpixel.simulation.muons.pileup import simulate_pileup

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    simulate_pileup(
        MuonSimulation(**snakemake.params.settings),
        seed=snakemake.params.seed,
        path=snakemake.output.pool,
    )
