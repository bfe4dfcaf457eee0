"""Simulate one chunk of muon images: one Pythia run, one seed, one job."""

from typing import TYPE_CHECKING

from darkpixel.config.muons import MuonImaging, MuonSimulation
from darkpixel.pipeline.job import job
from darkpixel.simulation.muons.pileup import read_pileup
from darkpixel.simulation.muons.simulation import simulate

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    pool = snakemake.input.pool
    simulate(
        MuonSimulation(**snakemake.params.settings),
        MuonImaging(**snakemake.params.imaging),
        label=snakemake.wildcards.label,
        images=snakemake.params.images,
        seed=snakemake.params.seed,
        path=snakemake.output.events,
        pool=read_pileup(pool[0]) if pool else None,
    )
