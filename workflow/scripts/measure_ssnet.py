"""Measure the accuracy of the segmentation network (SSNet) where the labels are known."""

from typing import TYPE_CHECKING

from darkpixel.formats.parquet import write_parquet
from darkpixel.metrics.published import load_published
from darkpixel.metrics.segmentation_rows import Labelled, accuracy_rows, has_labels
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]) as logger:
    params, sources = snakemake.params, []
    for dataset, truth, labels in zip(
        params.datasets, snakemake.input.truth, snakemake.input.labels, strict=True
    ):
        if has_labels(truth):
            sources.append(Labelled(dataset, params.seed, truth, labels))
        else:  # public single-particle files and users' own need not have labels
            logger.info("%s has no pixel_labels: no accuracy on %s", truth, dataset)
    # The paper's number says nothing about a user's own events.
    published = (
        {}
        if params.source == "file"
        else load_published(snakemake.input.published, "lartpc", "ssnet_accuracy")
    )
    write_parquet(accuracy_rows(sources, published=published), snakemake.output.rows)
