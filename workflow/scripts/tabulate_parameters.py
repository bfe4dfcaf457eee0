"""Write the numbers of parameters that the models' folders state."""

from pathlib import Path
from typing import TYPE_CHECKING

from darkpixel.metrics.published import load_published
from darkpixel.metrics.rows import parameter_rows
from darkpixel.models.configs import read_configs
from darkpixel.pipeline.job import job
from darkpixel.tables.parameters import parameters_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    configs = read_configs(snakemake.params.configs)
    own = snakemake.params.source == "file"
    published = (
        {} if own else load_published(snakemake.input.published, "sarm", "table6_parameters")
    )
    rows = parameter_rows(
        [{"model": model, **config["parameters"]} for model, config in configs.items()],
        dataset=snakemake.params.dataset,
        published=published,
    )
    parameters_table(rows, Path(snakemake.output.csv).with_suffix(""))
