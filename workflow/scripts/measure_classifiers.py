"""AUC and ROC curves of the classifiers trained on each source of one data set's images."""

from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.files import whole_file
from darkpixel.metrics.roc import classifier_curves, classifier_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    scores = {
        source: pd.read_parquet(path)
        for source, path in zip(params.sources, snakemake.input.scores, strict=True)
    }
    dataset = snakemake.wildcards.dataset
    tables = {
        "rows": classifier_rows(scores, dataset=dataset),
        "curves": classifier_curves(scores, dataset=dataset),
    }
    for name, table in tables.items():
        with whole_file(getattr(snakemake.output, name)) as path:
            table.to_parquet(path, index=False)
