"""Download one public file."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.formats.download import Source, download
from darkpixel.pipeline.job import job

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    download(Source(**snakemake.params.source), Path(snakemake.output.file))
