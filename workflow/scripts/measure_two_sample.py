"""Two-sample test on pixels, of one data set and label: a network for each sample."""

import shutil
from typing import TYPE_CHECKING

import torch

from darkpixel.config.two_sample import LowLevel
from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.features import compared_samples
from darkpixel.metrics.observables import sources_of
from darkpixel.metrics.two_sample import two_sample_rows
from darkpixel.pipeline.job import job
from darkpixel.studies.two_sample_network import low_level_areas

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    torch.set_num_threads(snakemake.resources.cpus_per_task)
    (dataset, label), params = snakemake.wildcards, snakemake.params
    test, train = snakemake.input.test, snakemake.input.train
    samples, n = compared_samples(
        sources_of(params.samples, params.seeds), test=test, train=train, n=params.settings["n"]
    )
    areas = low_level_areas(
        samples,
        test,
        n,
        LowLevel(**params.settings["low_level"]),
        seed=params.settings["seed"],
        folder=params.checkpoints,
        code=params.code,
    )
    rows = two_sample_rows(
        areas, "low_level", dataset=dataset, label=label, n=n, limits=params.limits
    )
    write_parquet(rows, snakemake.output.rows)
    shutil.rmtree(params.checkpoints)
