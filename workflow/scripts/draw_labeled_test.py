"""Draw test images and SSNet's labels of them (LArTPC figure 7)."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.figures.lartpc.labels import labelled_examples
from darkpixel.pipeline.job import job
from darkpixel.tables.names import LARTPC_ORIGINS

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    labelled_examples(
        snakemake.input.labels,
        Path(snakemake.output.png).with_suffix(""),
        **params.settings,
        title=f"Test images ({LARTPC_ORIGINS[params.source]}), and SSNet's labels",
    )
