"""Write what compares all models: the matrix, the convergence, the paper's percentages."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.improvement import improvement_rows
from darkpixel.metrics.matrix import matrix_rows
from darkpixel.metrics.published import wasserstein_published
from darkpixel.models.configs import read_configs
from darkpixel.pipeline.job import job
from darkpixel.tables.convergence import convergence_table
from darkpixel.tables.improvement import improvement_table
from darkpixel.tables.matrix import matrix_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    paths, outputs, params = snakemake.input, snakemake.output, snakemake.params
    distances, statuses = read_parquet(paths.distances), read_parquet(paths.convergence)
    matrix = matrix_rows(
        {dataset: read_configs(models) for dataset, models in params.configs.items()},
        distances,
        read_parquet(paths.statistics),
        read_parquet(paths.likelihoods),
        read_parquet(paths.speeds),
        statuses,
    )
    matrix_table(matrix, Path(outputs.model_matrix_csv).with_suffix(""))
    convergence_table(statuses, Path(outputs.convergence_csv).with_suffix(""))
    if params.published:
        published = {name: wasserstein_published(paths.published, name)
                     for name in params.published}  # fmt: skip
        improvement = improvement_rows(distances, published, statuses)
        improvement_table(improvement, Path(outputs.improvement_csv).with_suffix(""))
