"""Two-sample test on pixels, of one data set and label: a network for each sample."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from darkpixel.config.two_sample import TwoSample
from darkpixel.formats.files import whole_file
from darkpixel.metrics.features import compared_samples
from darkpixel.metrics.observables import Source
from darkpixel.metrics.two_sample import two_sample_rows
from darkpixel.pipeline.job import job
from darkpixel.studies.two_sample_network import resumed_auc

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]) as logger:
    dataset, label = snakemake.wildcards
    settings = TwoSample(**snakemake.params.settings)
    test = snakemake.input.test
    torch.set_num_threads(snakemake.threads)
    sources = [
        Source(model, seed, path)
        for model, paths in snakemake.params.samples.items()
        for seed, path in zip(snakemake.params.seeds, paths, strict=False)
    ]
    limits = snakemake.params.limits
    samples, n = compared_samples(sources, test=test, train=snakemake.input.train, n=settings.n)
    areas, checkpoints = {}, Path(snakemake.params.checkpoints)
    for sample in samples:
        areas[sample] = resumed_auc(
            sample,
            test,
            n,
            settings.low_level,
            seed=settings.seed,
            folder=checkpoints,
            code=snakemake.params.code,
        )
        logger.info("%s, seed %d: AUC %.4f ± %.4f", sample.model, sample.seed, *areas[sample])
    rows = two_sample_rows(areas, "low_level", dataset=dataset, label=label, n=n, limits=limits)
    with whole_file(snakemake.output.rows) as path:
        rows.to_parquet(path, index=False)
    shutil.rmtree(checkpoints)
