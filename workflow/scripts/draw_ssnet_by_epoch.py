"""Draw SSNet's output by epoch of the PixelCNN (LArTPC figure 5)."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from darkpixel.figures.lartpc.labels import ssnet_by_epoch
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    ssnet_by_epoch(
        snakemake.params.snapshots,
        snakemake.input.test,
        Path(snakemake.output.png).with_suffix(""),
        settings=SimpleNamespace(**snakemake.params.settings),
    )
