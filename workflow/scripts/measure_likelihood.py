"""Measure how likely test images are under every model of a data set that can tell."""

from typing import TYPE_CHECKING

import pandas as pd
import torch

from darkpixel.formats.files import whole_file
from darkpixel.models.device import choose_device
from darkpixel.models.folder import load_generator
from darkpixel.pipeline.job import job
from darkpixel.studies.density import COLUMNS, bits_per_pixel, density_row

if TYPE_CHECKING:
    from snakemake.script import snakemake

with job(snakemake.log[0]):
    params = snakemake.params
    torch.set_num_threads(snakemake.threads)
    device = choose_device(params.device)
    rows = []
    for model, label, train, test, folders in params.models:
        generators = [load_generator(folder, device=device, label=label) for folder in folders]
        seeds = [bits_per_pixel(each, test, params.images, train) for each in generators]
        rows.append(
            density_row(seeds, model=model, dataset=snakemake.wildcards.dataset, label=label)
        )
    with whole_file(snakemake.output.rows) as path:
        pd.DataFrame(rows, columns=COLUMNS).to_parquet(path, index=False)
