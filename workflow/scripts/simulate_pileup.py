"""Simulate the pool of soft collisions for the muons' pile-up."""

from typing import TYPE_CHECKING

from darkpixel.config.muons import MuonSimulation
from darkpixel.data.muon_pileup import simulate_pileup
from darkpixel.jobs import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    simulate_pileup(
        MuonSimulation(**snakemake.params.settings),
        seed=snakemake.params.seed,
        path=snakemake.output.pool,
    )
