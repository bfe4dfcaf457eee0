"""Write the numbers of parameters that the models' folders state."""

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from darkpixel.metrics.published import load_published
from darkpixel.metrics.rows import parameter_rows
from darkpixel.pipeline.job import job
from darkpixel.tables.parameters import parameters_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    counts = [
        {"model": model, **yaml.safe_load(Path(path).read_text())["parameters"]}
        for model, path in zip(snakemake.params.models, snakemake.input.configs, strict=True)
    ]
    rows = parameter_rows(
        counts,
        dataset=snakemake.params.dataset,
        published=load_published(snakemake.input.published, "sarm", "table6_parameters"),
    )
    parameters_table(rows, Path(snakemake.output.csv).with_suffix(""))
