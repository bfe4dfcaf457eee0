"""Train, sample and draw the two-dimensional toy."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.figures.sarm.toy import toy_densities
from darkpixel.pipeline.job import job
from darkpixel.studies.toy import toy_pairs, train_toy

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    toy, seed = snakemake.params.toy, snakemake.params.seed
    pairs = toy_pairs(toy["pairs"], seed)
    model = train_toy(pairs, toy["iterations"], toy["learning_rate"], seed)
    toy_densities(
        pairs, model.sample(toy["pairs"], seed), Path(snakemake.output.png).with_suffix("")
    )
