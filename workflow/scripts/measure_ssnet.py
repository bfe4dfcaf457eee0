"""Measure the accuracy of the judge where the labels are known."""

from typing import TYPE_CHECKING

from darkpixel.formats.files import whole_file
from darkpixel.formats.image_file import ImageFile
from darkpixel.metrics.published import load_published
from darkpixel.metrics.segmentation_rows import Labelled, accuracy_rows
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]) as logger:
    sources = []
    for dataset, truth, labels in zip(
        snakemake.params.datasets, snakemake.input.truth, snakemake.input.labels, strict=True
    ):
        with ImageFile(truth) as file:
            known = "pixel_labels" in file.columns
        if known:
            sources.append(Labelled(dataset, snakemake.params.seed, truth, labels))
        else:  # public single-particle files and users' own need not have labels
            logger.info("%s has no pixel_labels: no accuracy on %s", truth, dataset)
    # The paper's number says nothing about a user's own events.
    own = snakemake.params.own
    published = {} if own else load_published(snakemake.input.published, "lartpc", "ssnet_accuracy")
    with whole_file(snakemake.output.rows) as path:
        accuracy_rows(sources, published=published).to_parquet(path, index=False)
