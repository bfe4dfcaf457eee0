"""Write what compares all models: the matrix, the convergence, the paper's percentages."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from darkpixel.formats.parquet import read_parquet
from darkpixel.metrics.improvement import improvement_rows
from darkpixel.metrics.matrix import matrix_rows
from darkpixel.metrics.published import wasserstein_published
from darkpixel.pipeline.job import job
from darkpixel.tables.convergence import convergence_table
from darkpixel.tables.improvement import improvement_table
from darkpixel.tables.matrix import matrix_table

if TYPE_CHECKING:
    from snakemake.script import snakemake


def rows_of(paths):
    """The rows of all files."""
    return pd.concat([pd.read_parquet(path) for path in paths], ignore_index=True)


with job(snakemake.log[0]):
    paths, params = snakemake.input, snakemake.params
    stems = {
        name: Path(path).with_suffix("")
        for name, path in snakemake.output.items()
        if name.endswith("_csv")
    }
    distances, statuses = rows_of(paths.distances), read_parquet(paths.convergence)
    configs = {
        dataset: {
            model: yaml.safe_load(Path(path).read_text(encoding="utf-8"))
            for model, path in models.items()
        }
        for dataset, models in params.configs.items()
    }
    matrix_table(
        matrix_rows(
            configs,
            distances,
            rows_of(paths.statistics),
            rows_of(paths.likelihoods),
            rows_of(paths.speeds),
            statuses,
        ),
        stems["model_matrix_csv"],
    )
    convergence_table(statuses, stems["convergence_csv"])
    published = {name: wasserstein_published(paths.published, name) for name in params.published}
    improvement_table(improvement_rows(distances, published, statuses), stems["improvement_csv"])
