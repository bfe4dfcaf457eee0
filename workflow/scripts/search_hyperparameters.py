"""Try settings of a model, as one study of the configuration says."""

from typing import TYPE_CHECKING

import torch

from darkpixel.formats.parquet import write_parquet
from darkpixel.pipeline.job import job
from darkpixel.studies.search_on_files import search_on_files

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params, paths = snakemake.params, snakemake.input
    torch.set_num_threads(snakemake.resources.cpus_per_task)
    rows = search_on_files(
        paths.train,
        paths.validation,
        params.checkpoints,
        name=snakemake.wildcards.study,
        study=params.study,
        space=params.space,
        settings=params.settings,
        training=params.training,
        seed=params.seed,
        threads=snakemake.resources.cpus_per_task,
        code=params.code,
    )
    write_parquet(rows, snakemake.output.rows)
