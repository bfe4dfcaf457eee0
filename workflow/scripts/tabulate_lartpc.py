"""Write one of the tables of liquid-argon images."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from darkpixel.metrics.lartpc_rows import ablation_rows, reference_code_rows
from darkpixel.metrics.names import snapshot_epoch
from darkpixel.metrics.published import load_published
from darkpixel.metrics.species import species_mix
from darkpixel.pipeline.job import job
from darkpixel.tables.codes import codebook_table, reconstruction_table
from darkpixel.tables.divergence import divergence_table
from darkpixel.tables.lartpc import (
    ablation_table,
    observables_table,
    pixelcnn_parameters_table,
    reference_code_table,
    vqvae_parameters_table,
)
from darkpixel.tables.segmentation import accuracy_table
from darkpixel.tables.species import species_table

if TYPE_CHECKING:
    from snakemake.script import snakemake

PARAMETERS = {
    "vqvae": (vqvae_parameters_table, "table2_vqvae_parameters"),
    "pixelcnn": (pixelcnn_parameters_table, "table3_pixelcnn_parameters"),
}
ROWS = {
    "reconstruction": reconstruction_table,
    "codebooks": codebook_table,
    "accuracy": accuracy_table,
}

with job(snakemake.log[0]):
    stem = Path(snakemake.output.csv).with_suffix("")
    paths, params = snakemake.input, snakemake.params
    about = {"dataset": "lartpc", "label": "all"}
    match params.table:
        case "vqvae" | "pixelcnn":
            write, table = PARAMETERS[params.table]
            configs = {
                model: yaml.safe_load(Path(path).read_text(encoding="utf-8"))
                for model, path in zip(params.models, paths.configs, strict=True)
            }
            write(configs, stem, load_published(paths.published, "lartpc", table))
        case "divergences":
            divergence_table(pd.read_parquet(paths.rows), stem, direction=params.direction)
        case "species":
            species_table(species_mix(paths.train), stem)
        case "observables":
            rows = pd.read_parquet(paths.rows)
            observables_table(rows[[snapshot_epoch(name) is None for name in rows["model"]]], stem)
        case "ablation":
            model, variant = params.models
            observables = pd.read_parquet(paths.observables)
            rows = ablation_rows(observables, model=model, variant=variant, **about)
            ablation_table(rows, stem)
        case "reference_code":
            divergences = pd.read_parquet(paths.divergences)
            divergences = divergences[divergences["direction"] == params.direction]
            rows = reference_code_rows(
                pd.read_parquet(paths.distances),
                divergences,
                pd.read_parquet(paths.likelihoods),
                params.models,
            )
            reference_code_table(rows, stem)
        case name:
            ROWS[name](pd.read_parquet(paths.rows), stem)
