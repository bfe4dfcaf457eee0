"""AUC and ROC curves of the classifiers trained on each source of one data set's images."""

from typing import TYPE_CHECKING

import pandas as pd

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.roc import classifier_curves, classifier_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    scores = {
        source: pd.read_parquet(path)
        for source, path in zip(snakemake.params.sources, snakemake.input.scores, strict=True)
    }
    dataset = snakemake.wildcards.dataset
    write_parquet(classifier_rows(scores, dataset=dataset), snakemake.output.rows)
    write_parquet(classifier_curves(scores, dataset=dataset), snakemake.output.curves)
